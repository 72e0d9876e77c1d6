"""Working days in England, for every period that is counted in them: Monday to Friday but for bank holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import count, islice
from typing import TYPE_CHECKING

from portal.core.clock import LONDON

if TYPE_CHECKING:
    import holidays


@cache
def _bank_holidays() -> holidays.HolidayBase:
    import holidays

    return holidays.country_holidays("GB", subdiv="ENG")


def is_working_day(day: date) -> bool:
    """Neither a Saturday, a Sunday nor a bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays()


def working_days_from(day: date) -> Iterator[date]:
    """The working days from `day` on, itself included if it is one."""
    return (one for one in (day + timedelta(days=n) for n in count()) if is_working_day(one))


def working_day_after(day: date, working_days: int) -> date:
    """The day on which so many whole working days after `day` have been: 1 is the next working day."""
    return next(islice(working_days_from(day + timedelta(days=1)), working_days - 1, None))


def same_time_on(day: date, moment: datetime) -> datetime:
    """The time of day in Kent that `moment` has, on another day."""
    local = moment.astimezone(LONDON)
    return datetime.combine(day, time(local.hour, local.minute), tzinfo=LONDON)
