"""When standstill ends: midnight in Kent at the end of the last day, counted from the day of the last notice."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from portal.core.clock import LONDON


def standstill_end(last_notice: datetime, days: int) -> datetime:
    """The instant standstill ends: midnight at the end of day `days` after the day of the last notice, UK time.

    The Public Contracts Regulations 2015, regulation 87, with notices sent electronically: the day of
    sending is day 0. The clocks' change makes some standstills an hour longer or shorter.
    """
    last_day = last_notice.astimezone(LONDON).date() + timedelta(days=days)
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=LONDON)
