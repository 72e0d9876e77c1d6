"""Tells the story in order: each step happens at its own past moment, as the person who does it.

What a step causes (mail, scans, offers) is done at that same moment, so that the worker finds nothing left.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core import clock, jobs
from portal.core.clock import LONDON
from portal.core.db import session, transaction
from portal.frameworks.models import Framework, Round
from portal.providers.models import Organisation

Act = Callable[[Person], None]

SATURDAY = 5

CLAIM_JOBS = sa.text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND priority >= 0 AND NOT args ? 'timestamp'
        AND (scheduled_at IS NULL OR scheduled_at <= portal_now())
        ORDER BY id FOR UPDATE SKIP LOCKED
    ) RETURNING id, task_name, args
""")


@dataclass(frozen=True)
class Step:
    """Somebody (`who` is a key, None for the portal itself) does something at a moment."""

    moment: datetime
    who: str | None
    act: Act


@dataclass
class Story:
    """The steps, and the ids of what they made, by the keys that the tables of this package use."""

    today: date
    steps: list[Step] = field(default_factory=list)
    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    def day(self, days: int) -> date:
        """The working day that many days from today, or the Friday before."""
        found = self.today + timedelta(days=days)
        return found - timedelta(days=max(0, found.weekday() - SATURDAY + 1))

    def moment(self, days: int, at: str) -> datetime:
        """A time of day in Kent on `day(days)`."""
        return datetime.combine(self.day(days), time.fromisoformat(at), tzinfo=LONDON)

    def add(self, days: int, at: str, who: str | None, act: Act) -> None:
        """Have `who` do something then. Before today: the story ends where the visitor begins."""
        if self.day(days) >= self.today:
            raise ValueError("A story is told of the past.")
        self.steps.append(Step(self.moment(days, at), who, act))

    def play(self) -> None:
        """Do every step, oldest first; those of one moment in the order in which they were added."""
        before = None
        for step in sorted(self.steps, key=lambda step: step.moment):
            if step.moment != before:  # time never runs backwards within a moment
                travel_to(step.moment)
            before = step.moment
            person_id = self.ids[step.who] if step.who else None
            with transaction(person_id):
                step.act(self.person(step.who) if step.who else None)  # type: ignore[arg-type]
            do_deferred_jobs()

    def person(self, key: str) -> Person:
        return session.get_one(Person, self.ids[key])

    def organisation(self, provider: str) -> Organisation:
        return session.get_one(Organisation, self.ids[provider])

    def framework(self) -> Framework:
        return session.get_one(Framework, self.ids["framework"])

    def round(self, key: str) -> Round:
        return session.get_one(Round, self.ids[key])

    def application(self, round_key: str, provider: str) -> Application:
        return session.get_one(Application, self.ids[f"{round_key}/{provider}"])


def travel_to(moment: datetime | None) -> None:
    """Make it that moment for the transactions that follow, or, with None, the present again."""
    with transaction():
        server_now: datetime = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        clock.travel(moment - server_now if moment is not None else timedelta(0))


@contextmanager
def not_waiting_for_disk() -> Iterator[None]:
    """Commits inside do not wait for the disk: a load that is lost half-way is begun again in any case."""
    with transaction():
        session.execute(sa.text("SET synchronous_commit TO off"))
    try:
        yield
    finally:
        with transaction():
            session.execute(sa.text("SET synchronous_commit TO DEFAULT"))


def do_deferred_jobs() -> None:
    """Do what is due, as the worker would, until nothing is left. A worker beside us may take some of it.

    What can wait for an idle worker does: drawing every file's pages takes longer than the whole story. So does what
    a worker beside us does by the clock, which comes with a timestamp.
    """
    while True:
        with transaction():
            claimed = sorted(session.execute(CLAIM_JOBS).all())
        if not claimed:
            return
        for _, name, arguments in claimed:
            jobs.registered[name](**arguments)
