"""Are there enough places? Counts of free places and of what was looked for: never a household, search or child.

Free places are all providers' whose agreement is in force. Of searches, the database counts for commissioners,
contract managers and auditors those of both councils, for a placement officer those of the officer's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.clock import LONDON
from portal.core.db import session
from portal.matching.models import WeeklyCount
from portal.matching.states import Dimension, Measure
from portal.vacancies.queries import fresh_since, shown_since

# Households alike in all that is counted are put together first: then each group, not each household, is counted
# under its district, types, categories and age bands.
FREE = """
    WITH alike AS MATERIALIZED (
        SELECT v.district_code, v.placement_types, v.need_categories, v.age_from, v.age_to,
            CASE WHEN v.confirmed_at >= :fresh_since THEN 'fresh'
                 WHEN v.confirmed_at >= :shown_since THEN 'ageing' ELSE 'stale' END AS freshness,
            count(*) AS households, sum(v.free_places) AS places
        FROM vacancy v
        WHERE v.state IN ('available', 'held') AND (v.held_until IS NULL OR v.held_until < :today)
        AND v.free_places > 0
        AND v.organisation_id IN (
            SELECT a.organisation_id FROM agreement a WHERE a.state = 'active' AND a.starts_on <= :today)
        AND (:placement_type = '' OR :placement_type = ANY (v.placement_types))
        GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT d.dimension, d.code, alike.freshness, sum(alike.households)::integer AS cases,
        sum(alike.places)::integer AS places
    FROM alike CROSS JOIN LATERAL (
        SELECT 'all', ''
        UNION ALL SELECT 'district', coalesce(alike.district_code, '')
        UNION ALL SELECT 'type', t FROM unnest(alike.placement_types) t
        UNION ALL SELECT 'category', c FROM unnest(alike.need_categories) c
        UNION ALL SELECT 'age', b.code FROM age_band b
            WHERE b.youngest <= alike.age_to AND b.oldest >= alike.age_from
    ) d (dimension, code)
    GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Free:
    """Households with a free place, and their places, under one heading and of one freshness."""

    dimension: str
    code: str
    freshness: str
    households: int
    places: int


@dataclass(frozen=True)
class SoughtCount:
    """Searches under one heading with one outcome, and the children in them.

    Besides the dimensions of `Dimension` there are `week` (its Monday) and `answer`: of enquiries, what became of
    them (a `CannotReason`, `offered`, `lapsed`, `closed_early` or `sent`), with `searches` the enquiries.
    """

    dimension: str
    code: str
    outcome: str
    searches: int
    children: int


def free_values(placement_type: str = "") -> dict[str, object]:
    """The values that `FREE` is asked with, as at now."""
    now = clock.now()
    return {
        "fresh_since": fresh_since(now),
        "shown_since": shown_since(now),
        "today": clock.today(),
        "placement_type": placement_type,
    }


def count_free(*, placement_type: str = "") -> list[Free]:
    """Free places now; with a placement type, of households that take it."""
    rows = session.execute(sa.text(FREE), free_values(placement_type))
    return [Free(*row) for row in rows]


def count_sought(first: date, last: date, *, placement_type: str = "") -> list[SoughtCount]:
    """What was looked for from one day to another, both included, as far as whoever asks may count it.

    A search counts on the day on which it was saved, an enquiry on the day on which it was sent.
    """
    rows = session.execute(
        sa.text(
            "SELECT dimension, code, outcome, searches, children FROM sufficiency(:since, :until, :of_type)"
        ),
        {
            "since": midnight(first),
            "until": midnight(last + timedelta(days=1)),
            "of_type": placement_type,
        },
    )
    return [SoughtCount(*row) for row in rows]


def midnight(day: date) -> datetime:
    """The instant at which a day begins in Kent."""
    return datetime.combine(day, time.min, tzinfo=LONDON)


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def list_weeks(first: date, last: date, *, placement_type: str = "") -> dict[date, dict[str, WeeklyCount]]:
    """Free places as they were counted, by week and freshness; a week that was not counted is not there."""
    wanted = (Dimension.TYPE, placement_type) if placement_type else (Dimension.ALL, "")
    found = session.scalars(
        sa.select(WeeklyCount).where(
            WeeklyCount.measure == Measure.FREE,
            WeeklyCount.week.between(monday_of(first), last),
            # Of every week that was counted there is at least one row under "all".
            sa.tuple_(WeeklyCount.dimension, WeeklyCount.code).in_({(Dimension.ALL.value, ""), wanted}),
        )
    )
    weeks: dict[date, dict[str, WeeklyCount]] = defaultdict(dict)
    for one in found:
        counts = weeks[one.week]
        if (one.dimension, one.code) == wanted:
            counts[one.freshness] = one
    return weeks


def list_last_week() -> Sequence[WeeklyCount]:
    """Every count of free places of the last week that was counted: what public figures are drawn from."""
    is_free = WeeklyCount.measure == Measure.FREE
    last = sa.select(sa.func.max(WeeklyCount.week)).where(is_free).scalar_subquery()
    return session.scalars(sa.select(WeeklyCount).where(WeeklyCount.week == last, is_free)).all()


def sum_sought(first: date, last: date) -> dict[tuple[str, str], int]:
    """Searches by both councils in the whole weeks that the counts of these Mondays looked back on, by heading."""
    rows = session.execute(
        sa.select(WeeklyCount.dimension, WeeklyCount.code, sa.func.sum(WeeklyCount.cases))
        .where(WeeklyCount.measure == Measure.SOUGHT, WeeklyCount.week.between(first, last))
        .group_by(WeeklyCount.dimension, WeeklyCount.code)
    )
    return {(dimension, code): int(number) for dimension, code, number in rows}


def is_week_kept(week: date) -> bool:
    """Has this week been counted?"""
    return bool(session.scalar(sa.select(sa.exists().where(WeeklyCount.week == week))))
