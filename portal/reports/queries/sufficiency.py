"""The sufficiency figures as tables: free places now against what was looked for in a period.

A household counts under each type, category and age band that it takes, and a search under each district that it
names and each age band of its children: such rows add up to more than the total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.core import clock
from portal.frameworks.queries import list_age_bands, list_need_categories, list_placement_types
from portal.matching.models import WeeklyCount
from portal.matching.queries.sufficiency import (
    Free,
    SoughtCount,
    count_free,
    count_sought,
    list_weeks,
    monday_of,
)
from portal.matching.states import UNMET, CannotReason, Dimension, Sought
from portal.vacancies.queries import list_districts
from portal.vacancies.states import Freshness

USUAL_WEEKS = 13
NO_DISTRICT = ""
# What enquiries came to, beside the reasons for which providers could not offer.
ANSWERS = {
    "offered": "A place was offered",
    "lapsed": "Not answered in time",
    "sent": "Awaiting an answer",
    "closed_early": "No answer was needed any more",
}


@dataclass(frozen=True)
class Period:
    """Both days included; `placement_type` "" is any, and limits the figures to households that take it, and to
    searches for it."""

    first: date
    last: date
    placement_type: str = ""

    @classmethod
    def usual(cls) -> Period:
        """The last thirteen weeks, up to today."""
        today = clock.today()
        return cls(monday_of(today) - timedelta(weeks=USUAL_WEEKS - 1), today)


@dataclass(frozen=True)
class Line:
    """One heading. None: nothing of the kind can be counted there.

    `households` have a free place and are shown to placement officers, `stale` ones have one and are not. `places`
    are those of the former. `unmet` searches are among `searches`.
    """

    code: str
    label: str
    households: int | None
    places: int | None
    fresh: int | None
    ageing: int | None
    stale: int | None
    searches: int | None
    children: int | None
    unmet: int | None

    @property
    def is_short(self) -> bool:
        """Fewer households than searches."""
        return (self.households or 0) < (self.searches or 0)


@dataclass(frozen=True)
class Table:
    """The lines of one dimension. `most` is the largest number drawn as a bar."""

    key: str
    title: str
    heading: str
    note: str
    lines: list[Line]

    @property
    def most(self) -> int:
        return max((max(line.households or 0, line.searches or 0) for line in self.lines), default=0)


@dataclass(frozen=True)
class Tile:
    """One district on the map: `slug` names its place there."""

    slug: str
    line: Line

    @property
    def tone(self) -> str:
        if not self.line.households:
            return "none"
        return "short" if self.line.is_short else "enough"

    @property
    def words(self) -> str:
        return {"none": "None free", "short": "Fewer than searches", "enough": ""}[self.tone]


@dataclass(frozen=True)
class Week:
    """One week: how free places stood when they were counted (None: they were not), and what was looked for in it."""

    monday: date
    fresh: int | None
    ageing: int | None
    stale: int | None
    places: int | None
    searches: int
    unmet: int

    @property
    def households(self) -> int | None:
        return None if self.fresh is None else self.fresh + (self.ageing or 0)


@dataclass(frozen=True)
class Figures:
    """Everything on the page. `outcomes`: label, searches, children and whether unmet; `answers`: label, enquiries."""

    period: Period
    total: Line
    tables: list[Table]
    tiles: list[Tile]
    outcomes: list[tuple[str, int, int, bool]]
    answers: list[tuple[str, int]]
    weeks: list[Week]

    @property
    def type_label(self) -> str:
        """The type of placement that was chosen, in words; empty for any."""
        kinds = next(table for table in self.tables if table.key == "types")
        return next((line.label for line in kinds.lines if line.code == self.period.placement_type), "")

    @property
    def most_in_a_week(self) -> int:
        return max((max(week.households or 0, week.searches) for week in self.weeks), default=0)


@dataclass(frozen=True)
class _Counted:
    """The counts, by dimension and code."""

    free: Mapping[tuple[str, str], Mapping[str, Free]]
    sought: Mapping[tuple[str, str], Mapping[str, SoughtCount]]

    def line(self, dimension: str, code: str, label: str, *, free: bool = True, sought: bool = True) -> Line:
        households = {one: _households(self.free, dimension, code, one) for one in Freshness}
        shown = (Freshness.FRESH, Freshness.AGEING)
        places = [found.places for one in shown if (found := self.free[dimension, code].get(one))]
        counts = self.sought[dimension, code]
        return Line(
            code,
            label,
            households=sum(households[one] for one in shown) if free else None,
            places=sum(places) if free else None,
            fresh=households[Freshness.FRESH] if free else None,
            ageing=households[Freshness.AGEING] if free else None,
            stale=households[Freshness.STALE] if free else None,
            searches=sum(one.searches for one in counts.values()) if sought else None,
            children=sum(one.children for one in counts.values()) if sought else None,
            unmet=_unmet(counts) if sought else None,
        )


def _households(
    free: Mapping[tuple[str, str], Mapping[str, Free]], dimension: str, code: str, freshness: Freshness
) -> int:
    found = free[dimension, code].get(freshness)
    return found.households if found else 0


def _unmet(counts: Mapping[str, SoughtCount]) -> int:
    return sum(counts[outcome].searches for outcome in UNMET if outcome in counts)


def get_figures(period: Period) -> Figures:
    """All figures of a period, in three statements however many households and searches there are."""
    counted = _count(period)
    districts = _districts(counted)
    return Figures(
        period=period,
        total=counted.line(Dimension.ALL, "", "All"),
        tables=[districts, *_tables(counted)],
        tiles=[Tile(_slug(line.label), line) for line in districts.lines if line.code],
        outcomes=_outcomes(counted),
        answers=_answers(counted),
        weeks=_weeks(period, counted),
    )


def _count(period: Period) -> _Counted:
    free: dict[tuple[str, str], dict[str, Free]] = defaultdict(dict)
    for one in count_free(placement_type=period.placement_type):
        free[one.dimension, one.code][one.freshness] = one
    sought: dict[tuple[str, str], dict[str, SoughtCount]] = defaultdict(dict)
    for each in count_sought(period.first, period.last, placement_type=period.placement_type):
        sought[each.dimension, each.code][each.outcome] = each
    return _Counted(free, sought)


def _districts(counted: _Counted) -> Table:
    lines = [
        counted.line(Dimension.DISTRICT, district.gss_code, district.name) for district in list_districts()
    ]
    return Table(
        "districts",
        "By district",
        "District",
        "A search counts under each district that it names.",
        [
            *lines,
            counted.line(Dimension.DISTRICT, NO_DISTRICT, "Outside Kent and Medway", sought=False),
            counted.line(Dimension.DISTRICT, NO_DISTRICT, "No district named", free=False),
        ],
    )


def _tables(counted: _Counted) -> list[Table]:
    taken = "A household counts under each {} that it takes."
    kinds = [counted.line(Dimension.TYPE, one.code, one.label) for one in list_placement_types()]
    categories = [counted.line(Dimension.CATEGORY, one.code, one.label) for one in list_need_categories()]
    ages = [counted.line(Dimension.AGE, one.code, one.label) for one in list_age_bands()]
    return [
        Table("types", "By type of placement", "Type of placement", taken.format("type"), kinds),
        Table("categories", "By level of need", "Level of need", taken.format("level"), categories),
        Table(
            "ages",
            "By age",
            "Age",
            f"{taken.format('age band')} A search counts under each age band of its children.",
            ages,
        ),
    ]


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _outcomes(counted: _Counted) -> list[tuple[str, int, int, bool]]:
    counts = counted.sought[Dimension.ALL, ""]
    return [
        (
            outcome.label,
            counts[outcome].searches if outcome in counts else 0,
            counts[outcome].children if outcome in counts else 0,
            outcome in UNMET,
        )
        for outcome in Sought
    ]


def _answers(counted: _Counted) -> list[tuple[str, int]]:
    labels = {**{reason.value: reason.label for reason in CannotReason}, **ANSWERS}
    found = {
        code: next(iter(counts.values())).searches
        for (dimension, code), counts in counted.sought.items()
        if dimension == "answer" and counts
    }
    return [(label, found.get(code, 0)) for code, label in labels.items()]


def _weeks(period: Period, counted: _Counted) -> list[Week]:
    kept = list_weeks(period.first, period.last, placement_type=period.placement_type)
    first = monday_of(period.first)
    mondays = [first + timedelta(weeks=week) for week in range((period.last - first).days // 7 + 1)]
    return [_week(monday, kept.get(monday), counted.sought["week", monday.isoformat()]) for monday in mondays]


def _week(monday: date, kept: Mapping[str, WeeklyCount] | None, sought: Mapping[str, SoughtCount]) -> Week:
    searches, unmet = sum(one.searches for one in sought.values()), _unmet(sought)
    if kept is None:
        return Week(monday, None, None, None, None, searches, unmet)
    fresh, ageing, stale = (kept[one].cases if one in kept else 0 for one in Freshness)
    places = sum(kept[one].places for one in (Freshness.FRESH, Freshness.AGEING) if one in kept)
    return Week(monday, fresh, ageing, stale, places, searches, unmet)
