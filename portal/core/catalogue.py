"""Lists that every page needs and that seldom change: question sets, price cells, placement types, districts.

A process keeps what it has read for as long as the database's stamp stays the same: triggers renew the stamp
whenever one of these tables changes, and the first statement of each transaction reads it. Only requests that
only read are answered from what is kept; whoever may write reads the rows themselves.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, PortalSession, session

P = ParamSpec("P")
T = TypeVar("T")

KEPT_AT_MOST = 128


class Catalogue(Base):
    """One row: the stamp that changes with any table of the catalogue (see the migration 0010)."""

    __tablename__ = "catalogue"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stamp: Mapped[uuid.UUID]


def kept(read: Callable[P, T]) -> Callable[P, T]:
    """Keep what `read` returns, by its arguments, until the catalogue changes.

    The arguments are hashable; what is returned is whole (nothing is loaded later) and nobody changes it.
    """

    def read_apart(_stamp: uuid.UUID, *args: P.args, **kwargs: P.kwargs) -> T:
        with _apart():
            return read(*args, **kwargs)

    known: Callable[..., T] = lru_cache(maxsize=KEPT_AT_MOST)(read_apart)

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        session.connection()
        stamp = session.info.get("catalogue") if session.info.get("reading") else None
        return read(*args, **kwargs) if stamp is None else known(stamp, *args, **kwargs)

    return reading


@contextmanager
def _apart() -> Iterator[None]:
    """Rows read inside belong to no session, so that other requests can share them."""
    mine = session()
    inside = PortalSession(bind=mine.connection(), join_transaction_mode="create_savepoint")
    session.registry.set(inside)
    try:
        yield
    finally:
        inside.close()
        session.registry.set(mine)
