"""Rows of cells as households, and everything that is wrong with each, by column and in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.vacancies.queries import Lists
from portal.vacancies.services.checks import FIELDS, Household, check_household
from portal.vacancies.services.sheets import values
from portal.vacancies.services.sheets.headings import AGES, Heading, heading_key
from portal.vacancies.services.sheets.opening import Sheet
from portal.vacancies.services.sheets.values import ERRORS, Reading, Wrong
from portal.vacancies.states import Gender, Smoking
from portal.vacancies.states.lists import CODE_LISTS, WORDS

TOTALS = re.compile(r"(?:grand\s*|sub\s*-?)?totals?\b.*|sum|count|average", re.IGNORECASE)
WHOLE = ("approved_places", "placed_now", "free_places", "age_from", "age_to", "siblings_together")
LIMITS = ("over_usual_limit", "over_usual_limit_from")
LISTS = ("placement_types", "need_categories", "other_children", *CODE_LISTS)
# What an empty cell says, where it may be empty.
IF_EMPTY: dict[str, Any] = {
    "siblings_together": 1,
    "gender": Gender.ANY,
    "smoking": Smoking.NO,
    "is_solo_only": False,
    "no_younger_child": False,
    **dict.fromkeys(("other_children", *CODE_LISTS), ()),
    **dict.fromkeys(("over_usual_limit", "over_usual_limit_from", "bedrooms", "carers"), None),
    **dict.fromkeys(("ethnicity", "religion", "is_driver", "school_run_miles"), None),
}
READERS: dict[str, Callable[[Any, Reading], Any]] = {
    "carer_reference": values.text,
    "outward_postcode": values.text,
    AGES: values.ages,
    **{name: values.whole(name) for name in (*WHOLE, "bedrooms", "carers", "school_run_miles")},
    **{name: values.day(name) for name in ("available_from", "over_usual_limit_from")},
    **{name: values.yes_no(name) for name in ("is_solo_only", "no_younger_child", "is_driver")},
    **{
        name: values.one_of(name)
        for name in ("gender", "smoking", "over_usual_limit", "district_code", "ethnicity", "religion")
    },
    **{name: values.several(name) for name in LISTS},
}
# What is checked together cannot be judged while a part of it cannot be read.
TOGETHER = (
    frozenset(("approved_places", "placed_now", "free_places", "siblings_together", "is_solo_only", *LIMITS)),
    frozenset(("age_from", "age_to", AGES)),
    frozenset(("is_driver", "school_run_miles")),
)
# Stands for what could not be read, while the rest is checked.
STAND_IN = Household(
    carer_reference="KF-1",
    approved_places=1,
    placed_now=0,
    free_places=0,
    age_from=0,
    age_to=17,
    gender=Gender.ANY,
    placement_types=(),
    need_categories=(),
    available_from=None,  # type: ignore[arg-type]
    district_code=None,
    outward_postcode="ME10",
)


@dataclass(frozen=True)
class ReadRow:
    """One row: its number as a spreadsheet shows it, and its household, or what is wrong, by field."""

    number: int
    reference: str
    household: Household | None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass
class Interpreted:
    """All rows that are households, and notes on those that were passed over."""

    rows: list[ReadRow]
    notes: list[str]


def interpret(
    sheet: Sheet,
    heading: Heading,
    *,
    reading: Reading,
    lists: Lists,
    known: Mapping[str, Mapping[str, Any]],
) -> Interpreted:
    """Read every row below the headings. Columns that the file lacks stay as they are `known`, by reference."""
    reader = _Reader(sheet, heading, reading, lists, known)
    rows, totals, repeated = [], [], []
    keys = {place: heading_key(str(value)) for place, value in enumerate(sheet.rows[heading.row])}
    for index, cells in enumerate(sheet.rows[heading.row + 1 :], heading.row + 1):
        if all(value == "" for value in cells):
            continue
        if _is_totals(cells, reader.reference_at):
            totals.append(index + 1)
        elif _is_heading(cells, keys):
            repeated.append(index + 1)
        else:
            rows.append(reader.read(index, cells))
    notes = _passed_over(totals, "a total") + _passed_over(repeated, "headings again")
    return Interpreted(rows, notes)


def _passed_over(numbers: list[int], what: str) -> list[str]:
    if not numbers:
        return []
    named = ", ".join(str(number) for number in numbers[:5]) + ("…" if len(numbers) > 5 else "")
    return [
        f"Row {named} was passed over: it is {what}."
        if len(numbers) == 1
        else f"Rows {named} were passed over: they are {what}."
    ]


def _is_totals(cells: Sequence[Any], reference_at: int) -> bool:
    reference = cells[reference_at] if reference_at < len(cells) else ""
    if isinstance(reference, str) and TOTALS.fullmatch(reference):
        return True
    return reference == "" and any(isinstance(value, str) and TOTALS.fullmatch(value) for value in cells)


def _is_heading(cells: Sequence[Any], keys: Mapping[int, str]) -> bool:
    said = {
        place: heading_key(value) for place, value in enumerate(cells) if isinstance(value, str) and value
    }
    return len(said) > 1 and all(keys.get(place) == word for place, word in said.items())


class _Reader:
    """Reads rows of one sheet. What a column says over and over is worked out once."""

    def __init__(
        self,
        sheet: Sheet,
        heading: Heading,
        reading: Reading,
        lists: Lists,
        known: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._no_value = sheet.no_value
        self._reading, self._lists, self._known = reading, lists, known
        self._columns = [(place, name, READERS[name]) for place, name in heading.columns.items()]
        self.reference_at = next(
            place for place, name in heading.columns.items() if name == "carer_reference"
        )
        named = {name for _, name, _ in self._columns}
        if AGES in named:
            named |= {"age_from", "age_to"}
        self._missing = [name for name in FIELDS if name not in named]
        self._met: dict[str, dict[tuple[type, Any], tuple[Any, str]]] = {
            name: {} for _, name, _ in self._columns
        }

    def read(self, index: int, cells: Sequence[Any]) -> ReadRow:
        said: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for place, name, reader in self._columns:
            value = cells[place] if place < len(cells) else ""
            found, wrong = self._cell(name, value, reader, (index, place))
            if wrong:
                errors[name] = wrong
            elif name == AGES:
                said.setdefault("age_from", found[0])
                said.setdefault("age_to", found[1])
            else:
                said[name] = found
        reference = " ".join(str(said.get("carer_reference", "")).split())
        self._fill_in(said, errors, reference)
        if not errors:
            return ReadRow(index + 1, reference, Household(**said))
        return ReadRow(index + 1, reference, None, self._all_wrong(said, errors))

    def _cell(
        self, name: str, value: Any, reader: Callable[[Any, Reading], Any], at: tuple[int, int]
    ) -> tuple[Any, str]:
        met = self._met[name]
        place = (type(value), value)
        if value == "" and at in self._no_value:
            return (
                None,
                "This formula has no value yet. Open the file, let it calculate, save it and upload it again",
            )
        if (known := met.get(place)) is None:
            known = met[place] = self._judged(name, value, reader)
        return known

    def _judged(self, name: str, value: Any, reader: Callable[[Any, Reading], Any]) -> tuple[Any, str]:
        if value == "":
            return (IF_EMPTY[name], "") if name in IF_EMPTY else (None, _empty(name))
        if isinstance(value, str) and value in ERRORS:
            return None, f"The spreadsheet shows an error here ({value}). Put it right, or type the value"
        try:
            return reader(value, self._reading), ""
        except Wrong as wrong:
            return None, str(wrong)

    def _fill_in(self, said: dict[str, Any], errors: dict[str, str], reference: str) -> None:
        """What no column says stays as it is on record; for a new household, it is nothing."""
        if not self._missing:
            return
        known = self._known.get(reference)
        for name in self._missing:
            if known is not None:
                said[name] = known[name]
            elif name in IF_EMPTY:
                said[name] = IF_EMPTY[name]
            elif name != "carer_reference" and "carer_reference" not in errors:
                errors[name] = f"This household is new, and the file has no column “{WORDS[name]}”"

    def _all_wrong(self, said: Mapping[str, Any], errors: dict[str, str]) -> dict[str, str]:
        """What cannot be read, and what is wrong with the rest as far as it can be judged on its own."""
        unsure = set(errors) | {name for group in TOGETHER if group & set(errors) for name in group}
        rest = {name: said.get(name, getattr(STAND_IN, name)) for name in FIELDS}
        found = check_household(Household(**rest), self._lists)
        return errors | {name: wrong for name, wrong in found.items() if name not in unsure}


def _empty(name: str) -> str:
    words = "Ages" if name == AGES else WORDS[name]
    return (
        f"{words} is empty"
        if name != "carer_reference"
        else "Enter your own reference for this carer household"
    )


def errors_by_column(errors: Mapping[str, str], heading: Heading) -> Iterator[tuple[int | None, str, str]]:
    """Each error with its column from 0, None where the file has no such column, and the column's field."""
    places = {name: place for place, name in heading.columns.items()}
    for name, message in errors.items():
        place = places.get(name, places.get(AGES) if name in ("age_from", "age_to") else None)
        yield place, name, message
