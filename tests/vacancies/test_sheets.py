"""Reading any spreadsheet: the corpus, a fuzz that may raise nothing but a refusal, and the round trip."""

from __future__ import annotations

from datetime import date

import pytest

from portal.core.errors import Invalid
from portal.vacancies.queries import Lists
from portal.vacancies.services import sheets
from portal.vacancies.services.checks import check_household
from portal.vacancies.services.sheets.interpreting import Interpreted
from portal.vacancies.services.sheets.values import Reading, codes_by_words
from portal.vacancies.states import CODE_LISTS, CODES, Gender
from tests.factories.vacancies import MEDWAY, SWALE
from tests.vacancies.corpus import CASES, Case

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
