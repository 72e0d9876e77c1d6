"""Declaring, submitting and withdrawing: what the provider does last."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import Application, Submission
from portal.applications.services import standing_instruction
from portal.applications.services.deadline import begin_writing, hold_round
from portal.applications.services.sealing import record_submission
from portal.applications.services.seen import check_seen
from portal.applications.services.telling import tell_writers
from portal.applications.workflow import APPLICATION, before_decision
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.core.transitions import apply

LONGEST_REASON = 2_000


def declare(
    application: Application,
    *,
    name: str,
    position: str,
    by: Person,
    seen: str | None = None,
    seen_version: int | None = None,
) -> None:
    """Sign the declaration of truth and form of tender for the working copy as it stands.

    Who: the applicant's bid writers and administrators, until the deadline; every question must be ready.
    `seen` is `content_mark` of what stood when the page was shown: nobody signs what a colleague has written
    since. Any later edit voids it. Signing again ends an instruction that rested on the earlier signature.
    Raises `Invalid` beside `name` or `position`, `ChangedSinceShown`, `Refused`, `Stale`, `DeadlinePassed`.
    """
    begin_writing(application, by)
    progress = queries.get_progress(application)
    if seen is not None:
        check_seen(progress, seen, by=by)
    check_version(application, seen_version)
    for field, value in (("name", name), ("position", position)):
        if not value.strip():
            raise Invalid("Give your full name." if field == "name" else "Give your position.", field=field)
    if progress.gaps:
        raise Refused("Some questions are not ready. Check your answers before you sign.")
    standing_instruction.end(application, by=by)
    application.declared_by_id, application.declared_at = by.id, clock.now()
    application.declared_name, application.declared_position = name.strip(), position.strip()
    session.flush()
    audit.record("application.declared", application, by=by, sealed_round_id=application.round_id)


def submit_application(
    application: Application, *, by: Person, seen_version: int | None = None
) -> Submission:
    """Submit the working copy as it stands: an unchanging snapshot with prices, its manifest and a receipt.

    Who: the applicant's bid writers and administrators, complete, declared and before the deadline, which is
    decided under the locks (rule 2). The same working copy submitted twice is one submission. An earlier
    submission stays on record and no longer stands. Raises `Refused`, `Stale`, `DeadlinePassed`.
    """
    begin_writing(application, by)
    standing = queries.latest_submission(application)
    if standing is not None and not has_working_copy(application):
        return standing
    standing_instruction.end(application, by=by)
    return record_submission(application, by=by, at=clock.locked_now(), seen_version=seen_version)


def sign_and_submit(
    application: Application,
    *,
    name: str,
    position: str,
    by: Person,
    seen: str | None = None,
    seen_version: int | None = None,
) -> Submission:
    """Sign the declaration and submit at once, both or neither. Who and when: as for each of the two.

    Pressed twice it is one submission: what this person has signed in these words and submitted is left alone.
    Raises as `declare` and `submit_application` do.
    """
    begin_writing(application, by)
    standing = queries.latest_submission(application)
    signed = (application.declared_by_id, application.declared_name, application.declared_position)
    is_done = signed == (by.id, name.strip(), position.strip()) and not has_working_copy(application)
    if standing is not None and is_done:
        return standing
    declare(application, name=name, position=position, by=by, seen=seen, seen_version=seen_version)
    return submit_application(application, by=by)


def withdraw_application(
    application: Application, *, reason: str = "", by: Person, seen_version: int | None = None
) -> None:
    """Withdraw the application for good, before the round is decided. Who: its writers and administrators.

    The reason is theirs to give or not. Withdrawn before opening, the councils never learn of it.
    Raises `Refused`, `Stale`, `Invalid` beside `reason`.
    """
    hold_round(application.round)
    lock(application)
    require(policy.can_write(by, application))
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Shorten this to {LONGEST_REASON:,} characters or fewer.", field="reason")
    # Asked before the state is, whose name would tell the outcome ahead of the decision notice.
    if not (verdict := before_decision(application, {})):
        raise Refused(verdict.reason)
    moment = clock.locked_now()
    apply(APPLICATION, "withdraw", application, by=by, seen_version=seen_version)
    application.withdrawn_at, application.withdrawn_reason = (
        moment,
        reason.replace("\x00", "").strip() or None,
    )
    session.flush()
    standing_instruction.end(application, by=by)
    tell_writers(
        application,
        template="applications/withdrawn",
        context={"withdrawn_at": moment},
        cause_id=application.id,
    )


def has_working_copy(application: Application) -> bool:
    """Has it been edited since it was submitted? An edit voids the declaration, so that tells."""
    if application.submitted_at is None:
        return True
    return application.declared_at is None or application.declared_at > application.submitted_at
