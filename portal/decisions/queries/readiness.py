"""What still stands in the way: of approving a recommendation, and of sending the notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from portal.applications.models import Application
from portal.core.db import session
from portal.core.ui import plural, uk_date
from portal.decisions.models import DecisionRecord, Recommendation
from portal.decisions.papers import PAPERS, RECORD
from portal.decisions.queries.letters import is_by_post, list_previews, list_standing
from portal.decisions.standstill import FEWEST_WORKING_DAYS, standstill_last_day
from portal.evaluations.models import ConsensusScore
from portal.frameworks.models import Round
from portal.frameworks.states import Regime

NOTICE_DAYS = timedelta(days=28)
# How a draft asks an officer for what the portal does not hold.
PROMPT = "[Say"


@dataclass(frozen=True)
class Gap:
    """Something that must be put right first, on which page (`report`, `record`, `procedure`), in which field."""

    text: str
    page: str
    field: str


@dataclass(frozen=True)
class Check:
    """A line of the checklist before notices are sent. `ok` None: look at it, but it stops nothing."""

    title: str
    ok: bool | None
    text: str


def approval_gaps(record: DecisionRecord | None, recommendation: Recommendation, today: date) -> list[Gap]:
    """Everything that must be put right before the officer's decision can be approved."""
    if record is None:
        return [Gap("The papers of this decision have not been drafted.", "record", "")]
    return [
        *_unwritten(record),
        *_named(record, recommendation),
        *_delegated(record, today),
        *_consulted(record, today),
        *_noticed(record, today),
        *_medway(record, today),
    ]


def _unwritten(record: DecisionRecord) -> Iterator[Gap]:
    for paper in PAPERS.values():
        texts = getattr(record, paper.column)
        for section in paper.missing(texts):
            yield Gap(f"{paper.title}: “{section.title}” is empty.", paper.key, section.field)
        for section in paper.sections:
            if PROMPT in texts.get(section.key, ""):
                yield Gap(f"{paper.title}: “{section.title}” still holds a prompt.", paper.key, section.field)


def _named(record: DecisionRecord, recommendation: Recommendation) -> Iterator[Gap]:
    """The public part is published before the notices are sent: it must not tell an outcome first (rule 9)."""
    for section in RECORD.sections:
        text = record.record.get(section.key, "").casefold()
        for line in recommendation.lines:
            name = line.application.organisation.legal_name
            if name.casefold() in text:
                reason = f"“{section.title}” names {name}. Outcomes belong in the exempt part."
                yield Gap(reason, "record", section.field)


def _delegated(record: DecisionRecord, today: date) -> Iterator[Gap]:
    if not record.number:
        yield Gap("The number of the officer’s decision is missing.", "procedure", "number")
    if not record.delegation:
        yield Gap("The delegation that the officer relies on is missing.", "procedure", "delegation")
    if not (record.member_number and record.member_name and record.member_decided_on):
        yield Gap(
            "The member’s decision that this carries out is not fully recorded.", "procedure", "member_number"
        )
    over = record.member_call_in_ended_on
    if over is None or over > today:
        yield Gap(
            "Call-in of the member’s decision is not recorded as over.",
            "procedure",
            "member_call_in_ended_on",
        )
    elif record.member_decided_on and over < record.member_decided_on:
        yield Gap(
            "Call-in of the member’s decision cannot have ended before it was taken.",
            "procedure",
            "member_call_in_ended_on",
        )


def _consulted(record: DecisionRecord, today: date) -> Iterator[Gap]:
    if not record.consultee or record.consulted_on is None:
        yield Gap("Consultation with the Cabinet Member is not recorded.", "procedure", "consultee")
    elif record.consulted_on > today:
        yield Gap(
            "The Cabinet Member is to be consulted on a day still to come.", "procedure", "consulted_on"
        )
    yield from _member_declared(record, today)
    if record.screening_review_on is None:
        yield Gap("The review date of the equality screening is missing.", "procedure", "screening_review_on")


def _member_declared(record: DecisionRecord, today: date) -> Iterator[Gap]:
    """The member who is consulted declares too (rule 3), before anything about the applicants is discussed."""
    declared = record.consultee_declared_on
    if not record.consultee_interests or declared is None:
        text = "What interests the consulted Cabinet Member declared, and when, is not recorded."
        yield Gap(text, "procedure", "consultee_interests")
    elif declared > (record.consulted_on or today):
        text = "The Cabinet Member declares interests before being consulted."
        yield Gap(text, "procedure", "consultee_declared_on")


def _noticed(record: DecisionRecord, today: date) -> Iterator[Gap]:
    if not record.is_key:
        return
    if record.notice_on is None:
        yield Gap(
            "A key decision needs the date of its forthcoming-decision notice.", "procedure", "notice_on"
        )
    elif today < record.notice_on + NOTICE_DAYS:
        earliest = uk_date(record.notice_on + NOTICE_DAYS)
        yield Gap(
            f"28 days’ notice ends on {earliest}: a key decision waits until then.", "procedure", "notice_on"
        )
    if not record.committee or record.committee_on is None:
        yield Gap("A key decision needs the Cabinet Committee and its date.", "procedure", "committee")
    elif record.committee_on > today:
        when = uk_date(record.committee_on)
        yield Gap(f"The Cabinet Committee considers this on {when}.", "procedure", "committee_on")


def _medway(record: DecisionRecord, today: date) -> Iterator[Gap]:
    if not (record.medway_signatory and record.medway_position) or record.medway_agreed_on is None:
        yield Gap("Medway’s agreement, and who gave it, is not recorded.", "procedure", "medway_signatory")
    elif record.medway_agreed_on > today:
        yield Gap("Medway’s agreement is dated in the future.", "procedure", "medway_agreed_on")


def checklist(round_: Round, record: DecisionRecord | None, today: date) -> list[Check]:
    """What is looked at before notices are sent; nothing is sent while a line is not in order."""
    applications = list_standing(round_)
    return [
        _reasons(round_),
        _call_in(record, today),
        _previewed(round_, len(applications)),
        _everybody_reachable(is_by_post(applications)),
        _dates(round_, today, is_by_post(applications)),
    ]


def _reasons(round_: Round) -> Check:
    without = session.execute(
        sa.select(sa.func.count())
        .select_from(ConsensusScore)
        .join(Application, Application.id == ConsensusScore.application_id)
        .where(Application.round_id == round_.id, sa.func.btrim(ConsensusScore.reason) == "")
    ).scalar_one()
    if without:
        return Check(
            "Reasons", False, f"{plural(without, 'agreed score has', 'agreed scores have')} no reason."
        )
    return Check("Reasons", True, "Every agreed score, and every outcome, has its reason.")


def _call_in(record: DecisionRecord | None, today: date) -> Check:
    if record is None or not record.is_key:
        return Check("Call-in", True, "Not a key decision: nothing is called in.")
    if record.published_on is None or record.call_in_ends_on is None:
        return Check("Call-in", False, "Record when the decision was published and when call-in ends.")
    if record.call_in_ends_on >= today:
        return Check("Call-in", False, f"Call-in runs until the end of {uk_date(record.call_in_ends_on)}.")
    return Check("Call-in", True, f"Ended on {uk_date(record.call_in_ends_on)}.")


def _previewed(round_: Round, wanted: int) -> Check:
    done = len(list_previews(round_))
    words = f"{done} of {plural(wanted, 'letter')} previewed."
    return Check("Letters previewed", done >= wanted, words)


def _everybody_reachable(by_post: bool) -> Check:
    if by_post:
        return Check(
            "Everybody can be told", None, "Some letters must go by post: standstill is 15 days at least."
        )
    return Check("Everybody can be told", True, "Every applicant has somebody who is told by email.")


def _dates(round_: Round, today: date, by_post: bool) -> Check:
    if round_.framework.regime == Regime.PA2023:
        return _working_days(round_)
    ends = standstill_last_day(today, round_.standstill_days, by_post=by_post)
    if round_.agreements_start_on <= ends:
        text = (
            f"Agreements were to start on {uk_date(round_.agreements_start_on)}, within standstill:"
            " they will start on the day they are countersigned."
        )
        return Check("Dates", None, text)
    return Check(
        "Dates", True, f"Agreements start on {uk_date(round_.agreements_start_on)}, after standstill."
    )


def _working_days(round_: Round) -> Check:
    if 0 < round_.standstill_days < FEWEST_WORKING_DAYS:
        return Check("Dates", False, "A voluntary standstill is eight working days at least, or none.")
    return Check("Dates", True, "Standstill begins with the contract award notice.")
