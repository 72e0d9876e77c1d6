"""Empties the portal, audit log and all, so that the demonstration can begin again. Never in production."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa

from portal.adapters import storage
from portal.core import audit
from portal.core.db import Base

# One row each, which every transaction reads: set back, not emptied.
KEPT = frozenset({"audit_head", "catalogue", "clock_offset"})
LONGEST_WAIT = "20s"


def empty_portal(owner_url: str) -> None:
    """Remove all content and every stored file, as the tables' owner and in one transaction.

    Safe while the web runs: requests under way end first, and those that come wait for the moment it takes.
    """
    engine = sa.create_engine(owner_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'"))
        tables = ", ".join(_tables())
        connection.execute(sa.text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
        connection.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY"))
        connection.execute(
            sa.text("UPDATE audit_head SET sequence = 0, hash = :start"), {"start": audit.GENESIS}
        )
        connection.execute(sa.text("UPDATE clock_offset SET amount = interval '0'"))
        # A job that a worker is doing now ends by itself.
        connection.execute(sa.text("DELETE FROM procrastinate_jobs WHERE status <> 'doing'"))
    # All of it: uploads, their pictures, what is in quarantine, the letters.
    for name in list(storage.current().names_older_than(datetime.max.replace(tzinfo=UTC))):
        storage.current().delete(name)


def _tables() -> Iterator[str]:
    return (table.name for table in Base.metadata.sorted_tables if table.name not in KEPT)
