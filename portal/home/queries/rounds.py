"""The rounds a commissioner has in hand, each with the one thing that moves it on."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.evaluations.models import EvaluationSheet
from portal.frameworks.models import Round
from portal.frameworks.queries import is_accepting
from portal.frameworks.states import RoundState
from portal.home.queries.todo import Todo

ENDED = (RoundState.CONCLUDED, RoundState.CANCELLED)


@dataclass(frozen=True)
class InHand:
    """A round, how many applications stand submitted, and how far checking and scoring have got."""

    round: Round
    submitted: int
    unchecked: int
    unfinished: int


def list_todos(person: Person) -> list[Todo]:
    """One thing to do for each round that has not ended, the soonest deadline first."""
    now = clock.now()
    return [STEPS[one.round.state](one, person, now) for one in _list_in_hand()]


def _list_in_hand() -> list[InHand]:
    rows = session.execute(
        sa.select(Round, sa.func.count_submitted(Round.id))
        .where(Round.state.not_in(ENDED))
        .order_by(Round.submission_deadline)
    ).all()
    unchecked, unfinished = _count_unchecked(), _count_unfinished()
    return [InHand(round_, count, unchecked[round_.id], unfinished[round_.id]) for round_, count in rows]


def _count_unchecked() -> dict[uuid.UUID, int]:
    """Applications of opened rounds without a compliance conclusion; the database shows no others."""
    rows = session.execute(
        sa.select(Application.round_id, sa.func.count())
        .join(Round, Round.id == Application.round_id)
        .where(Round.state == RoundState.OPENED, Application.state == ApplicationState.SUBMITTED)
        .group_by(Application.round_id)
    )
    return defaultdict(int, {round_id: count for round_id, count in rows})


def _count_unfinished() -> dict[uuid.UUID, int]:
    """Evaluators' sheets of rounds being evaluated that are not finished."""
    rows = session.execute(
        sa.select(Application.round_id, sa.func.count())
        .join(EvaluationSheet, EvaluationSheet.application_id == Application.id)
        .join(Round, Round.id == Application.round_id)
        .where(Round.state == RoundState.EVALUATING, EvaluationSheet.finished_at.is_(None))
        .group_by(Application.round_id)
    )
    return defaultdict(int, {round_id: count for round_id, count in rows})


def _draft(one: InHand, _: Person, now: datetime) -> Todo:
    text = "It is a draft: nobody outside the councils can see it yet."
    return Todo(f"Finish and publish: {one.round.title}", "frameworks.show", _ids(one), text=text)


def _published(one: InHand, person: Person, now: datetime) -> Todo:
    if is_accepting(one.round, now):
        return Todo(
            f"Accepting applications: {one.round.title}",
            "frameworks.show",
            _ids(one),
            one.submitted,
            _so_far(one.submitted),
            one.round.submission_deadline,
            "Closes",
            "good",
        )
    asked_by = one.round.open_requested_by_id
    if asked_by is None:
        title, text, tone = (
            "Ask for opening",
            "The deadline has passed. Opening takes two officers: you can be the first.",
            "warning",
        )
    elif asked_by == person.id:
        title, text, tone = (
            "Waiting to be opened",
            "You asked for the opening. Another commissioner must confirm it.",
            "neutral",
        )
    else:
        title, text, tone = (
            "Confirm the opening",
            "A colleague asked for the opening. You can be the second officer.",
            "warning",
        )
    return Todo(
        f"{title}: {one.round.title}", "applications.opening", _ids(one), one.submitted, text, tone=tone
    )


def _so_far(submitted: int) -> str:
    return f"{'application' if submitted == 1 else 'applications'} submitted so far. They are sealed until opening."


def _opened(one: InHand, _: Person, now: datetime) -> Todo:
    if one.unchecked:
        return _step(
            one, "Check compliance", "evaluations.compliance", "without a conclusion yet.", one.unchecked
        )
    text = "Every application has been checked. Assign evaluators and start the evaluation."
    return _step(one, "Start evaluating", "evaluations.assignments", text)


def _evaluating(one: InHand, _: Person, now: datetime) -> Todo:
    if one.unfinished:
        return _step(
            one,
            "Evaluators are scoring",
            "evaluations.assignments",
            "not finished yet.",
            one.unfinished,
            "neutral",
        )
    return _step(one, "Open consensus", "evaluations.assignments", "Every evaluator has finished scoring.")


def _consensus(one: InHand, _: Person, now: datetime) -> Todo:
    if one.round.quality_locked_at is None:
        return _step(
            one,
            "Agree scores",
            "evaluations.consensus",
            "Record one agreed score and reason for each question.",
        )
    return _step(one, "Recommend", "decisions.recommend", "Quality is locked and prices are scored.")


def _recommended(one: InHand, _: Person, now: datetime) -> Todo:
    return _step(
        one,
        "Awaiting decision",
        "decisions.show",
        "Your recommendation is with the approver.",
        tone="neutral",
    )


def _decided(one: InHand, _: Person, now: datetime) -> Todo:
    return _step(
        one, "Send decision notices", "decisions.show", "Standstill starts when the last one has been sent."
    )


def _standstill(one: InHand, _: Person, now: datetime) -> Todo:
    ends = one.round.standstill_ends_at
    if ends is not None and now <= ends:
        return Todo(
            f"Standstill: {one.round.title}",
            "decisions.show",
            _ids(one),
            due=ends,
            due_words="Ends",
            tone="neutral",
        )
    return _step(
        one, "Conclude the round", "decisions.show", "Standstill has ended. Agreements can be offered."
    )


def _step(
    one: InHand, title: str, endpoint: str, text: str, count: int | None = None, tone: str = "warning"
) -> Todo:
    return Todo(f"{title}: {one.round.title}", endpoint, _ids(one), count, text, tone=tone)


def _ids(one: InHand) -> dict[str, uuid.UUID]:
    return {"round_id": one.round.id}


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
