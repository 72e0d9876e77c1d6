"""Bringing 10,000 households up to date by spreadsheet, against parsing the same file plus one COPY of its rows.

The portal's figure is everything from bytes to saved: guarding, reading, comparing for the preview, and saving with
checks, history and audit. The yardstick is what no import can avoid: the library's own parse of the file, each row
made a household, and one COPY into a table with the same columns.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.core.db import session, transaction
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState
from portal.vacancies import queries, services
from portal.vacancies.models import Vacancy
from portal.vacancies.services import sheets
from portal.vacancies.services.checks import FIELDS
from portal.vacancies.services.sheets.values import Reading, codes_by_words

ROWS = 10_000
ROUNDS = 3


def run() -> dict[str, Any]:
    """Measure, print a line for each, and return the figures of the fastest rounds."""
    organisation_id, person_id = _a_lead()
    with transaction():
        labels = queries.all_labels()
        households = [_household(number) for number in range(ROWS)]
    content = sheets.as_workbook(households, labels)
    print(f"{ROWS:,} rows of {len(FIELDS)} columns, {len(content) / 1e6:.1f} MB of XLSX")
    bare = [_bare(content) for _ in range(ROUNDS)]
    parsed = [_timed(lambda: _read_as_the_portal(content, labels)) for _ in range(ROUNDS)]
    ours = [_ours(content, organisation_id, person_id) for _ in range(ROUNDS)]
    figures = {
        "rows": ROWS,
        "bare_parse_s": round(min(one[0] for one in bare), 3),
        "copy_s": round(min(one[1] for one in bare), 3),
        "portal_parse_s": round(min(parsed), 3),
        "preview_s": round(min(one[0] for one in ours), 3),
        "save_s": round(min(one[1] for one in ours), 3),
    }
    copy = figures["copy_s"]
    whole = figures["preview_s"] + figures["save_s"]
    figures["ratio"] = round(whole / (figures["portal_parse_s"] + copy), 2)
    figures["ratio_to_library"] = round(whole / (figures["bare_parse_s"] + copy), 2)
    figures["median_s"] = round(statistics.median(sum(one) for one in ours), 3)
    for name, value in figures.items():
        print(f"  {name:18} {value}")
    return figures


def _a_lead() -> tuple[Any, Any]:
    with transaction():
        organisation_id, person_id = session.execute(
            sa.select(Organisation.id, RoleGrant.person_id)
            .join(RoleGrant, RoleGrant.organisation_id == Organisation.id)
            .where(RoleGrant.role == Role.PLACEMENTS_LEAD, Organisation.state == OrganisationState.VERIFIED)
            .limit(1)
        ).one()
        return organisation_id, person_id


def _household(number: int) -> dict[str, Any]:
    said: dict[str, Any] = dict.fromkeys(FIELDS)
    return said | {
        "carer_reference": f"BN-{number:05d}",
        "approved_places": 3,
        "placed_now": number % 3,
        "free_places": 3 - number % 3,
        "age_from": number % 10,
        "age_to": 17,
        "gender": ("any", "female", "male")[number % 3],
        "placement_types": ["standard", "siblings"],
        "need_categories": ["standard"],
        "available_from": date(2026, 5, 1 + number % 28),
        "outward_postcode": f"ME{1 + number % 20}",
        "siblings_together": 2,
        "is_solo_only": False,
        "no_younger_child": number % 7 == 0,
        "bedrooms": 2,
        "carers": 1 + number % 2,
        "ethnicity": "white_british",
        "religion": "none",
        "languages": ["urdu"] if number % 5 == 0 else [],
        "pets": ["dog"] if number % 4 == 0 else [],
        "smoking": "no",
        "other_children": [],
        "is_driver": True,
        "school_run_miles": number % 20,
        "accessibility": [],
        "skills": ["teenagers", "autism"],
    }


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _bare(content: bytes) -> tuple[float, float]:
    """The library's parse, and one COPY of what it read into a table with the vacancies' columns."""
    started = time.perf_counter()
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        rows = book.get_sheet_by_index(0).to_python()[1:]
    parsed = time.perf_counter() - started
    with transaction():
        columns = ", ".join(f"{name} text" for name in FIELDS)
        session.execute(
            sa.text(f"CREATE TEMPORARY TABLE bare (id uuid DEFAULT uuidv7() PRIMARY KEY, {columns})")
        )
        connection = session.connection().connection.driver_connection
        started = time.perf_counter()
        with connection.cursor().copy(f"COPY bare ({', '.join(FIELDS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        copied = time.perf_counter() - started
        session.execute(sa.text("DROP TABLE bare"))
    return parsed, copied


def _read_as_the_portal(content: bytes, labels: Any) -> None:
    """From bytes to households, as the portal reads any file: guarded, and every cell judged."""
    sheet = sheets.open_file(content)
    reading = Reading(date(2026, 5, 1), sheet.is_1904, codes_by_words(labels), labels)
    with transaction():
        lists = queries.get_lists()
    read = sheets.interpret(
        sheet, sheets.find_heading(sheet.rows, {}), reading=reading, lists=lists, known={}
    )
    assert len(read.rows) == ROWS


def _ours(content: bytes, organisation_id: Any, person_id: Any) -> tuple[float, float]:
    """Preview, then save; afterwards the households are gone again."""
    with transaction():
        organisation, person = session.get(Organisation, organisation_id), session.get(Person, person_id)
        assert organisation is not None
        assert person is not None
        started = time.perf_counter()
        sent, _ = services.start_import(organisation, file_name="bench.xlsx", content=content, by=person)
        services.compare_import(sent, by=person)
        session.flush()
        previewed = time.perf_counter() - started
        session.commit()
        started = time.perf_counter()
        services.save_import(sent, only_good=False, by=person)
        session.commit()
        saved = time.perf_counter() - started
        assert sent.counts["new"] == ROWS, sent.counts
        services.undo_import(sent, by=person)
        assert session.scalar(sa.select(sa.func.count()).select_from(Vacancy).where(_of_bench())) == 0
    return previewed, saved


def _of_bench() -> Any:
    return sa.and_(Vacancy.carer_reference.like("BN-%"), Vacancy.state != "withdrawn")
