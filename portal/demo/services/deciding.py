"""Recommendations, the decision on the concluded round, and the agreements that came of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from portal.accounts.models import Person
from portal.agreements import queries as agreements
from portal.agreements.models import Agreement
from portal.agreements.services import countersign_agreement, sign_agreement
from portal.core import clock
from portal.decisions import queries
from portal.decisions.services import (
    Line,
    Procedure,
    conclude_round,
    decide,
    note_previewed,
    publish_record,
    recommend,
    save_procedure,
    send_notices,
)
from portal.decisions.states import DecisionKind, Outcome
from portal.demo.services import texts
from portal.demo.services.people import PASSWORD, administrator_of
from portal.demo.services.rounds import ROUNDS, Plan
from portal.demo.services.story import Story
from portal.evaluations.services import declare_conflict

ADMITTED = frozenset({"tidewell", "cobnut", "lanternfield", "quillhaven"})
# Of the two admitted in the concluded round one has signed; the other's offer waits for its administrator.
SIGNED, COUNTERSIGNED = -21, -18


def tell(story: Story) -> None:
    """What follows the locking of quality, as far as each round has come."""
    for plan in ROUNDS:
        if plan.recommended is not None:
            story.add(plan.recommended, "15:00", "commissioner", partial(_recommend, story, plan))
            story.add(plan.recommended + 3, "16:20", "commissioner", partial(_record_procedure, story, plan))
            story.add(plan.recommended + 4, "12:10", "approver", partial(_declare, story, plan))
        if plan.decided is not None and plan.notified is not None and plan.concluded is not None:
            story.add(plan.decided, "17:20", "approver", partial(_approve, story, plan))
            story.add(plan.decided + 3, "10:00", "commissioner", partial(_publish, story, plan))
            story.add(plan.notified, "11:00", "commissioner", partial(_notify, story, plan))
            story.add(plan.concluded, "09:05", "commissioner", partial(_conclude, story, plan))
    story.add(SIGNED, "13:35", administrator_of("tidewell"), partial(_sign, story))
    story.add(COUNTERSIGNED, "10:50", "second_commissioner", partial(_countersign, story))


def _recommend(story: Story, plan: Plan, by: Person) -> None:
    written = texts.read("decisions")[plan.key]["recommendation"]
    lines = {
        story.application(plan.key, provider).id: Line(
            Outcome.ADMIT if provider in ADMITTED else Outcome.DECLINE, written[provider]
        )
        for provider in plan.applicants
    }
    recommend(story.round(plan.key), reasons=written["reasons"], lines=lines, by=by)


def _record_procedure(story: Story, plan: Plan, by: Person) -> None:
    record = queries.find_record(story.round(plan.key))
    assert record is not None
    told = texts.read("decisions")["procedure"]
    held = Procedure(
        number=told["number"][plan.key],
        delegation=record.delegation,
        consultee=told["consultee"],
        consulted_on=clock.today(),
        consultee_view=told["consultee_view"],
        consultee_interests=told["consultee_interests"],
        consultee_declared_on=clock.today(),
        member_number=record.member_number,
        member_name=record.member_name,
        member_decided_on=record.member_decided_on,
        member_call_in_ended_on=clock.today(),
        medway_signatory=told["medway_signatory"],
        medway_position=told["medway_position"],
        medway_agreed_on=clock.today(),
        screening=told["screening"],
        screening_review_on=clock.today() + timedelta(days=365),
    )
    save_procedure(record, held, {}, by=by)


def _declare(story: Story, plan: Plan, by: Person) -> None:
    for provider in plan.applicants:
        declare_conflict(story.application(plan.key, provider), has_conflict=False, by=by)


def _approve(story: Story, plan: Plan, by: Person) -> None:
    recommendation = queries.find_latest(story.round(plan.key))
    assert recommendation is not None
    reasons = texts.read("decisions")[plan.key]["decision"]["reasons"]
    position = "Corporate Director, Children, Young People and Education"
    decide(recommendation, kind=DecisionKind.APPROVE, reasons=reasons, position=position, by=by)


def _publish(story: Story, plan: Plan, by: Person) -> None:
    record = queries.find_record(story.round(plan.key))
    assert record is not None
    publish_record(record, published_on=clock.today(), call_in_ends_on=None, by=by)


def _notify(story: Story, plan: Plan, by: Person) -> None:
    round_ = story.round(plan.key)
    note_previewed(round_, queries.list_standing(round_), by=by)
    send_notices(round_, by=by)


def _conclude(story: Story, plan: Plan, by: Person) -> None:
    conclude_round(story.round(plan.key), by=by)


def _sign(story: Story, by: Person) -> None:
    sign_agreement(
        _agreement(story),
        name=by.full_name,
        position="Responsible individual",
        password=PASSWORD,
        by=by,
    )


def _countersign(story: Story, by: Person) -> None:
    countersign_agreement(_agreement(story), by=by)


def _agreement(story: Story) -> Agreement:
    found = agreements.find_by_application(story.application("concluded", "tidewell").id)
    assert found is not None
    return found
