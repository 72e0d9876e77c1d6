"""The sufficiency figures as a workbook: one sheet for each table, numbers as numbers, words as words."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from portal.core import clock
from portal.core.ui import uk_date, uk_datetime
from portal.frameworks.queries import list_placement_types
from portal.reports.queries import Figures, Line, Period, Table

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

WIDE, NARROW = 44, 16
COLUMNS = (
    "Households with a free place",
    "Free places",
    "Fresh",
    "Ageing",
    "Stale",
    "Searches",
    "Children",
    "Unmet searches",
)
Value = str | int | None


@dataclass(frozen=True)
class _Sheet:
    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Value]]


def render_sufficiency(figures: Figures) -> bytes:
    """A workbook of what the page shows to whoever may read it (`policy.can_read_sufficiency`)."""
    book = Workbook()
    first = book.active
    assert first is not None, "a new workbook has a sheet"
    for number, one in enumerate(_sheets(figures)):
        _write(first if number == 0 else book.create_sheet(), one)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _sheets(figures: Figures) -> list[_Sheet]:
    return [
        _Sheet("About", ("What", "Value"), _about(figures.period)),
        *(_of_table(table) for table in figures.tables),
        _Sheet(
            "Outcomes",
            ("What became of searches", "Searches", "Children", "Unmet"),
            [
                (label, searches, children, "Yes" if is_unmet else "No")
                for label, searches, children, is_unmet in figures.outcomes
            ],
        ),
        _Sheet("Answers", ("What became of enquiries", "Enquiries"), figures.answers),
        _Sheet(
            "Weeks",
            ("Week beginning", "Households", "Free places", "Fresh", "Ageing", "Stale", "Searches", "Unmet"),
            [
                (
                    *(uk_date(week.monday), week.households, week.places),
                    *(week.fresh, week.ageing, week.stale, week.searches, week.unmet),
                )
                for week in figures.weeks
            ],
        ),
    ]


def _about(period: Period) -> list[tuple[str, str]]:
    kinds = {kind.code: kind.label for kind in list_placement_types()}
    return [
        ("Free places counted", uk_datetime(clock.now())),
        ("Searches saved and enquiries sent from", uk_date(period.first)),
        ("to", uk_date(period.last)),
        ("Type of placement", kinds.get(period.placement_type, "Any")),
        ("Households with a free place", "Confirmed within two weeks; stale ones are counted apart"),
        ("An empty cell", "Not counted, or nothing of the kind can be counted there"),
        ("Small counts", "These figures are not for publication: counts under five are in them"),
    ]


def _of_table(table: Table) -> _Sheet:
    return _Sheet(table.title, (table.heading, *COLUMNS), [_cells(line) for line in table.lines])


def _cells(line: Line) -> tuple[Value, ...]:
    free = (line.households, line.places, line.fresh, line.ageing, line.stale)
    return (line.label, *free, line.searches, line.children, line.unmet)


def _write(sheet: Worksheet, one: _Sheet) -> None:
    sheet.title = one.title
    for row, values in enumerate([one.head, *one.rows], 1):
        for column, value in enumerate(values, 1):
            _put(sheet.cell(row, column), value)  # type: ignore[arg-type]
    for column in range(1, len(one.head) + 1):
        cell = sheet.cell(1, column)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = WIDE if column == 1 else NARROW
    sheet.freeze_panes = "B2"


def _put(cell: Cell, value: Value) -> None:
    """Text as text: also what begins with =, +, - or @, which a spreadsheet would otherwise compute."""
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(("=", "+", "-", "@", "\t", "\r"))
