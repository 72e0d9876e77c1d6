"""What a workbook's own parts say before a library reads them: that they are no larger than they claim, that
their cells do not reach to the end of the world, and which cells are formulas.

The library that reads makes room for every cell between the first and the last, so one cell at the far end of a
small file would take all the memory there is.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from portal.vacancies.services.sheets.refusals import BOMB, DAMAGED, TOO_FAR, refusal

MOST_BYTES_UNPACKED = 100 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 30_000, 100
# A cell's address beyond row 29,999 or column CZ, or one written so that it hides where it points.
FAR = re.compile(
    rb"""\sr\s*=\s*(?:"(?:[A-Z]{3,}|[D-Z][A-Z]\d|[A-Z]*\d{6,}|[A-Z]*[3-9]\d{4}"|[^"]*&)"""
    rb"""|'(?:[A-Z]{3,}|[D-Z][A-Z]\d|[A-Z]*\d{6,}|[A-Z]*[3-9]\d{4}'|[^']*&))"""
)
FORMULA = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]+)(\d+)["'][^>]*>\s*<(?:\w+:)?f[\s/>]""")
DATE_1904 = re.compile(rb"""<(?:\w+:)?workbookPr[^>]*\sdate1904=["'](?:1|true)["']""")
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


@dataclass(frozen=True)
class Found:
    """The formulas of each sheet, as row and column from 0."""

    formulas: dict[str, frozenset[tuple[int, int]]] = field(default_factory=dict)
    is_1904: bool = False


def look_through(content: bytes, kind: str) -> Found:
    """Raises `Invalid` for a workbook that is made to overwhelm, reaches too far, or is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _parts(archive)
        return _look_through_xlsx(parts) if kind == "xlsx" else _look_through_ods(parts)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ElementTree.ParseError,
        EOFError,
        OSError,
        KeyError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise refusal(DAMAGED) from error


def _parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Every part unpacked once: one that is larger than it says fails its checksum here, in bounded room."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MOST_BYTES_UNPACKED:
        raise refusal(BOMB)
    parts = {}
    for entry in entries:
        data = archive.read(entry)
        if entry.filename.endswith((".xml", ".rels")):
            if b"\0" in data[:200] or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
                raise refusal(DAMAGED)
            parts[entry.filename] = data
    return parts


def _look_through_xlsx(parts: dict[str, bytes]) -> Found:
    formulas = {}
    names = _names_of_parts(parts)
    for part, data in parts.items():
        if not SHEET_PART.fullmatch(part) and part not in names:
            continue
        if FAR.search(data):
            raise refusal(TOO_FAR)
        if part in names:
            formulas[names[part]] = frozenset(_formulas(data))
    return Found(formulas, bool(DATE_1904.search(parts[WORKBOOK])))


def _formulas(data: bytes) -> Iterator[tuple[int, int]]:
    if b"f>" not in data and b"<f" not in data:
        return
    for letters, digits in FORMULA.findall(data):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        yield int(digits) - 1, column - 1


def _names_of_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """The name of the sheet that each part holds."""
    targets = {
        one.get("Id"): str(one.get("Target", "")).removeprefix("/xl/")
        for one in ElementTree.fromstring(parts[RELATIONS])
    }
    book = ElementTree.fromstring(parts[WORKBOOK])
    return {
        f"xl/{targets.get(one.get(RELATION_ID), '')}": str(one.get("name"))
        for one in book.iter()
        if one.tag.endswith("}sheet")
    }


def _look_through_ods(parts: dict[str, bytes]) -> Found:
    formulas: dict[str, frozenset[tuple[int, int]]] = {}
    tree = ElementTree.iterparse(io.BytesIO(parts["content.xml"]), events=("end",))
    rows: list[tuple[int, list[tuple[int, int]]]] = []
    for _, element in tree:
        if element.tag == f"{TABLE}table-row":
            rows.append(_row_of_ods(element))
            element.clear()
        elif element.tag == f"{TABLE}table":
            formulas[str(element.get(f"{TABLE}name"))] = frozenset(_counted(rows))
            rows = []
            element.clear()
    return Found(formulas)


def _row_of_ods(element: ElementTree.Element) -> tuple[int, list[tuple[int, int]]]:
    """How often the row is repeated, and of each cell that says something: its column, and 1 for a formula.

    Rows and cells that say nothing are repeated to the end of the sheet, and cost nothing.
    """
    column, said = 0, []
    for cell in element:
        repeated = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
        if cell.get(f"{OFFICE}value-type") or len(cell):
            column_after = column + repeated
            if column_after > MOST_COLUMNS:
                raise refusal(TOO_FAR)
            said.append((column, int(cell.get(f"{TABLE}formula") is not None)))
        column += repeated
    return int(element.get(f"{TABLE}number-rows-repeated", "1")), said


def _counted(rows: list[tuple[int, list[tuple[int, int]]]]) -> Iterator[tuple[int, int]]:
    number = 0
    for repeated, said in rows:
        if said and number + repeated > MOST_ROWS:
            raise refusal(TOO_FAR)
        yield from ((number, column) for column, is_formula in said if is_formula)
        number += repeated
