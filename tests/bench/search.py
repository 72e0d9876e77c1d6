"""Matching among a thousand, a hundred thousand and a million vacancies: how long a search takes at each size.

A database of its own, whose households are made by SQL from a fixed rule and kept from run to run. The same mix of
searches runs at each size; the larger sizes hold the smaller ones' households. The bare yardstick is the search's
own ranking statement, already written out, through a plain cursor: what no page around it could avoid.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from portal.core import clock, db
from portal.core.db import reading, transaction
from portal.matching import queries
from portal.matching.needs import Child, Needs
from portal.matching.queries import finding
from portal.vacancies.states import Gender

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 12
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
    bare_p95_ms: float


def run(urls: dict[str, str]) -> dict[str, Any]:
    """Make what is missing, size by size, and measure each on the way up. Prints a table.

    `urls` lead to a migrated database that holds the demonstration's framework, members and prices.
    """
    measured: dict[int, Measured] = {}
    for size in SIZES:
        _grow(urls["postgres"], size)
        measured[size] = _measure(urls["portal_app"])
        one = measured[size]
        print(
            f"{size:>9,}  p50 {one.p50_ms:6.1f} ms  p95 {one.p95_ms:6.1f} ms  bare p95 {one.bare_p95_ms:6.1f} ms"
        )
    largest, smallest = measured[SIZES[-1]], measured[SIZES[0]]
    ratio = largest.p95_ms / largest.bare_p95_ms
    growth = largest.p95_ms / smallest.p95_ms
    print(f"\nA million against a thousand: {growth:.2f}; against the bare SQL: {ratio:.2f}")
    report: dict[str, Any] = {str(size): round(one.p95_ms, 2) for size, one in measured.items()}
    return report | {"bare_sql_ratio": round(ratio, 2)}


def _grow(owner_url: str, size: int) -> None:
    """Add households up to `size`, and make the planner know of them. What is there already stays."""
    engine = sa.create_engine(owner_url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        count = int(connection.execute(sa.text("SELECT count(*) FROM vacancy")).scalar_one())
        if count < size:
            connection.execute(sa.text(HOUSEHOLDS.format(first=count + 1, last=size)))
            connection.execute(sa.text("VACUUM ANALYZE vacancy"))
    engine.dispose()


def _measure(app_url: str) -> Measured:
    """Each search `ROUNDS` times after two to warm up, one after another, as the web's role."""
    db.connect(app_url)
    whole: list[float] = []
    bare: list[float] = []
    for needs in SEARCHES.values():
        for number in range(ROUNDS + 2):
            with transaction():
                clock.now()
                with reading():
                    taken = _timed(lambda needs=needs: queries.search(needs))  # type: ignore[misc]
                    statement = finding.statement_of(needs)
                if number >= 2:
                    whole.append(taken)
        bare += _bare(app_url, statement)
    whole.sort()
    bare.sort()
    return Measured(statistics.median(whole), _p95(whole), _p95(bare))


def _bare(app_url: str, statement: Any) -> list[float]:
    """The ranking statement's own times, written out beforehand, from a plain cursor that fetches every row."""
    compiled = statement.compile(
        dialect=postgresql.psycopg.dialect(), compile_kwargs={"render_postcompile": True}
    )
    processors = compiled._bind_processors
    values = {
        name: processors[name](value) if name in processors else value
        for name, value in compiled.params.items()
    }
    address = sa.make_url(app_url).set(drivername="postgresql").render_as_string(hide_password=False)
    times = []
    with psycopg.connect(address) as connection:
        for number in range(ROUNDS + 2):
            taken = _timed(lambda: connection.execute(compiled.string, values).fetchall())
            if number >= 2:
                times.append(taken)
    return times


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, int(len(times) * 0.95))]
