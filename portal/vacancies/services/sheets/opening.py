"""A provider's file as rows of plain cells, whatever it is: XLSX, ODS or CSV, known by its bytes.

Never by its name. What cannot be read is refused with the way out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from portal.core.errors import Invalid
from portal.documents.services import inspection
from portal.documents.states import FileKind
from portal.vacancies.services.sheets.delimited import read_delimited
from portal.vacancies.services.sheets.guarding import Found, look_through
from portal.vacancies.services.sheets.headings import find_heading
from portal.vacancies.services.sheets.refusals import (
    DAMAGED,
    EMPTY,
    LIST_EMPTY,
    ONLY_HEADINGS,
    REFUSALS,
    TOO_BIG,
    WEB_PAGE,
    WRONG_KIND,
    refusal,
)

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
SHEETS_LOOKED_AT = 10

Cell = str | int | float | bool


@dataclass(frozen=True)
class Sheet:
    """The rows of one sheet, from its first, as plain JSON: a date is text such as 2026-05-03.

    `notes` tell what was done to read it. `no_value`: the cells, as row and column from 0, whose formula has
    no value. `is_1904`: days are counted from 1904.
    """

    kind: str
    rows: list[list[Cell]]
    notes: list[str] = field(default_factory=list)
    no_value: frozenset[tuple[int, int]] = frozenset()
    is_1904: bool = False


def open_file(content: bytes, saved: dict[str, str] | None = None) -> Sheet:
    """The sheet that holds the households. `saved`: what the provider said its own headings mean.

    Raises `Invalid` for field `file`: empty, too big, cut off, protected, with macros, made to overwhelm,
    or of a kind that is not read.
    """
    if len(content) > MOST_BYTES:
        raise refusal(TOO_BIG)
    if not content.strip():
        raise refusal(EMPTY)
    sheet = _open(content, saved or {})
    rows = _without_the_end(sheet.rows)
    if not rows:
        raise refusal(LIST_EMPTY)
    count = len(rows) - find_heading(rows, saved or {}).row - 1
    if count < 1:
        raise refusal(ONLY_HEADINGS)
    if count > MOST_ROWS:
        raise refusal(too_many(count))
    return Sheet(sheet.kind, rows, sheet.notes, sheet.no_value, sheet.is_1904)


def too_many(count: int) -> str:
    """Says how many rows there are, and how many there may be."""
    return (
        f"The list has {count:,} rows, and we take up to {MOST_ROWS:,} in one file."
        " Split it into several files and upload them one after another."
    )


def _open(content: bytes, saved: dict[str, str]) -> Sheet:
    head = content[:1024].lstrip().lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta", b"<head")):
        raise refusal(WEB_PAGE)
    if not _is_binary(content):
        rows, notes = read_delimited(content, saved)
        return Sheet("csv", rows, notes)
    if not content.startswith((b"PK", inspection.COMPOUND)):
        raise refusal(WRONG_KIND)
    kind = _inspected(content)
    if kind not in (FileKind.XLSX, FileKind.ODS):
        raise refusal(WRONG_KIND)
    return _open_workbook(content, kind.value, saved)


def _is_binary(content: bytes) -> bool:
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return False
    if content.startswith((b"PK\x03\x04", inspection.COMPOUND, b"%PDF", b"\x89PNG", b"\xff\xd8\xff")):
        return True
    head = content[:4096]
    zeros = head.count(0)
    # UTF-16 without its mark: every other byte of plain text is nought.
    if zeros and (head[1::2].count(0) >= len(head) * 0.4 or head[::2].count(0) >= len(head) * 0.4):
        return False
    return zeros > 0 or any(head.startswith(mark) for offset, mark, _ in inspection.HINTS if not offset)


def _inspected(content: bytes) -> FileKind:
    try:
        return inspection.inspect(io.BytesIO(content))
    except Invalid as error:
        raise refusal(REFUSALS.get(error.message, WRONG_KIND)) from error


def _open_workbook(content: bytes, kind: str, saved: dict[str, str]) -> Sheet:
    found = look_through(content, kind)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            return _best_sheet(book, kind, found, saved)
    except (CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        # A damaged file can fail anywhere inside the parser.
        raise refusal(DAMAGED) from error


def _best_sheet(book: CalamineWorkbook, kind: str, found: Found, saved: dict[str, str]) -> Sheet:
    """The visible sheet with the most headings we know; the first where none has any."""
    visible = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
    names = (visible or book.sheet_names)[:SHEETS_LOOKED_AT]
    best: tuple[int, str, list[list[Any]]] | None = None
    for name in names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        known = len(find_heading(rows, saved).columns)
        if rows and (best is None or known > best[0]):
            best = (known, name, rows)
    if best is None:
        raise refusal(LIST_EMPTY)
    _, name, rows = best
    notes = [f"The sheet “{name}” was read; the other sheets were not."] if len(names) > 1 else []
    ranges = (book.get_sheet_by_name(name).merged_cell_ranges or []) if kind == "xlsx" else []
    if _fill_merged(rows, ranges):
        notes.append("Some cells are merged: what stands in them counts for every row they cover.")
    plain = [[_plain(value) for value in row] for row in rows]
    formulas = found.formulas.get(name, frozenset())
    no_value = frozenset((row, column) for row, column in formulas if not _at(plain, row, column))
    if formulas - no_value:
        notes.append("Some cells are formulas: the value they had when the file was saved was taken.")
    return Sheet(kind, plain, notes, no_value, found.is_1904)


def _fill_merged(rows: list[list[Any]], ranges: Sequence[Any]) -> bool:
    """Whole rows merged across are titles, and stay as they are; what is merged downwards fills its rows."""
    filled = False
    for (top, left), (bottom, right) in ranges:
        if bottom == top or top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for row in range(top, min(bottom, len(rows) - 1) + 1):
            for column in range(left, min(right, len(rows[row]) - 1) + 1):
                rows[row][column] = value
        filled = True
    return filled


def _at(rows: list[list[Cell]], row: int, column: int) -> bool:
    return row < len(rows) and column < len(rows[row]) and rows[row][column] != ""


def _plain(value: Any) -> Cell:
    kind = type(value)
    if kind is str:
        return str(value).strip()
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < 1e15 else float(value)
    if kind in (int, bool):
        return value  # type: ignore[no-any-return]
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _without_the_end(rows: list[list[Cell]]) -> list[list[Cell]]:
    last = len(rows)
    while last and all(value == "" for value in rows[last - 1]):
        last -= 1
    return rows[:last]
