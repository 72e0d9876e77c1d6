"""Matching among a thousand, a hundred thousand and a million vacancies: how long a search takes at each size.

A database for each size, whose households are made by SQL from a fixed rule and kept from run to run. The same mix of
searches runs at each size. The bare yardstick is the search's own statements, already written out, through a plain
cursor, taken in turn with it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import sqlalchemy as sa

from portal.core import clock, db
from portal.core.db import reading, transaction
from portal.matching import queries
from portal.matching.needs import Child, Needs
from portal.vacancies.states import Gender

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 15
SWALE, MEDWAY, THANET = "E07000113", "E06000035", "E07000114"
GIRL = Needs((Child(8, Gender.FEMALE),), "standard", "standard")

# What officers ask: from hardly anything to several must-haves with preferences.
SEARCHES: dict[str, Needs] = {
    "anywhere": GIRL,
    "one district": replace(GIRL, wishes={"districts": (SWALE,)}, musts=frozenset({"districts"})),
    "three districts and wishes": replace(
        GIRL,
        wishes={"districts": (SWALE, MEDWAY, THANET), "smoke_free": True, "languages": ("urdu", "polish")},
        musts=frozenset({"districts"}),
    ),
    "near, with must-haves": replace(
        GIRL,
        wishes={"near": ("ME10", 15), "avoid_pets": ("dog",), "two_carers": True},
        musts=frozenset({"near", "avoid_pets"}),
    ),
    "brothers and sisters": replace(
        GIRL,
        children=(Child(8, Gender.FEMALE), Child(5, Gender.MALE)),
        placement_type="siblings",
        wishes={"near": ("CT1", 20)},
    ),
    "a teenager, enhanced": Needs(
        (Child(15, Gender.MALE),),
        "standard",
        "enhanced",
        wishes={"skills": ("autism",), "school": "TN23"},
    ),
    "rare": replace(
        GIRL,
        wishes={"languages": ("tigrinya",), "religion": "muslim"},
        musts=frozenset({"languages", "religion"}),
    ),
}

# A household of each number: every column from the number alone, so that every run makes the same ones.
HOUSEHOLDS = """
INSERT INTO vacancy (id, organisation_id, carer_reference, state, held_until, confirmed_at, approved_places,
    placed_now, free_places, age_from, age_to, gender, placement_types, need_categories, siblings_together,
    available_from, district_code, outward_postcode, is_solo_only, carers, religion, languages, pets, smoking,
    is_driver, school_run_miles, skills, version)
SELECT gen_random_uuid(), o.ids[1 + n % array_length(o.ids, 1)],
    'BN-' || n, CASE WHEN n % 20 = 0 THEN 'held' ELSE 'available' END,
    CASE WHEN n % 20 = 0 THEN current_date + 3 END,
    portal_now() - (hashint4(n) & 1048575) * interval '18 days' / 1048576, 3, 1, 1 + n % 2, (n % 5) * 2,
    10 + (n % 9), (ARRAY['any', 'any', 'any', 'female', 'male'])[1 + n % 5],
    CASE n % 3 WHEN 0 THEN ARRAY['standard'] WHEN 1 THEN ARRAY['standard', 'siblings']
        ELSE ARRAY['standard', 'emergency', 'uasc'] END,
    CASE n % 4 WHEN 0 THEN ARRAY['standard'] WHEN 3 THEN ARRAY['standard', 'enhanced', 'complex']
        ELSE ARRAY['standard', 'enhanced'] END,
    1 + n % 2, current_date - 10 + n % 14, d.code, d.outwards[1 + (n / 14) % array_length(d.outwards, 1)], false,
    1 + (n / 7) % 2, CASE WHEN n % 11 = 0 THEN 'muslim' WHEN n % 2 = 0 THEN 'christian' END,
    CASE WHEN n % 13 = 0 THEN ARRAY['urdu'] WHEN n % 401 = 0 THEN ARRAY['tigrinya'] ELSE '{{}}'::text[] END,
    CASE WHEN n % 3 = 0 THEN ARRAY['dog'] ELSE '{{}}'::text[] END,
    CASE WHEN n % 10 = 0 THEN 'yes' ELSE 'no' END, true, 2 + n % 25,
    CASE WHEN n % 6 = 0 THEN ARRAY['autism'] ELSE '{{}}'::text[] END, 1
FROM generate_series({first}, {last}) n JOIN (SELECT row_number() OVER (ORDER BY gss_code) - 1 AS place,
    gss_code AS code, CASE gss_code WHEN 'E07000113' THEN ARRAY['ME9', 'ME10', 'ME11'] WHEN 'E06000035'
    THEN ARRAY['ME4', 'ME7'] WHEN 'E07000106' THEN ARRAY['CT1', 'CT2'] WHEN 'E07000105' THEN ARRAY['TN23', 'TN24']
    ELSE ARRAY['CT9', 'DA11', 'TN9'] END AS outwards FROM district) d ON d.place = n % 13
CROSS JOIN (SELECT array_agg(id ORDER BY times, id) AS ids FROM (
    -- Nine in ten with members of the framework, the others with a provider that is none.
    SELECT organisation_id AS id, times FROM agreement, generate_series(1, 3) times WHERE state = 'active'
    UNION ALL (SELECT id, 4 FROM organisation WHERE id NOT IN (SELECT organisation_id FROM agreement) LIMIT 1)) w) o
"""


@dataclass(frozen=True)
class Measured:
    """Milliseconds at one size: of whole searches, and of their statement alone."""

    p50_ms: float
    p95_ms: float
    bare_p50_ms: float
    bare_p95_ms: float


def run(urls: dict[int, str]) -> dict[str, Any]:
    """Measure each size's database, as the web's role, and print a table."""
    measured: dict[int, Measured] = {}
    for size, url in urls.items():
        measured[size] = one = _measure(url)
        print(
            f"{size:>9,}  p50 {one.p50_ms:6.1f} ms  p95 {one.p95_ms:6.1f} ms  bare p95 {one.bare_p95_ms:6.1f} ms"
        )
    largest, smallest = measured[SIZES[-1]], measured[SIZES[0]]
    ratio = largest.p95_ms / largest.bare_p95_ms
    growth = largest.p95_ms / smallest.p95_ms
    print(f"\nA million against a thousand: {growth:.2f}; a million against the bare SQL: {ratio:.2f}")
    report: dict[str, Any] = {str(size): round(one.p95_ms, 2) for size, one in measured.items()}
    return report | {"bare_sql_ratio": round(ratio, 2)}


def grow(owner_url: str, size: int) -> None:
    """Add households up to `size`, and make the planner know of them. What is there already stays.

    Confirmed on days before now: made long ago they would all be stale, so they are confirmed anew then.
    """
    engine = sa.create_engine(owner_url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        count = int(connection.execute(sa.text("SELECT count(*) FROM vacancy")).scalar_one())
        if count < size:
            connection.execute(sa.text(HOUSEHOLDS.format(first=count + 1, last=size)))
        newest = connection.execute(
            sa.text("SELECT extract(day FROM portal_now() - max(confirmed_at)) FROM vacancy")
        ).scalar_one()
        if newest:
            days = sa.text("UPDATE vacancy SET confirmed_at = confirmed_at + :days * interval '1 day'")
            connection.execute(days, {"days": int(newest)})
        if newest or count < size:
            connection.execute(sa.text("VACUUM ANALYZE vacancy"))
    engine.dispose()


def _measure(app_url: str) -> Measured:
    """Each search `ROUNDS` times after two to warm up, and beside each its own statements alone."""
    engine = db.connect(app_url)
    address = sa.make_url(app_url).set(drivername="postgresql").render_as_string(hide_password=False)
    whole: list[float] = []
    bare: list[float] = []
    with psycopg.connect(address, autocommit=True) as connection:
        for needs in SEARCHES.values():
            for number in range(ROUNDS + 2):
                statements, taken = _search(engine, needs)
                alone = _timed(lambda asked=statements: _replay(connection, asked))  # type: ignore[misc]
                if number >= 2:
                    whole.append(taken)
                    bare.append(alone)
    engine.dispose()
    whole.sort()
    bare.sort()
    return Measured(statistics.median(whole), _p95(whole), statistics.median(bare), _p95(bare))


def _search(engine: sa.Engine, needs: Needs) -> tuple[list[tuple[str, Any]], float]:
    """One search in a transaction of its own: the statements it asked, and its time."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    with transaction():
        clock.now()
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            with reading():
                taken = _timed(lambda: queries.search(needs))
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
    return asked, taken


def _replay(connection: psycopg.Connection[Any], asked: list[tuple[str, Any]]) -> None:
    for statement, parameters in asked:
        connection.execute(statement, parameters).fetchall()


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, int(len(times) * 0.95))]
