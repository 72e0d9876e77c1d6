"""How factories write what the web's role may not: as the worker's role, in the test's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from portal.core import clock, db
from portal.core.db import session

Thing = TypeVar("Thing")


@contextmanager
def as_worker() -> Iterator[None]:
    """Statements inside run as the worker's role, which row-level security lets through."""
    session.flush()
    session.execute(sa.text("SET ROLE portal_worker"))
    try:
        yield
        session.flush()
    finally:
        session.execute(sa.text("SET ROLE portal_app"))


def save(thing: Thing) -> Thing:
    """Write a row as the worker's role and read back its defaults."""
    with as_worker():
        session.add(thing)
        session.flush()
        session.refresh(thing)
    session.commit()
    return thing


def save_all(things: Iterable[Any]) -> None:
    """Write rows as the worker's role, at once; their defaults are read when somebody asks."""
    with as_worker():
        session.add_all(things)
    session.commit()


def travel(amount: timedelta) -> None:
    """Move the portal's time by `amount` from where it is now."""
    with as_worker():
        clock.travel(clock.offset() + amount)
    session.commit()


def acting_as(person: Any) -> None:
    """The transactions that follow in this test are this person's."""
    db.act_as(person.id if person is not None else None)
