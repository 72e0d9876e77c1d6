"""The spreadsheets that a provider downloads: today's rows to work on, and its own file marked up to correct.

Nothing in them is taken for a formula, and what was downloaded reads back as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from portal.core.downloads import FORMULA_STARTS
from portal.vacancies.queries import OUTSIDE
from portal.vacancies.services.checks import FIELDS
from portal.vacancies.services.sheets.opening import MOST_ROWS, Sheet
from portal.vacancies.states.lists import WORDS

HEADING = {"font": Font(bold=True, color="FFFFFF"), "fill": PatternFill("solid", fgColor="1D3557")}
WRONG = PatternFill("solid", fgColor="FFD6CC")
DATES = ("available_from", "over_usual_limit_from")
NUMBERS = {
    "approved_places": (1, 12),
    "placed_now": (0, 12),
    "free_places": (0, 12),
    "siblings_together": (1, 12),
    "age_from": (0, 18),
    "age_to": (0, 21),
    "bedrooms": (1, 12),
    "carers": (1, 2),
    "school_run_miles": (0, 50),
}
YES_NO = ("is_solo_only", "no_younger_child", "is_driver")
CHOSEN = ("gender", "over_usual_limit", "district_code", "smoking", "ethnicity", "religion")
SEVERAL = "Several: put a semicolon between them. The sheet “Lists” has them all."
NOTES = {
    "carer_reference": "Your own code for the household, such as KF-0142. Never a name, an address or a date of birth.",
    "approved_places": "A whole number. More than 3 also needs the two columns on why.",
    "placed_now": "Children placed here today, as a whole number.",
    "free_places": "Places you could fill, not only empty beds. 0 marks the household as filled.",
    "available_from": "A date, day first, such as 03/05/2026.",
    "over_usual_limit_from": "The date of the exemption, day first. Leave empty for up to 3 places.",
    "outward_postcode": "Only the first part, such as ME10.",
    "no_younger_child": "Yes where no child may be younger than those who live here.",
    "is_driver": "Yes or No; empty where it is not known.",
    "school_run_miles": "Miles one way, up to 50. Leave empty where no carer drives.",
    "other_children": f"Age bands of the carers’ own children at home. {SEVERAL}",
    **dict.fromkeys(
        ("placement_types", "need_categories", "languages", "pets", "accessibility", "skills"), SEVERAL
    ),
}
HOW_TO = (
    "How to use this file",
    "1. One household on each row. Change what has changed; add new households below.",
    "2. Leave the row of headings as it is. You may delete columns you do not need, except Reference:"
    " what a missing column says stays as it is on record.",
    "3. Households you delete from the file stay in the portal, unless you choose there to withdraw them.",
    "4. Save, and upload the file. You see what would change before anything is saved.",
    "Never write a carer’s or child’s name, a street or a full postcode in this file.",
)
TEXT_FORMAT, DATE_FORMAT = "@", "dd/mm/yyyy"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
WIDE = frozenset(
    {"placement_types", "need_categories", "accessibility", "skills", "ethnicity", "other_children"}
)


def as_csv(rows: Iterable[Mapping[str, Any]], labels: Mapping[str, Mapping[str, str]]) -> bytes:
    """UTF-8 with the mark that Excel reads; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([WORDS[name] for name in FIELDS])
    for row in rows:
        writer.writerow([_harmless(in_words(name, row[name], labels)) for name in FIELDS])
    return text.getvalue().encode("utf-8-sig")


def as_workbook(rows: Iterable[Mapping[str, Any]], labels: Mapping[str, Mapping[str, str]]) -> bytes:
    """Today's rows with a note on each heading and drop-downs; a second sheet with every list and what to do."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Households")
    sheet.freeze_panes = "B2"
    for place, name in enumerate(FIELDS, 1):
        wide = 34 if name in WIDE else 24 if name in CHOSEN else 16
        sheet.column_dimensions[get_column_letter(place)].width = wide
    _add_drop_downs(sheet, labels)
    sheet.append([_heading(sheet, name) for name in FIELDS])
    for row in rows:
        sheet.append([_cell(sheet, name, in_words(name, row[name], labels)) for name in FIELDS])
    _add_lists(book, labels)
    return _saved(book)


def column_letter(place: int) -> str:
    """The letter that a spreadsheet shows over a column, from 0."""
    return str(get_column_letter(place + 1))


def in_words(name: str, value: Any, labels: Mapping[str, Mapping[str, str]]) -> Any:
    """What stands in a cell: words for codes, Yes and No, numbers and dates as they are."""
    if name == "district_code":
        return labels[name].get(value, OUTSIDE_WORDS) if value else OUTSIDE_WORDS
    if value is None or value == []:
        return None
    if name in YES_NO:
        return "Yes" if value else "No"
    if name in CHOSEN:
        return labels[name][str(value)]
    return "; ".join(labels[name].get(code, code) for code in value) if isinstance(value, list) else value


OUTSIDE_WORDS = "Outside Kent and Medway"


def marked_up(sheet: Sheet, heading_row: int, wrong: Mapping[int, Sequence[tuple[int | None, str]]]) -> bytes:
    """The provider's rows with a comment and a colour in each wrong cell, and all that is wrong in a last column.

    `wrong`: by row from 0, the columns from 0 and what is wrong; None where there is no such column.
    """
    book = Workbook(write_only=True)
    out: Any = book.create_sheet("To correct")
    out.freeze_panes = f"A{heading_row + 2}"
    width = max(len(row) for row in sheet.rows)
    for index, cells in enumerate(sheet.rows):
        line = [_plain(out, value) for value in cells] + [None] * (width - len(cells))
        if index == heading_row:
            line.append(_styled(out, WHAT_IS_WRONG, HEADING))
        if index in wrong:
            line = _marked(out, line, wrong[index])
        out.append(line)
    return _saved(book)


# Its own column is passed over when the file comes back.
WHAT_IS_WRONG = "What is wrong"


def _marked(sheet: Any, line: list[Any], wrong: Sequence[tuple[int | None, str]]) -> list[Any]:
    for place, message in wrong:
        at = place if place is not None else 0
        cell = line[at] if isinstance(line[at], Cell) else WriteOnlyCell(sheet, line[at])
        cell.fill = WRONG
        before = f"{cell.comment.text}\n" if cell.comment else ""
        cell.comment = _comment(before + message)
        line[at] = cell
    whole = _styled(sheet, ". ".join(message for _, message in wrong) + ".", {"fill": WRONG})
    whole.alignment = Alignment(wrap_text=True)
    return [*line, whole]


def _plain(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if DAY.fullmatch(value):
        with suppress(ValueError):
            return _day(sheet, date.fromisoformat(value))
    return _text(sheet, value) if value else None


def _day(sheet: Any, value: date) -> Any:
    cell = WriteOnlyCell(sheet)
    cell.value = value
    cell.number_format = DATE_FORMAT
    return cell


def _heading(sheet: Any, name: str) -> Any:
    cell = _styled(sheet, WORDS[name], HEADING)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    note = NOTES.get(name) or (
        "Choose from the list." if name in CHOSEN else "Yes or No." if name in YES_NO else ""
    )
    if name in NUMBERS and not note:
        note = "A whole number, from {} to {}.".format(*NUMBERS[name])
    cell.comment = _comment(note)
    return cell


def _comment(text: str) -> Comment:
    return Comment(text, "Fostering portal", width=280, height=90)


def _styled(sheet: Any, value: str, style: Mapping[str, Any]) -> Any:
    cell = _text(sheet, value)
    for name, said in style.items():
        setattr(cell, name, said)
    return cell


def _text(sheet: Any, value: str) -> Any:
    """Text that stays text, whatever it begins with."""
    cell = WriteOnlyCell(sheet)
    cell.value = _printable(value)
    cell.data_type = "s"
    if value.startswith(FORMULA_STARTS):
        cell.quotePrefix = True
    return cell


def _printable(value: str) -> str:
    return "".join(character for character in value if character >= " " or character in "\n\t")


def _cell(sheet: Any, name: str, value: Any) -> Any:
    if isinstance(value, date):
        return _day(sheet, value)
    if isinstance(value, str) and (name == "carer_reference" or value.startswith(FORMULA_STARTS)):
        cell = _text(sheet, value)
        cell.number_format = TEXT_FORMAT
        return cell
    return value


def _add_drop_downs(sheet: Any, labels: Mapping[str, Mapping[str, str]]) -> None:
    places = {name: get_column_letter(number) for number, name in enumerate(FIELDS, 1)}
    for name, column in places.items():
        rule = _rule(name, labels)
        if rule is not None:
            rule.add(f"{column}2:{column}{MOST_ROWS + 1}")
            sheet.data_validations.append(rule)


def _rule(name: str, labels: Mapping[str, Mapping[str, str]]) -> DataValidation | None:
    if name in YES_NO:
        return DataValidation(type="list", formula1='"Yes,No"', allow_blank=True)
    if name in CHOSEN:
        column = get_column_letter(_list_names(labels).index(name) + 1)
        last = FIRST_OF_LIST + len(_list_words(name, labels)) - 1
        return DataValidation(
            type="list", formula1=f"Lists!${column}${FIRST_OF_LIST}:${column}${last}", allow_blank=True
        )
    if name in NUMBERS:
        least, most = NUMBERS[name]
        message = f"{WORDS[name]} must be a whole number from {least} to {most}"
        return DataValidation(
            type="whole",
            operator="between",
            formula1=str(least),
            formula2=str(most),
            error=message,
            allow_blank=True,
        )
    if name in DATES:
        return DataValidation(
            type="date",
            operator="greaterThan",
            formula1="20000",
            error="Enter a date, day first",
            allow_blank=True,
        )
    return None


FIRST_OF_LIST = len(HOW_TO) + 3


def _list_names(labels: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [name for name in FIELDS if name in labels]


def _list_words(name: str, labels: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [
        *labels[name].values(),
        *([OUTSIDE_WORDS] if name == "district_code" and OUTSIDE not in labels[name] else []),
    ]


def _add_lists(book: Workbook, labels: Mapping[str, Mapping[str, str]]) -> None:
    sheet: Any = book.create_sheet("Lists")
    names = _list_names(labels)
    for place in range(1, len(names) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 30
    for number, line in enumerate(HOW_TO):
        sheet.append([_styled(sheet, line, {"font": Font(bold=number == 0)})])
    sheet.append([])
    sheet.append([_styled(sheet, f"{WORDS[name]} can be", HEADING) for name in names])
    columns = [_list_words(name, labels) for name in names]
    for row in range(max(len(column) for column in columns)):
        sheet.append([column[row] if row < len(column) else None for column in columns])


def _harmless(value: Any) -> Any:
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
