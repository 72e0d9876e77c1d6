"""What may come between the notices and the agreements: complaints, extensions, claims; each with its effect."""

from __future__ import annotations

from datetime import date

from portal.accounts.models import Person
from portal.core import audit, clock, links
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused
from portal.core.ui import uk_date
from portal.core.workdays import is_working_day
from portal.decisions import policy, queries
from portal.decisions.models import StandstillEvent
from portal.decisions.standstill import end_of, in_words, last_day
from portal.decisions.states import EventKind
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from portal.notifications.services import tell


def record_event(
    round_: Round,
    kind: EventKind,
    *,
    happened_on: date,
    summary: str,
    by: Person,
    extends_to: date | None = None,
) -> StandstillEvent:
    """Record a complaint, an extension, a claim form or its end, by a commissioner.

    A complaint pauses nothing by itself. An extension moves the end of standstill to the end of a later working
    day, before it has ended, and every applicant is told. A claim form that is known of stops the conclusion of
    the round and every signature until its end is recorded: the court lifted the suspension, or the claim ended.
    Raises `Invalid` with field `kind`, `happened_on`, `summary` or `extends_to`, `Refused`, `NotAllowed`.
    """
    lock(round_)
    require(policy.can_record_event(by, round_))
    if not summary.strip():
        raise Invalid("Say what happened", field="summary")
    if happened_on > clock.today():
        raise Invalid("This cannot have happened in the future", field="happened_on")
    made = StandstillEvent(
        round_id=round_.id,
        kind=kind,
        happened_on=happened_on,
        summary=summary.strip(),
        recorded_by_id=by.id,
        recorded_at=clock.now(),
    )
    if kind == EventKind.EXTENSION:
        _extend(round_, made, extends_to)
    elif kind == EventKind.CLAIM_ENDED:
        _end_claim(round_, made)
    session.add(made)
    session.flush()
    audit.record(f"round.{kind}_recorded", round_, by=by, details={"event_id": made.id})
    if kind == EventKind.EXTENSION:
        _tell_applicants(round_, made)
    return made


def _extend(round_: Round, made: StandstillEvent, until: date | None) -> None:
    ends = round_.standstill_ends_at
    if round_.state != RoundState.STANDSTILL or ends is None or clock.locked_now() >= ends:
        raise Refused("Standstill can be extended only before it has ended.")
    if until is None:
        raise Invalid("Enter the new last day of standstill", field="extends_to")
    if until <= last_day(ends):
        raise Invalid(
            f"Standstill already runs until the end of {uk_date(last_day(ends))}", field="extends_to"
        )
    if not is_working_day(until):
        raise Invalid(f"{uk_date(until)} is not a working day in England", field="extends_to")
    made.extends_to = end_of(until)
    round_.standstill_ends_at = made.extends_to


def _end_claim(round_: Round, made: StandstillEvent) -> None:
    claim = queries.find_open_claim(round_)
    if claim is None:
        raise Invalid("No claim form is on record that could be lifted or ended", field="kind")
    if made.happened_on < claim.happened_on:
        raise Invalid("This cannot have ended before the claim form was known of", field="happened_on")
    made.claim_id = claim.id


def _tell_applicants(round_: Round, made: StandstillEvent) -> None:
    applications = queries.list_standing(round_)
    recipients = queries.list_recipients(applications)
    for application in applications:
        href = links.link("decisions.notice", application_id=application.id)
        context = {
            "reference": application.reference,
            "round_title": round_.title,
            "standstill_ends": in_words(round_.standstill_ends_at) if round_.standstill_ends_at else None,
            "href": href,
        }
        for person in recipients.get(application.organisation_id, []):
            tell(
                person,
                template="decisions/standstill_extended",
                context={**context, "organisation": application.organisation.legal_name},
                link=href,
                mandatory=True,
                cause_id=made.id,
            )
