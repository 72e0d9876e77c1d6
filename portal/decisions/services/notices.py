"""Sending decision notices all at once, starting standstill, and concluding the round after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core import audit, clock, jobs, links, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused
from portal.decisions import policy, queries
from portal.decisions.models import DecisionNotice, DecisionRecord
from portal.decisions.services.contents import notice_contents
from portal.decisions.standstill import end_of, in_words, standstill_end, standstill_last_day
from portal.frameworks.models import Round
from portal.frameworks.states import Regime, RoundState
from portal.frameworks.workflow import ROUND
from portal.notifications.services import tell


def send_notices(round_: Round, *, by: Person) -> list[DecisionNotice]:
    """Send every applicant its notice, non-compliant ones too, and start standstill from that instant.

    A commissioner, once the round is decided and every line of the checklist is in order. Each notice holds what
    regulation 86 asks for: the criteria, the applicant's own scores and reasons, names, scores and relative
    advantages of those admitted, and the exact end of standstill; and nothing about anybody else declined
    (rule 9). Under PA2023 these are assessment summaries, and standstill begins with the contract award notice.
    The letters are typeset by a job. Raises `NotAllowed`, `Refused`.
    """
    lock(round_)
    require(policy.can_notify(by, round_))
    if round_.state != RoundState.DECIDED:
        raise Refused("The notices of this round have been sent.")
    applications = queries.list_standing(round_)
    _check(round_)
    sent_at = clock.locked_now()
    ends_at = expected_end(round_, applications, sent_at)
    notices = [
        DecisionNotice(
            application_id=application.id,
            outcome=content["outcome"],
            content=content,
            sent_at=sent_at,
            sent_by_id=by.id,
        )
        for application, content in notice_contents(round_, applications, ends_at)
    ]
    session.add_all(notices)
    round_.notices_sent_at, round_.standstill_ends_at = sent_at, ends_at
    session.flush()
    facts = {"notices_sent": len(notices) == len(applications)}
    transitions.apply(
        ROUND, "start_standstill", round_, by=by, facts=facts, details={"notices": len(notices)}
    )
    session.flush()
    for notice in notices:
        audit.record("decision_notice.sent", notice, by=by, details={"application_id": notice.application_id})
    _mail(round_, applications, ends_at)
    jobs.defer("decisions.typeset_letters", round_id=round_.id)
    return notices


def expected_end(round_: Round, applications: Sequence[Application], sent_at: datetime) -> datetime | None:
    """When standstill ends if the last notice is sent at `sent_at`; None while it waits for the award notice."""
    if round_.framework.regime == Regime.PA2023:
        return None
    return standstill_end(sent_at, round_.standstill_days, by_post=queries.is_by_post(applications))


def record_award_notice(record: DecisionRecord, *, reference: str, published_on: date, by: Person) -> None:
    """Under PA2023: the contract award notice is published, and standstill begins with that day.

    A commissioner, after the assessment summaries. Raises `Invalid`, `Refused`, `NotAllowed`.
    """
    round_ = record.round
    lock(round_)
    lock(record)
    require(policy.can_notify(by, round_))
    if round_.framework.regime != Regime.PA2023 or round_.state != RoundState.STANDSTILL:
        raise Refused("A contract award notice is recorded once the assessment summaries are sent.")
    if record.award_notice_on is not None:
        raise Refused("The contract award notice has been recorded.")
    if not reference.strip():
        raise Invalid("Enter the reference of the notice", field="reference")
    sent_on = round_.notices_sent_at.astimezone(clock.LONDON).date() if round_.notices_sent_at else None
    if sent_on is None or not sent_on <= published_on <= clock.today():
        raise Invalid(
            "The notice is published after the summaries were sent, and not in the future",
            field="published_on",
        )
    record.award_notice, record.award_notice_on = reference.strip(), published_on
    last = standstill_last_day(published_on, round_.standstill_days, Regime.PA2023)
    round_.standstill_ends_at = end_of(last)
    audit.record("round.award_notice_published", round_, by=by, details={"standstill_ends": last.isoformat()})
    session.flush()


def conclude_round(round_: Round, *, by: Person) -> None:
    """Conclude the round after the exact end of standstill, by the locked clock; agreements are then offered.

    A commissioner: the portal does not conclude by itself (rule 13). A claim that is known of stops it, also in
    the database. Raises `NotAllowed` or `Refused`.
    """
    require(policy.can_notify(by, round_))
    lock(round_)
    if queries.has_open_claim(round_.id):
        raise Refused("A claim form is known of. Record when the court lifted it or the claim ended.")
    transitions.apply(ROUND, "conclude", round_, by=by, facts={"now": clock.locked_now()})
    session.flush()
    jobs.defer("agreements.offer_for_round", round_id=round_.id)


def _check(round_: Round) -> None:
    checks = queries.checklist(round_, queries.find_record(round_), clock.today())
    wrong = [f"{check.title}: {check.text}" for check in checks if check.ok is False]
    if wrong:
        raise Refused(f"The notices cannot be sent yet. {' '.join(wrong)}")


def _mail(round_: Round, applications: Sequence[Application], ends_at: datetime | None) -> None:
    recipients = queries.list_recipients(applications)
    for application in applications:
        href = links.link("decisions.notice", application_id=application.id)
        for person in recipients.get(application.organisation_id, []):
            context = {
                "organisation": application.organisation.legal_name,
                "reference": application.reference,
                "round_title": round_.title,
                "standstill_ends": in_words(ends_at) if ends_at else None,
                "href": href,
            }
            tell(
                person,
                template="decisions/notice",
                context=context,
                link=href,
                mandatory=True,
                cause_id=application.id,
            )
