"""A machine whose clock is wrong: Python imports this at its start where the folder is on PYTHONPATH.

Every time of day that the process asks its own system for is off by `SKEW_SECONDS`. The database's is not.
"""

import datetime as dates
import os
import time

SKEW = float(os.environ.get("SKEW_SECONDS", "0"))
TRUE_TIME, TRUE_NANOSECONDS, TrueDatetime = time.time, time.time_ns, dates.datetime


class LikeDatetime(type):
    """Values made before, or by C code, are of the true type: they count as the skewed one too."""

    def __instancecheck__(cls, value):
        return isinstance(value, TrueDatetime)


class SkewedDatetime(TrueDatetime, metaclass=LikeDatetime):
    __slots__ = ()

    @classmethod
    def now(cls, tz=None):
        return TrueDatetime.now(tz) + dates.timedelta(seconds=SKEW)

    @classmethod
    def utcnow(cls):
        return cls.now(dates.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls):
        return cls.now()


if SKEW:
    time.time = lambda: TRUE_TIME() + SKEW
    time.time_ns = lambda: TRUE_NANOSECONDS() + int(SKEW * 1_000_000_000)
    dates.datetime = SkewedDatetime
