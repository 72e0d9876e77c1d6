"""Reads for people who have not signed in: the directory, the sufficiency figures, and whether the portal can serve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.adapters import storage
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.core.db import session
from portal.frameworks.models import Round
from portal.frameworks.queries import list_age_bands, list_need_categories, list_placement_types
from portal.matching.queries.sufficiency import list_last_week, monday_of, sum_sought
from portal.matching.states import Dimension
from portal.providers.models import Organisation
from portal.public.suppression import Cell, Kind, suppress
from portal.vacancies.queries import list_districts
from portal.vacancies.states import Freshness

MONTHS_OF_A_QUARTER = 3
WEEK = timedelta(days=7)
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def list_members(*, text: str = "", limit: int, offset: int) -> Sequence[sa.Row[Organisation, Agreement]]:
    """Providers with an active agreement, by name: what the public directory may say (rule 9)."""
    return session.execute(
        _members(sa.select(Organisation, Agreement), text)
        .order_by(Organisation.legal_name, Organisation.town, Organisation.id)
        .limit(limit)
        .offset(offset)
    ).all()


def count_members(*, text: str = "") -> int:
    """How many the same search finds."""
    counting = _members(sa.select(sa.func.count()).select_from(Organisation), text)
    return int(session.execute(counting).scalar_one())


def _members(statement: Any, text: str) -> Any:
    found = statement.join(Agreement, Agreement.organisation_id == Organisation.id).where(
        Agreement.state == AgreementState.ACTIVE
    )
    if text:
        found = found.where(
            sa.or_(
                *(
                    column.icontains(text, autoescape=True)
                    for column in (Organisation.legal_name, Organisation.trading_name, Organisation.town)
                )
            )
        )
    return found


@dataclass(frozen=True)
class PublicTable:
    """One table as published: heading, note, and each label with its count. `most` is the longest bar."""

    title: str
    heading: str
    note: str
    rows: list[tuple[str, Cell]]

    @property
    def most(self) -> int:
        return max((cell.number or 0 for _, cell in self.rows), default=0)


@dataclass(frozen=True)
class PublicFigures:
    """What everybody may read of whether there are enough places.

    `week`: when free places were counted, None before the first time; `households` and `searches` are None where
    they are fewer than five, and then there are no tables. Searches are of a whole quarter: quarters do not overlap,
    so that the difference of two publications says nothing of a week.
    """

    week: date | None
    households: int | None
    free: list[PublicTable]
    first: date | None
    last: date | None
    searches: int | None
    sought: list[PublicTable]


def get_public_figures() -> PublicFigures:
    """Counts of households and of searches, small ones kept out (`suppression`). Of special category: nothing."""
    rows = list_last_week()
    week = rows[0].week if rows else None
    free: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.freshness != Freshness.STALE:
            free[row.dimension, row.code] = free.get((row.dimension, row.code), 0) + row.cases
    quarter = _quarter_counted_by(week) if week else None
    # A week's count on Monday looks back on the seven days before it.
    sought = sum_sought(quarter[0] + WEEK, quarter[1] + WEEK) if quarter else {}
    households, searches = (counts.get((Dimension.ALL, ""), 0) for counts in (free, sought))
    return PublicFigures(
        week=week,
        households=_total(households),
        free=_free_tables(free, households),
        first=quarter[0] if quarter else None,
        last=quarter[1] + WEEK - timedelta(days=1) if quarter else None,
        searches=_total(searches),
        sought=_sought_tables(sought, searches),
    )


def _total(number: int) -> int | None:
    return number if suppress([number], number, Kind.PARTITION) else None


def _quarter_counted_by(week: date) -> tuple[date, date]:
    """The first and the last Monday of the newest quarter of which every week had been counted by this one.

    A week belongs to the quarter in which it begins, and only to that.
    """
    day = week - WEEK
    while True:
        first = date(day.year, day.month - (day.month - 1) % MONTHS_OF_A_QUARTER, 1)
        following = (first + timedelta(days=31 * MONTHS_OF_A_QUARTER)).replace(day=1)
        last_monday = monday_of(following - timedelta(days=1))
        if last_monday + WEEK <= week:
            return monday_of(first + timedelta(days=6)), last_monday
        day = first - timedelta(days=1)


def _free_tables(counts: dict[tuple[str, str], int], total: int) -> list[PublicTable]:
    districts = {one.gss_code: one.name for one in list_districts()} | {"": "Outside Kent and Medway"}
    taken = "A household counts under each {} that it takes."
    return _published(
        counts,
        total,
        (Dimension.DISTRICT, Kind.PARTITION, "By district", "District", "", districts),
        (Dimension.TYPE, Kind.COVER, "By type of placement", "Type", taken.format("type"), _types()),
        (Dimension.CATEGORY, Kind.COVER, "By level of need", "Level", taken.format("level"), _categories()),
        (Dimension.AGE, Kind.ORDERED, "By age", "Age", taken.format("age band"), _ages()),
    )


def _sought_tables(counts: dict[tuple[str, str], int], total: int) -> list[PublicTable]:
    each = "A search counts under each age band of its children."
    return _published(
        counts,
        total,
        (Dimension.TYPE, Kind.PARTITION, "By type of placement", "Type", "", _types()),
        (Dimension.CATEGORY, Kind.PARTITION, "By level of need", "Level", "", _categories()),
        (Dimension.AGE, Kind.COVER, "By age", "Age", each, _ages()),
    )


def _types() -> dict[str, str]:
    return {one.code: one.label for one in list_placement_types()}


def _categories() -> dict[str, str]:
    return {one.code: one.label for one in list_need_categories()}


def _ages() -> dict[str, str]:
    return {one.code: one.label for one in list_age_bands()}


def _published(
    counts: dict[tuple[str, str], int], total: int, *tables: tuple[str, Kind, str, str, str, dict[str, str]]
) -> list[PublicTable]:
    published = []
    for dimension, kind, title, heading, note, labels in tables:
        cells = suppress([counts.get((dimension, code), 0) for code in labels], total, kind)
        if cells is not None:
            rows = list(zip(labels.values(), cells, strict=True))
            published.append(PublicTable(title, heading, note, rows))
    return published


def time_left(round_: Round, now: datetime) -> str:
    """How long until the deadline, in the unit that matters: `27 days`, `three days`, `five hours`."""
    left = round_.submission_deadline - now
    if left <= timedelta(0):
        return "none"
    if left >= timedelta(days=2):
        return _count(left.days, "day")
    if left >= timedelta(hours=2):
        return _count(int(left / timedelta(hours=1)), "hour")
    return _count(max(int(left / timedelta(minutes=1)), 1), "minute")


def _count(number: int, unit: str) -> str:
    words = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{words} {unit}{'' if number == 1 else 's'}"


def list_what_does_not_answer() -> list[str]:
    """Which of the database, the queue and the storage of files does not answer now. Empty when all do."""
    checks = {"database": _ask_database, "queue": _ask_queue, "storage": storage.current().is_ready}
    return [name for name, check in checks.items() if not _answers(check)]


def _answers(check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception:  # whatever went wrong, the answer is that it does not answer
        session.rollback()
        return False
    return True


def _ask_database() -> None:
    session.execute(sa.text("SELECT 1"))


def _ask_queue() -> None:
    session.execute(sa.text("SELECT id FROM procrastinate_jobs LIMIT 1"))
