"""What time it is. The database's clock decides, so that web and worker agree to the microsecond.

Tests and the demonstration move time by one offset kept in the database (`clock_offset`); production
refuses to start with one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, session

LONDON = ZoneInfo("Europe/London")


class ClockOffset(Base):
    """How far the portal's time is from the server's: one row, zero in production."""

    __tablename__ = "clock_offset"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[timedelta] = mapped_column(server_default=sa.text("'0'::interval"))


def now() -> datetime:
    """The instant this transaction began, in UTC. For what is shown and for dates; never for a deadline."""
    session.connection()
    moment: datetime = session.info["now"]
    return moment


def locked_now() -> datetime:
    """The instant of the call. Ask after the locks are held: a write that waited past a deadline is late."""
    with session.no_autoflush:  # a half-changed row is not to be written because somebody asks the time
        moment: datetime = session.execute(sa.select(sa.func.portal_now())).scalar_one()
    return moment


def today() -> date:
    """The date in Kent."""
    return now().astimezone(LONDON).date()


def travel(amount: timedelta) -> None:
    """Set the offset between the portal's time and the server's. Takes effect in the next transaction."""
    session.execute(sa.update(ClockOffset).values(amount=amount))


def offset() -> timedelta:
    """The offset in force."""
    return session.execute(sa.select(ClockOffset.amount)).scalar_one()
