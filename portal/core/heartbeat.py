"""Was the portal there? Minute by minute, whether it answered when its own worker asked.

An outage is a run of minutes that were not answered, or not asked because nothing was running to ask. Only one
that has ended is known: as long as nobody answers, nobody reads this either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base, session

MINUTE = timedelta(minutes=1)
KEPT_FOR = timedelta(days=35)

# Shorter silences, such as a restart, hinder nobody.
SHORTEST_OUTAGE = timedelta(minutes=10)


class Heartbeat(Base):
    """One minute, and whether the portal answered in it."""

    __tablename__ = "heartbeat"

    minute: Mapped[datetime] = mapped_column(primary_key=True)
    answered: Mapped[bool]


@dataclass(frozen=True)
class Outage:
    """The portal did not answer from the first moment to the second."""

    began_at: datetime
    ended_at: datetime

    @property
    def minutes(self) -> int:
        return int((self.ended_at - self.began_at) / MINUTE)


def note(answered: bool) -> None:
    """Record this minute, once, and forget what is old. For the worker."""
    minute = clock.locked_now().replace(second=0, microsecond=0)
    beat = insert(Heartbeat).values(minute=minute, answered=answered)
    session.execute(beat.on_conflict_do_nothing(index_elements=["minute"]))
    session.execute(sa.delete(Heartbeat).where(Heartbeat.minute < minute - KEPT_FOR))


def list_outages(since: datetime, until: datetime) -> list[Outage]:
    """Outages that touch the time between, oldest first."""
    answered = session.scalars(
        sa.select(Heartbeat.minute)
        .where(Heartbeat.answered, Heartbeat.minute >= since - KEPT_FOR, Heartbeat.minute <= until)
        .order_by(Heartbeat.minute)
    )
    return [outage for outage in _silences(answered) if outage.ended_at > since]


def _silences(answered: Iterable[datetime]) -> Iterator[Outage]:
    for last, following in pairwise(answered):
        if following - last - MINUTE >= SHORTEST_OUTAGE:
            yield Outage(last + MINUTE, following)
