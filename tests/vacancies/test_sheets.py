"""Reading any spreadsheet: the corpus, a fuzz that may raise nothing but a refusal, and the round trip."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from portal.core.errors import Invalid
from portal.vacancies.queries import Lists
from portal.vacancies.services import sheets
from portal.vacancies.services.checks import FIELDS, check_household
from portal.vacancies.services.sheets.headings import KNOWN
from portal.vacancies.services.sheets.interpreting import Interpreted
from portal.vacancies.services.sheets.values import Reading, codes_by_words
from portal.vacancies.states import CODE_LISTS, CODES, Gender
from tests.factories.vacancies import MEDWAY, SWALE
from tests.vacancies.corpus import CASES, HEAD, ROW, Case, as_csv_bytes, as_ods, as_xlsx

LABELS: dict[str, dict[str, str]] = {
    "placement_types": {
        "standard": "Standard",
        "parent_and_child": "Parent and child",
        "emergency": "Emergency",
    },
    "need_categories": {"standard": "Standard", "enhanced": "Enhanced"},
    "other_children": {"0_4": "0 to 4", "5_10": "5 to 10"},
    "district_code": {SWALE: "Swale", MEDWAY: "Medway"},
    **{name: {code.value: code.label for code in codes} for name, codes in (CODE_LISTS | CODES).items()},
    "gender": {code.value: code.label for code in Gender},
}
LISTS = Lists(
    tuple(LABELS["placement_types"]),
    tuple(LABELS["need_categories"]),
    tuple(LABELS["other_children"]),
    frozenset(LABELS["district_code"]),
)
TODAY = date(2026, 5, 4)


def read(content: bytes) -> tuple[sheets.Sheet, Interpreted]:
    """A file as households, without what is on record."""
    sheet = sheets.open_file(content)
    heading = sheets.find_heading(sheet.rows, {})
    if not heading.is_enough:
        return sheet, Interpreted([], [])
    reading = Reading(TODAY, sheet.is_1904, codes_by_words(LABELS), LABELS)
    return sheet, sheets.interpret(sheet, heading, reading=reading, lists=LISTS, known={})


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_corpus(case: Case) -> None:
    if case.refused:
        with pytest.raises(Invalid) as refused:
            read(case.content())
        assert refused.value.message == case.refused
        return
    sheet, found = read(case.content())
    sound = [row.household for row in found.rows if row.household is not None]
    assert tuple(one.carer_reference for one in sound) == case.found
    wrong = {(row.number, name): message for row in found.rows for name, message in row.errors.items()}
    for row in found.rows:
        if row.household is not None:
            checked = check_household(row.household, LISTS)
            wrong |= {(row.number, name): message for name, message in checked.items()}
    assert {place: wrong.get(place) for place in case.wrong} == case.wrong
    assert bool(wrong) == bool(case.wrong)
    assert (*sheet.notes, *found.notes) == case.notes
    for name, value in case.said.items():
        assert getattr(sound[0], name) == value


def a_row(**changes: Any) -> dict[str, Any]:
    """What is on record of a household, as a download reads it."""
    said: dict[str, Any] = dict.fromkeys(FIELDS)
    said |= {
        **{name: ["standard"] for name in ("placement_types", "need_categories")},
        **{name: [] for name in ("other_children", *CODE_LISTS)},
        "carer_reference": "KF-0142",
        "approved_places": 3,
        "placed_now": 1,
        "free_places": 2,
        "available_from": date(2026, 5, 3),
        "siblings_together": 2,
        "age_from": 0,
        "age_to": 17,
        "gender": Gender.ANY,
        "is_solo_only": False,
        "no_younger_child": True,
        "outward_postcode": "ME10",
        "smoking": CODES["smoking"]("outside"),
    }
    return said | changes


def some_codes(name: str) -> Any:
    return some.lists(some.sampled_from(list(LABELS[name])), unique=True).map(
        lambda chosen: [code for code in LABELS[name] if code in chosen]
    )


A_ROW = some.builds(
    a_row,
    carer_reference=some.from_regex(r"[=+@-]?[A-Z]{1,3}-[0-9]{1,4}", fullmatch=True),
    placed_now=some.integers(0, 12),
    available_from=some.dates(date(2000, 1, 1), date(2060, 1, 1)),
    over_usual_limit_from=some.none() | some.dates(date(2000, 1, 1), date(2060, 1, 1)),
    district_code=some.sampled_from([None, SWALE, MEDWAY]),
    is_driver=some.sampled_from([None, True, False]),
    carers=some.sampled_from([None, 1, 2]),
    ethnicity=some.none() | some.sampled_from(list(LABELS["ethnicity"])),
    religion=some.none() | some.sampled_from(list(LABELS["religion"])),
    **{name: some_codes(name) for name in ("other_children", *CODE_LISTS)},
)


@given(some.lists(A_ROW, min_size=1, max_size=4))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_downloaded_reads_back_as_it_was(rows: list[dict[str, Any]]) -> None:
    for write in (sheets.as_csv, sheets.as_workbook):
        _, found = read(write(rows, LABELS))
        assert [row.errors for row in found.rows] == [{}] * len(rows)
        for row, before in zip(found.rows, rows, strict=True):
            assert row.household is not None
            after = {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in vars(row.household).items()
            }
            assert after == before


CELLS = some.one_of(
    some.text(max_size=30), some.integers(), some.floats(), some.booleans(), some.just(""), some.dates()
)


@given(some.lists(some.lists(CELLS, max_size=14), max_size=6), some.sampled_from([",", ";", "\t", "|"]))
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_list_makes_the_reader_fail(rows: list[list[Any]], delimiter: str) -> None:
    for content in (
        as_csv_bytes([HEAD, *rows], delimiter, "utf-8").replace(b"\0", b""),
        as_csv_bytes([HEAD, ROW, *rows], delimiter, "utf-16"),
    ):
        with suppress(Invalid):
            read(content)


@given(some.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_make_the_reader_fail(data: Any) -> None:
    content = bytearray(data.draw(some.sampled_from(WHOLE_FILES)))
    for _ in range(data.draw(some.integers(1, 12))):
        place = data.draw(some.integers(0, len(content) - 1))
        content[place] = data.draw(some.integers(0, 255))
    end = data.draw(some.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:end]), data.draw(some.binary(max_size=200))):
        with suppress(Invalid):
            read(damaged)


WHOLE_FILES = [
    as_xlsx([HEAD, ROW]),
    as_ods([HEAD, ROW]),
    as_csv_bytes([HEAD, ROW]),
    as_csv_bytes([HEAD, ROW], "\t", "utf-16"),
]


def test_no_heading_means_two_things_and_our_own_are_known() -> None:
    sheet = sheets.open_file(sheets.as_csv([a_row()], LABELS))
    heading = sheets.find_heading(sheet.rows, {})
    assert tuple(heading.columns.values()) == FIELDS
    assert (heading.unknown, heading.repeated) == ({}, {})
    assert KNOWN["fcref"] == "carer_reference"


def test_nothing_downloaded_is_taken_for_a_formula() -> None:
    rows = [a_row(carer_reference=f"{start}1+1") for start in "=+-@"]
    for line in sheets.as_csv(rows, LABELS).decode("utf-8-sig").splitlines()[1:]:
        assert line.startswith("'")
    book = openpyxl.load_workbook(io.BytesIO(sheets.as_workbook(rows, LABELS)))
    sheet = book["Households"]
    assert [cell.data_type for cell in sheet["A"][1:]] == ["s"] * 4
    assert all(cell.quotePrefix for cell in sheet["A"][1:])
    assert sheet.freeze_panes == "B2"
    assert sheet["A1"].comment is not None
    ruled = {str(rule.sqref).split("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    gender = sheet.cell(1, FIELDS.index("gender") + 1).column_letter
    assert ruled[gender].type == "list"
    assert book["Lists"]["A1"].value == "How to use this file"


def test_the_copy_to_correct_marks_each_wrong_cell() -> None:
    sheet = sheets.open_file(as_csv_bytes([HEAD, ROW, ROW]))
    content = sheets.marked_up(sheet, 0, {2: [(3, "Too many places"), (None, "No column “Gender”")]})
    out = openpyxl.load_workbook(io.BytesIO(content)).active
    assert out["D3"].comment.text == "Too many places"
    assert out["D3"].fill.fgColor.rgb == "00FFD6CC"
    assert out["D2"].comment is None
    assert out.cell(3, len(HEAD) + 1).value == "Too many places. No column “Gender”."
    assert out["A3"].value == "KF-0142"
    _, again = read(content)
    assert len(again.rows) == 2
