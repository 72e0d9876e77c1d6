"""Keeping the week's counts, from which the course of time and the public figures are drawn."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.db import session
from portal.matching.queries.sufficiency import FREE, free_values, is_week_kept, midnight, monday_of
from portal.matching.states import Dimension

KEEP_FREE = sa.text(f"""
    INSERT INTO weekly_count (week, measure, dimension, code, freshness, cases, places)
    SELECT :week, 'free', counted.* FROM ({FREE}) counted
    ON CONFLICT DO NOTHING
""")
KEEP_SOUGHT = sa.text("""
    INSERT INTO weekly_count (week, measure, dimension, code, freshness, cases, places)
    SELECT :week, 'sought', dimension, code, '', sum(searches), sum(children)
    FROM count_sought(:since, :until, '', ARRAY['kent', 'medway'])
    WHERE dimension = ANY (:dimensions)
    GROUP BY dimension, code
    ON CONFLICT DO NOTHING
""")
# A week in which nothing was free was counted, too.
KEEP_NONE = sa.text("""
    INSERT INTO weekly_count (week, measure, dimension, code, freshness, cases, places)
    VALUES (:week, 'free', 'all', '', 'fresh', 0, 0) ON CONFLICT DO NOTHING
""")


def keep_week() -> bool:
    """Count this week's free places, and what was looked for in the week before; once, however often it is called.

    The clock's doing, as the worker's role alone may. Returns whether the week had not been counted before.
    """
    week = monday_of(clock.today())
    if is_week_kept(week):
        return False
    session.execute(KEEP_FREE, {"week": week, **free_values()})
    session.execute(KEEP_NONE, {"week": week})
    session.execute(KEEP_SOUGHT, {"week": week, **_week_before(week)})
    return True


def _week_before(week: date) -> dict[str, object]:
    return {
        "since": midnight(week - timedelta(days=7)),
        "until": midnight(week),
        "dimensions": [one.value for one in Dimension],
    }
