"""The rounds a commissioner has in hand, each with what moves it on.

Two statements, however many rounds there are. Of a round that is not opened only the count is known (rule 1).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.evaluations.models import ComplianceFinding, EvaluationSheet
from portal.evaluations.queries.applications import active_sheet, awaits_review
from portal.frameworks.models import Round
from portal.frameworks.queries import ProposedExtension, is_accepting, propose_extensions
from portal.frameworks.states import RoundState
from portal.home.queries.declarations import count_undeclared, declare
from portal.home.queries.todo import Todo

ENDED = (RoundState.CONCLUDED, RoundState.CANCELLED)


@dataclass(frozen=True)
class InHand:
    """A round, how many applications stand submitted, and how many of them wait to be checked or scored.

    `to_confirm` counts the fails that colleagues proposed and this person may confirm as the second officer.
    """

    round: Round
    submitted: int
    unchecked: int
    to_confirm: int
    unfinished: int

    @property
    def ids(self) -> dict[str, uuid.UUID]:
        return {"round_id": self.round.id}

    def todo(
        self, title: str, endpoint: str, text: str, *, count: int | None = None, tone: str = "warning"
    ) -> Todo:
        """What comes next for this round."""
        return Todo(f"{title}: {self.round.title}", endpoint, self.ids, count, text, tone=tone)


def list_todos(person: Person) -> list[Todo]:
    """What each round that has not ended waits for, the soonest deadline first."""
    now = clock.now()
    undeclared = count_undeclared(person)
    in_hand = _list_in_hand(person)
    proposed = propose_extensions([one.round for one in in_hand], now)
    todos: list[Todo] = []
    for one in in_hand:
        if one.round.id in proposed:
            todos.append(_make_good(one, proposed[one.round.id]))
        if undeclared.get(one.round.id):
            todos.append(declare(one.round, undeclared[one.round.id]))
        todos.append(STEPS[one.round.state](one, person, now))
        if one.to_confirm:
            text = "Fails that a colleague proposed in the compliance check: each needs a second officer."
            todos.append(
                one.todo("Confirm or turn back", "evaluations.compliance", text, count=one.to_confirm)
            )
    return todos


def _make_good(one: InHand, proposed: ProposedExtension) -> Todo:
    title, page = "Extend the deadline after an outage", "frameworks.extend_deadline"
    return replace(one.todo(title, page, proposed.figures), ids={"round_id": one.round.id, "proposed": 1})


def _list_in_hand(person: Person) -> list[InHand]:
    return [InHand(*row) for row in session.execute(_in_hand(), {"person_id": person.id})]


@cache
def _in_hand() -> sa.Select[Any]:
    unchecked = sa.select(sa.func.count()).where(
        Application.round_id == Round.id, Application.state == ApplicationState.SUBMITTED
    )
    to_confirm = (
        sa.select(sa.func.count())
        .select_from(ComplianceFinding)
        .join(Application, Application.id == ComplianceFinding.application_id)
        .where(
            Application.round_id == Round.id,
            Application.state == ApplicationState.SUBMITTED,
            ComplianceFinding.found_by_id != sa.bindparam("person_id"),
            awaits_review(),
        )
    )
    unfinished = (
        sa.select(sa.func.count())
        .select_from(EvaluationSheet)
        .join(Application, Application.id == EvaluationSheet.application_id)
        .where(Application.round_id == Round.id, EvaluationSheet.finished_at.is_(None), active_sheet())
    )
    return (
        sa.select(
            Round,
            _while(RoundState.PUBLISHED, sa.func.count_submitted(Round.id)),
            _while(RoundState.OPENED, unchecked.correlate(Round).scalar_subquery()),
            to_confirm.correlate(Round).scalar_subquery(),
            _while(RoundState.EVALUATING, unfinished.correlate(Round).scalar_subquery()),
        )
        .where(Round.state.not_in(ENDED))
        .order_by(Round.submission_deadline)
    )


def _while(state: RoundState, count: sa.ColumnElement[int]) -> sa.Case[int]:
    """Counted only for rounds in the state in which the number is said."""
    return sa.case((Round.state == state, count), else_=0)


def _draft(one: InHand, _: Person, __: datetime) -> Todo:
    return one.todo("Finish and publish", "frameworks.show", "Nobody outside the councils can see it yet.")


def _published(one: InHand, person: Person, now: datetime) -> Todo:
    if is_accepting(one.round, now):
        text = "Submitted so far, and sealed until opening."
        todo = one.todo(
            "Accepting applications", "frameworks.show", text, count=one.submitted, tone="neutral"
        )
        return replace(todo, due=one.round.submission_deadline, due_words="Closes")
    return _closed(one, person)


def _closed(one: InHand, person: Person) -> Todo:
    asked_by = one.round.open_requested_by_id
    if asked_by is None:
        text = "Applications are sealed. Opening takes two officers: you can be the first."
        return one.todo("Ask for opening", "applications.opening", text, count=one.submitted)
    if asked_by == person.id:
        text = "Applications are sealed until another commissioner confirms the opening."
        return one.todo("Asked to open", "applications.opening", text, count=one.submitted, tone="neutral")
    text = "Applications are sealed. A colleague asked for the opening: you can confirm it."
    return one.todo("Confirm the opening", "applications.opening", text, count=one.submitted)


def _opened(one: InHand, _: Person, __: datetime) -> Todo:
    if one.unchecked:
        text = "Applications still to be checked and concluded."
        return one.todo("Check compliance", "evaluations.compliance", text, count=one.unchecked)
    return one.todo("Start evaluating", "evaluations.show", "Every application has been checked.")


def _evaluating(one: InHand, _: Person, __: datetime) -> Todo:
    if one.unfinished:
        text = "Score sheets that evaluators have not finished yet."
        return one.todo("Scoring", "evaluations.show", text, count=one.unfinished, tone="neutral")
    return one.todo("Open consensus", "evaluations.show", "Every evaluator has finished scoring.")


def _consensus(one: InHand, _: Person, __: datetime) -> Todo:
    if one.round.quality_locked_at is None:
        text = "Record one agreed score with its reason for every question."
        return one.todo("Agree scores", "evaluations.consensus", text)
    return one.todo("Recommend", "decisions.recommend", "Quality is locked and prices are scored.")


def _recommended(one: InHand, _: Person, __: datetime) -> Todo:
    text = "The recommendation is with the approver."
    return one.todo("Awaiting decision", "decisions.show", text, tone="neutral")


def _decided(one: InHand, _: Person, __: datetime) -> Todo:
    text = "Standstill starts when the last notice has been sent."
    return one.todo("Send decision notices", "decisions.notices", text)


def _standstill(one: InHand, _: Person, now: datetime) -> Todo:
    ends = one.round.standstill_ends_at
    if ends is None:
        text = "It begins with the contract award notice."
        return one.todo("Publish the contract award notice", "decisions.award_notice", text)
    if now <= ends:
        text = "No agreement is offered before it ends."
        todo = one.todo("Standstill", "decisions.show", text, tone="neutral")
        return replace(todo, due=ends, due_words="Ends")
    return one.todo(
        "Conclude the round", "decisions.show", "Standstill has ended. Agreements can be offered."
    )


STEPS: dict[RoundState, Callable[[InHand, Person, datetime], Todo]] = {
    RoundState.DRAFT: _draft,
    RoundState.PUBLISHED: _published,
    RoundState.OPENED: _opened,
    RoundState.EVALUATING: _evaluating,
    RoundState.CONSENSUS: _consensus,
    RoundState.RECOMMENDED: _recommended,
    RoundState.DECIDED: _decided,
    RoundState.STANDSTILL: _standstill,
}
