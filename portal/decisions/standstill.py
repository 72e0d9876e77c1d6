"""When standstill ends: midnight in Kent at the end of its last day, by the regime's way of counting days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice

from portal.core.clock import LONDON
from portal.core.ui import uk_date
from portal.core.workdays import working_day_after, working_days_from
from portal.frameworks.states import Regime

# Regulation 87 of 2015: fifteen days when a notice goes by other than electronic means.
DAYS_BY_POST = 15
# Section 51 of the Act of 2023: a voluntary standstill is no shorter.
FEWEST_WORKING_DAYS = 8


def standstill_end(
    begun: datetime, days: int, regime: Regime = Regime.PCR2015, *, by_post: bool = False
) -> datetime:
    """The instant standstill ends: midnight, UK time, at the end of its last day.

    The clocks' change makes some standstills an hour longer or shorter.
    """
    return end_of(standstill_last_day(begun.astimezone(LONDON).date(), days, regime, by_post=by_post))


def standstill_last_day(
    begun: date, days: int, regime: Regime = Regime.PCR2015, *, by_post: bool = False
) -> date:
    """The last day of a standstill that begins with what was sent or published on `begun`.

    PCR2015 (regulation 87): `days` calendar days after the day the last notice was sent, fifteen at least if one
    went by post; a last day that is no working day moves to the next that is. PA2023 (section 51): `days`
    working days beginning with the day the contract award notice was published.
    """
    if regime == Regime.PA2023:
        return next(islice(working_days_from(begun), max(days, 1) - 1, None))
    return next(working_days_from(begun + timedelta(days=max(days, DAYS_BY_POST if by_post else 0))))


def end_of(day: date) -> datetime:
    """Midnight in Kent at the end of `day`."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=LONDON)


def last_day(ends_at: datetime) -> date:
    """The last day of a standstill that ends at `ends_at`."""
    return (ends_at.astimezone(LONDON) - timedelta(microseconds=1)).date()


def in_words(ends_at: datetime) -> str:
    """`midnight at the end of 3 December 2026`: said so that nobody takes it for the midnight before."""
    return f"midnight at the end of {uk_date(last_day(ends_at))}"


def call_in_end(published: date, working_days: int = 5) -> date:
    """The last day of call-in: so many working days after publication (illustrative: an officer confirms it)."""
    return working_day_after(published, working_days)
