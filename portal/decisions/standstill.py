"""When standstill ends: midnight in Kent at the end of the last day, counted from the last notice."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from portal.core.clock import LONDON
from portal.core.ui import uk_date


def standstill_end(last_notice: datetime, days: int) -> datetime:
    """The instant standstill ends: midnight, UK time, at the end of day `days` after the last notice.

    The Public Contracts Regulations 2015, regulation 87, with notices sent electronically: the day of
    sending is day 0. The clocks' change makes some standstills an hour longer or shorter.
    """
    last_day = last_notice.astimezone(LONDON).date() + timedelta(days=days)
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=LONDON)


def in_words(ends_at: datetime) -> str:
    """`midnight at the end of 3 December 2026`: said so that nobody takes it for the midnight before."""
    last_moment = ends_at.astimezone(LONDON) - timedelta(microseconds=1)
    return f"midnight at the end of {uk_date(last_moment.date())}"
