"""Declaring, submitting and withdrawing: what the provider does last, and what it gets to show for it."""

from __future__ import annotations

import uuid

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import Application, Submission, SubmittedFile, SubmittedPrice
from portal.applications.services.deadline import begin_writing, hold_round
from portal.applications.services.snapshot import compose_content, fingerprint
from portal.applications.workflow import APPLICATION, before_decision
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.core.links import link
from portal.core.transitions import apply
from portal.frameworks import queries as frameworks
from portal.notifications.services import send


def declare(
    application: Application, *, name: str, position: str, by: Person, seen_version: int | None = None
) -> None:
    """Sign the declaration of truth and form of tender for the working copy as it stands.

    Who: the applicant's bid writers and administrators, until the deadline; every question must be ready.
    Any later edit voids it. Raises `Invalid` beside `name` or `position`, `Refused`, `DeadlinePassed`.
    """
    begin_writing(application, by)
    check_version(application, seen_version)
    for field, value in (("name", name), ("position", position)):
        if not value.strip():
            raise Invalid("Give your full name." if field == "name" else "Give your position.", field=field)
    if queries.get_progress(application).gaps:
        raise Refused("Some questions are not ready. Check your answers before you sign.")
    application.declared_by_id, application.declared_at = by.id, clock.now()
    application.declared_name, application.declared_position = name.strip(), position.strip()
    session.flush()
    audit.record("application.declared", application, by=by, sealed_round_id=application.round_id)


def submit_application(
    application: Application, *, by: Person, seen_version: int | None = None
) -> Submission:
    """Submit the working copy as it stands: an unchanging snapshot with prices, its SHA-256 and a receipt.

    Who: the applicant's bid writers and administrators, complete, declared and before the deadline, which is
    decided under the locks (rule 2). The same working copy submitted twice is one submission. An earlier
    submission stays on record and no longer stands. Raises `Refused`, `Stale`, `DeadlinePassed`.
    """
    begin_writing(application, by)
    standing = queries.latest_submission(application)
    if standing is not None and not has_working_copy(application):
        return standing
    progress = queries.get_progress(application)
    moment = clock.locked_now()
    apply(
        APPLICATION,
        "submit",
        application,
        by=by,
        seen_version=seen_version,
        facts={"gaps": len(progress.gaps)},
    )
    application.submitted_at = moment
    session.flush()
    submission = _snapshot(application, progress, (standing.number if standing else 0) + 1, by)
    audit.record(
        "application.submission_sealed",
        application,
        by=by,
        details={"submission": submission.id, "number": submission.number, "sha256": submission.sha256},
        sealed_round_id=application.round_id,
    )
    _send_receipts(application, submission)
    return submission


def withdraw_application(application: Application, *, by: Person, seen_version: int | None = None) -> None:
    """Withdraw the application for good, before the round is decided. Who: its writers and administrators.

    Withdrawn before opening, the councils never learn of it. Raises `Refused`, `Stale`.
    """
    hold_round(application.round)
    lock(application)
    require(policy.can_write(by, application))
    # Asked before the state is, whose name would tell the outcome ahead of the decision notice.
    if not (verdict := before_decision(application, {})):
        raise Refused(verdict.reason)
    moment = clock.locked_now()
    apply(APPLICATION, "withdraw", application, by=by, seen_version=seen_version)
    application.withdrawn_at = moment
    session.flush()
    for person in queries.list_writers(application):
        send(
            template="applications/withdrawn",
            to=person.email,
            context={
                "name": person.full_name,
                "reference": application.reference,
                "round": application.round.title,
                "organisation": application.organisation.name,
                "withdrawn_at": moment,
            },
            sealed_round_id=application.round_id,
        )


def has_working_copy(application: Application) -> bool:
    """Has it been edited since it was submitted? An edit voids the declaration, so that tells."""
    if application.submitted_at is None:
        return True
    return application.declared_at is None or application.declared_at > application.submitted_at


def _snapshot(application: Application, progress: queries.Progress, number: int, by: Person) -> Submission:
    sections = frameworks.list_sections(application.round)
    content = compose_content(application, sections, progress.answers)
    fees = progress.schedule.fees
    assert application.submitted_at is not None
    submission = Submission(
        id=uuid.uuid4(),
        application_id=application.id,
        number=number,
        submitted_at=application.submitted_at,
        submitted_by_id=by.id,
        declared_name=application.declared_name,
        declared_position=application.declared_position,
        content=content,
        sha256=fingerprint(content, fees),
    )
    session.add(submission)
    session.flush()
    session.add_all(
        SubmittedPrice(submission_id=submission.id, cell_id=cell_id, weekly_fee=fee, not_offered=fee is None)
        for cell_id, fee in fees.items()
    )
    session.add_all(
        SubmittedFile(submission_id=submission.id, document_id=evidence.document_id, question_id=question_id)
        for question_id, answer in progress.answers.items()
        for evidence in answer.evidence
    )
    session.flush()
    return submission


def _send_receipts(application: Application, submission: Submission) -> None:
    for person in queries.list_writers(application):
        send(
            template="applications/submitted",
            to=person.email,
            context={
                "name": person.full_name,
                "reference": application.reference,
                "round": application.round.title,
                "organisation": application.organisation.name,
                "submitted_at": submission.submitted_at,
                "deadline": application.round.submission_deadline,
                "sha256": submission.sha256,
                "number": submission.number,
                "link": link("applications.receipt", application_id=application.id),
            },
            sealed_round_id=application.round_id,
        )
