"""The machine: one step is one person trying one thing, after which every rule is asked."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm.exc import ObjectDeletedError

from portal.accounts.states import Role
from portal.core import db
from portal.core.db import session
from portal.core.errors import DomainError
from tests.adversary import moves
from tests.adversary.moves import MOVES, Draws, Nothing
from tests.adversary.rules import KEPT, SHOWN, Memory, check_chain, check_everything
from tests.adversary.world import World, make_world
from tests.support.acting import acting_as, travel

T = TypeVar("T")

PHASES = ("published", "opened", "evaluating", "consensus", "priced", "decided", "standstill", "offered")


@dataclass
class Told:
    """What happened, over all runs: tried, refused and done, by move; and how often the rules were asked."""

    tried: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def steps(self) -> int:
        return self.tried.total()

    @property
    def questions(self) -> int:
        return self.steps * (len(KEPT) + len(SHOWN))


@dataclass
class First:
    """Choices of a story told straight: what is `wanted` where it can be chosen, else the first."""

    wanted: tuple[Any, ...] = ()

    def pick(self, among: Sequence[T]) -> T:
        return next((one for one in among if one in self.wanted), among[0])


@dataclass
class Drawn:
    """Choices of Hypothesis."""

    data: st.DataObject

    def pick(self, among: Sequence[T]) -> T:
        return among[self.data.draw(st.integers(0, len(among) - 1))]


def attempt(world: World, move: moves.Move, person_id: uuid.UUID, draws: Draws) -> bool:
    """Try it. True if it was done, False if refused; any other error than a refusal is a fault, and is raised."""
    session.rollback()
    person = world.person(person_id)
    acting_as(person)
    try:
        move.run(world, world.person(person_id), draws)
        session.commit()
    except Exception as error:
        session.rollback()
        if not _refuses(error, move):
            raise
        return False
    return True


def _refuses(error: Exception, move: moves.Move) -> bool:
    """Is this a refusal, and not a fault? A service says no in words; the database may only say so to plain SQL.

    A row that row-level security hides from its own caller cannot be read afresh, and is as good as not found.
    """
    if isinstance(error, DBAPIError):
        return move.run is moves.plain_sql
    if isinstance(error, InvalidRequestError):
        return str(error).startswith("Could not refresh instance")
    return isinstance(error, DomainError | Nothing | ObjectDeletedError)


def reach(world: World, phase: str) -> None:
    """Tell the round straight up to `phase`, by the services that people use; every step must be done."""
    for reached, tell in STORY.items():
        if PHASES.index(reached) <= PHASES.index(phase):
            tell(world)


def _do(world: World, name: str, person_id: uuid.UUID, *wanted: Any) -> None:
    move = next(one for one in MOVES if one.name == name)
    assert attempt(world, move, person_id, First(wanted)), f"{name} was refused"


def _apply(world: World) -> None:
    writers = world.holders(Role.BID_WRITER)
    for writer in writers:
        for name in ("start", "answer_everything", "sign_and_submit"):
            _do(world, name, writer)


def _open(world: World) -> None:
    first, second, *_ = world.holders(Role.COMMISSIONER)
    travel(timedelta(days=21))
    _do(world, "request_opening", first)
    _do(world, "confirm_opening", second)
    for person_id in world.holders(Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER):
        _do(world, "declare_no_conflict_with_any", person_id)


def _start_evaluating(world: World) -> None:
    commissioner, *_ = world.holders(Role.COMMISSIONER)
    for application in world.applications():
        _do(world, "find_all_in_order", commissioner, application)
    for name in ("assign_everybody", "start_evaluating"):
        _do(world, name, commissioner)


def _score(world: World) -> None:
    for evaluator in world.holders(Role.EVALUATOR)[:3]:
        for sheet in moves.any_row(moves.EvaluationSheet, evaluator_id=evaluator):
            _do(world, "score_and_finish", evaluator, sheet)
    _do(world, "open_consensus", world.holders(Role.COMMISSIONER)[0])


def _agree(world: World) -> None:
    for name in ("agree_on_everything", "lock_quality"):
        _do(world, name, world.holders(Role.COMMISSIONER)[0])


def _decide(world: World) -> None:
    for name in ("recommend", "complete_the_papers"):
        _do(world, name, world.holders(Role.COMMISSIONER)[0])
    _do(world, "decide", world.holders(Role.APPROVER)[0])


def _send(world: World) -> None:
    _do(world, "send_notices", world.holders(Role.COMMISSIONER)[0])


def _offer(world: World) -> None:
    travel(timedelta(days=15))
    _do(world, "conclude_round", world.holders(Role.COMMISSIONER)[0])
    for application in world.applications():
        _do(world, "offer", world.holders(Role.COMMISSIONER)[0], application)


STORY = {
    "published": _apply,
    "opened": _open,
    "evaluating": _start_evaluating,
    "consensus": _score,
    "priced": _agree,
    "decided": _decide,
    "standstill": _send,
    "offered": _offer,
}


def machine(phase: str, told: Told) -> type[RuleBasedStateMachine]:
    """A machine whose runs all begin with the round in `phase` (None begun yet before "published")."""
    acting_as(None)
    world = make_world()
    reach(world, phase)
    acting_as(None)
    connection: sa.Connection = session.connection()
    session.commit()
    outer = session.get_bind()
    assert isinstance(outer, sa.Connection)
    assert connection is not None

    class Adversary(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            session.rollback()
            self.savepoint = outer.begin_nested()
            self.memory = Memory()
            db.session.info.pop("events", None)
            check_everything(world, self.memory, world.people[0])

        @rule(data=st.data())
        def step(self, data: st.DataObject) -> None:
            draws = Drawn(data)
            move = draws.pick(MOVES)
            who = move.doers(world) if draws.pick((True, False)) else world.people
            person_id, watcher_id = draws.pick(who), draws.pick(world.people)
            note(f"{move.name}, by {sorted(world.roles[person_id])} {world.people.index(person_id)}")
            done = attempt(world, move, person_id, draws)
            told.tried[move.name] += 1
            (told.done if done else told.refused)[move.name] += 1
            check_everything(world, self.memory, watcher_id)

        def teardown(self) -> None:
            check_chain()
            session.rollback()
            session.expunge_all()
            self.savepoint.rollback()

    return Adversary
