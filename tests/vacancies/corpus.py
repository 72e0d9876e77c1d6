"""Awkward spreadsheets, made by code, each with exactly what the portal must say of it.

They are what providers' programs really save: Excel, LibreOffice, old systems, and people in a hurry.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from portal.documents.services import inspection
from portal.vacancies.services.sheets import refusals as say

# A household as a provider keeps it, under headings of its own.
GOOD: dict[str, Any] = {
    "Reference": "KF-0142",
    "Approved": 3,
    "Placed": 1,
    "Vacancies": 2,
    "Available from": "03/05/2026",
    "Min age": 5,
    "Max age": 12,
    "Gender": "Any child",
    "Placement type": "Standard",
    "Level of need": "Standard",
    "Area": "Swale",
    "Postcode": "ME10",
}
HEAD = list(GOOD)
ROW = list(GOOD.values())


def row(**changes: Any) -> list[Any]:
    """A good row with other values, headings in snake case."""
    said = {name.replace("_", " ").capitalize(): value for name, value in changes.items()}
    assert set(said) <= set(GOOD), said
    return list({**GOOD, **said}.values())


def as_csv_bytes(
    rows: Sequence[Sequence[Any]], delimiter: str = ",", encoding: str = "utf-8", before: str = ""
) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return (before + text.getvalue()).encode(encoding)


def as_xlsx(
    rows: Sequence[Sequence[Any]], change: Callable[[Any], Any] | None = None, title: str = "Households"
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for line in rows:
        sheet.append(list(line))
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_ods(rows: Sequence[Sequence[Any]], rows_after: str = "") -> bytes:
    """As LibreOffice writes it, with the sheet filled up to its end by rows that say nothing."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, line))}</table:table-row>" for line in rows)
    empty = (
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3">'
        f'<office:body><office:spreadsheet><table:table table:name="Households">{lines}{rows_after}{empty}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return as_zip({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def _ods_cell(value: Any) -> str:
    if value in ("", None):
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )
    if isinstance(value, date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value={quoteattr(value.isoformat())}/>'
        )
    text = escape(str(value))
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def as_zip(parts: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one part of it changed, or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: dict[str, str | bytes] = {one: archive.read(one) for one in archive.namelist()}
    known = parts.get(name, b"")
    assert isinstance(known, bytes)
    return as_zip({**parts, name: change(known)})


SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class Case:
    """A file and what must be said of it: why it is refused, or the rows found, what is wrong, and notes."""

    content: Callable[[], bytes]
    refused: str = ""
    found: tuple[str, ...] = ("KF-0142",)
    wrong: dict[tuple[int, str], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    said: dict[str, Any] = field(default_factory=dict)


def _set(cell: str, value: Any, number_format: str = "") -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book.active[cell] = value
        if number_format:
            book.active[cell].number_format = number_format

    return change


def _merged(book: Any) -> None:
    book.active.merge_cells("K2:K3")


def _mac_days(book: Any) -> None:
    book.epoch = CALENDAR_MAC_1904
    book.active["E2"] = datetime(2026, 5, 3)


def _hidden_and_more(book: Any) -> None:
    notes = book.create_sheet("Notes", 0)
    notes.append(["Last updated", "by the office"])
    old = book.create_sheet("Old list")
    old.append(HEAD)
    old.append(row(reference="KF-OLD-1"))
    old.sheet_state = "hidden"


def _calculated(value: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(b"<v></v>", value).replace(b"<v />", value).replace(b"<v/>", value)


def _a_cell_far_away(data: bytes) -> bytes:
    return data.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')


def _lying_size() -> bytes:
    """A part that unpacks to far more than its entry in the archive says."""
    content = bytearray(with_part(as_xlsx([HEAD, ROW]), "xl/big.xml", lambda _: b"<a>" + b" " * 3_000_000))
    at = content.rfind(b"xl/big.xml") - 46 + 24
    content[at : at + 4] = struct.pack("<I", 10)
    return bytes(content)


FORMULA = as_xlsx([HEAD, ROW], _set("D2", "=B2-C2"))
VACANCIES = "Places free"
LATIN = row(reference="KF-É7")

CASES: dict[str, Case] = {
    "a plain workbook": Case(lambda: as_xlsx([HEAD, ROW])),
    "a plain ods with a million empty rows": Case(lambda: as_ods([HEAD, ROW])),
    "plain csv": Case(lambda: as_csv_bytes([HEAD, ROW])),
    "csv with a byte order mark": Case(lambda: as_csv_bytes([HEAD, ROW], encoding="utf-8-sig")),
    "csv in cp1252": Case(
        lambda: as_csv_bytes([HEAD, LATIN], encoding="cp1252"),
        found=("KF-É7",),
        notes=("The file is not in UTF-8, so its accented letters were guessed: check them.",),
    ),
    "csv in utf-16 as Excel's unicode text": Case(
        lambda: as_csv_bytes([HEAD, LATIN], "\t", "utf-16"),
        found=("KF-É7",),
        notes=("The columns are told apart by tabs.",),
    ),
    "csv in utf-16 without its mark": Case(
        lambda: as_csv_bytes([HEAD, ROW], encoding="utf-16-le"),
        notes=("The file is not in UTF-8, so its accented letters were guessed: check them.",),
    ),
    "semicolons": Case(
        lambda: as_csv_bytes([HEAD, ROW], ";"), notes=("The columns are told apart by semicolons.",)
    ),
    "vertical bars": Case(
        lambda: as_csv_bytes([HEAD, ROW], "|"), notes=("The columns are told apart by vertical bars.",)
    ),
    "a line that names the delimiter": Case(
        lambda: as_csv_bytes([HEAD, row(vacancies=9)], ";", before="sep=;\r\n"),
        found=("KF-0142",),
        wrong={(3, "free_places"): "With 1 of 3 places taken, at most 2 can be free"},
        notes=("The columns are told apart by semicolons.",),
    ),
    "old macintosh line ends": Case(lambda: as_csv_bytes([HEAD, ROW]).replace(b"\r\n", b"\r")),
    "a line break in quotes": Case(
        lambda: as_csv_bytes([HEAD, row(placement_type="Standard\nEmergency"), row(reference="KF-2")]),
        found=("KF-0142", "KF-2"),
        said={"placement_types": ["standard", "emergency"]},
    ),
    "a quotation mark that is never closed": Case(
        lambda: as_csv_bytes([HEAD]) + b'"KF-1,3,1' + b",x\r\n" * 60_000, refused=say.QUOTES
    ),
    "xlsx with the name of csv": Case(lambda: as_xlsx([HEAD, ROW])),
    "text with the name of xlsx": Case(lambda: as_csv_bytes([HEAD, ROW])),
    "a web page with the name of xls": Case(
        lambda: b"\r\n<html><table><tr><td>Reference</td></tr></table></html>", refused=say.WEB_PAGE
    ),
    "no bytes at all": Case(lambda: b"", refused=say.EMPTY),
    "only line breaks": Case(lambda: b"\r\n\r\n", refused=say.EMPTY),
    "a workbook with nothing in it": Case(lambda: as_xlsx([]), refused=say.LIST_EMPTY),
    "macros": Case(
        lambda: with_part(as_xlsx([HEAD, ROW]), "xl/vbaProject.bin", lambda _: b"x"), refused=say.MACROS
    ),
    "an old workbook": Case(lambda: inspection.COMPOUND + b"\0" * 4000, refused=say.OLD_EXCEL),
    "a password": Case(
        lambda: inspection.COMPOUND + b"\0" * 900 + inspection.ENCRYPTED_PACKAGE + b"\0" * 900,
        refused=say.ENCRYPTED,
    ),
    "a workbook cut off": Case(lambda: as_xlsx([HEAD, ROW])[:-300], refused=inspection.CUT_OFF),
    "a bomb": Case(
        lambda: with_part(as_xlsx([HEAD, ROW]), "xl/big.xml", lambda _: b" " * 101 * 1024 * 1024),
        refused=say.BOMB,
    ),
    "a part larger than it says": Case(_lying_size, refused=say.DAMAGED),
    "a document of entities": Case(
        lambda: with_part(as_xlsx([HEAD, ROW]), SHEET, lambda data: b'<!DOCTYPE a [<!ENTITY a "b">]>' + data),
        refused=say.DAMAGED,
    ),
    "one cell at the end of the world": Case(
        lambda: with_part(as_xlsx([HEAD, ROW]), SHEET, _a_cell_far_away), refused=say.TOO_FAR
    ),
    "an ods row repeated a million times": Case(
        lambda: as_ods(
            [HEAD],
            '<table:table-row table:number-rows-repeated="1000000">'
            '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>',
        ),
        refused=say.TOO_FAR,
    ),
    "a picture": Case(lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, refused=say.WRONG_KIND),
    "a pdf": Case(lambda: b"%PDF-1.7\n" + b"x" * 100, refused=say.WRONG_KIND),
    "headings in the fifth row, under a title": Case(
        lambda: as_xlsx(
            [["Vacancies of the week"], [], ["Sent by the office"], [], HEAD, row(vacancies="3")]
        ),
        wrong={(6, "free_places"): "With 1 of 3 places taken, at most 2 can be free"},
    ),
    "blank rows, totals and headings again": Case(
        lambda: as_xlsx(
            [
                HEAD,
                ROW,
                [],
                ["", *[""] * 3],
                HEAD,
                row(reference="KF-2"),
                ["Total", 6, 2, 4],
                ["", "Grand total"],
            ]
        ),
        found=("KF-0142", "KF-2"),
        notes=(
            "Rows 7, 8 were passed over: they are a total.",
            "Row 5 was passed over: it is headings again.",
        ),
    ),
    "days counted from 1904": Case(
        lambda: as_xlsx([HEAD, ROW], _mac_days), said={"available_from": date(2026, 5, 3)}
    ),
    "a day as a bare number": Case(
        lambda: as_xlsx([HEAD, row(available_from=46145)]), said={"available_from": date(2026, 5, 3)}
    ),
    "a day as a bare number in csv": Case(
        lambda: as_csv_bytes([HEAD, row(available_from="46145")]), said={"available_from": date(2026, 5, 3)}
    ),
    "a real date in ods": Case(
        lambda: as_ods([HEAD, row(available_from=date(2026, 5, 3))]),
        said={"available_from": date(2026, 5, 3)},
    ),
    "a day with its time": Case(
        lambda: as_xlsx([HEAD, row(available_from=datetime(2026, 5, 3, 9, 30))]),
        said={"available_from": date(2026, 5, 3)},
    ),
    "a day in words": Case(
        lambda: as_csv_bytes([HEAD, row(available_from="Sunday 3rd May 2026")]),
        said={"available_from": date(2026, 5, 3)},
    ),
    "a leap day, and one that is not": Case(
        lambda: as_csv_bytes([HEAD, row(available_from="29/02/2028"), row(available_from="29/02/2027")]),
        found=("KF-0142",),
        said={"available_from": date(2028, 2, 29)},
        wrong={
            (
                3,
                "available_from",
            ): "Available from must be a date, such as 03/05/2026 (day first), and this says “29/02/2027”"
        },
    ),
    "a month first": Case(
        lambda: as_csv_bytes([HEAD, row(available_from="05/13/2026")]),
        found=(),
        wrong={
            (
                2,
                "available_from",
            ): "Available from must be a date, such as 03/05/2026 (day first), and this says “05/13/2026”"
        },
    ),
    "numbers as text": Case(
        lambda: as_xlsx([HEAD, row(approved="3.0", placed=" 1 ", vacancies="two")]),
        said={"approved_places": 3, "placed_now": 1, "free_places": 2},
    ),
    "numbers that are none": Case(
        lambda: as_xlsx([HEAD, row(approved=2.5, placed="lots", vacancies=True)]),
        found=(),
        wrong={
            (2, "approved_places"): "Approved for must be a whole number, and this says “2.5”",
            (2, "placed_now"): "Placed now must be a whole number, and this says “lots”",
            (2, "free_places"): "Places free must be a whole number, and this says “True”",
        },
    ),
    "a number that Excel shows as a date": Case(
        lambda: as_xlsx([HEAD, row(vacancies=date(1900, 1, 2))]),
        found=(),
        wrong={
            (2, "free_places"): "Places free must be a number, and this cell is formatted as a date."
            " Format it as a number"
        },
    ),
    "ages in one column": Case(
        lambda: as_csv_bytes([["Ref", "Ages", "Approved"], ["KF-0142", "5 to 12", 3]]),
        found=(),
        wrong={(2, "placed_now"): "This household is new, and the file has no column “Placed now”"},
    ),
    "a reference that is a number": Case(lambda: as_xlsx([HEAD, row(reference=142.0)]), found=("142",)),
    "a formula and its last value": Case(
        lambda: with_part(FORMULA, SHEET, _calculated(b"<v>2</v>")),
        said={"free_places": 2},
        notes=("Some cells are formulas: the value they had when the file was saved was taken.",),
    ),
    "a formula without a value": Case(
        lambda: FORMULA,
        found=(),
        wrong={
            (2, "free_places"): "This formula has no value yet. Open the file, let it calculate, save it and"
            " upload it again"
        },
    ),
    "a formula gone wrong": Case(
        lambda: as_csv_bytes([HEAD, row(vacancies="#REF!")]),
        found=(),
        wrong={
            (2, "free_places"): "The spreadsheet shows an error here (#REF!). Put it right, or type the value"
        },
    ),
    "cells merged downwards": Case(
        lambda: as_xlsx([HEAD, ROW, row(reference="KF-2", area="")], _merged),
        found=("KF-0142", "KF-2"),
        notes=("Some cells are merged: what stands in them counts for every row they cover.",),
    ),
    "a sheet of notes before and a hidden one behind": Case(
        lambda: as_xlsx([HEAD, ROW], _hidden_and_more),
        notes=("The sheet “Households” was read; the other sheets were not.",),
    ),
    "20,001 rows": Case(
        lambda: as_csv_bytes([HEAD, *[["x"]] * 20_001]),
        refused="The list has 20,001 rows, and we take up to 20,000 in one file."
        " Split it into several files and upload them one after another.",
    ),
    "100,000 rows": Case(
        lambda: as_csv_bytes([HEAD, *[["x"]] * 100_000]),
        refused="The list has 100,000 rows, and we take up to 20,000 in one file."
        " Split it into several files and upload them one after another.",
    ),
    "only headings": Case(
        lambda: as_csv_bytes([HEAD]),
        refused=say.ONLY_HEADINGS,
    ),
    "more than 10 MB": Case(lambda: b"x" * (10 * 1024 * 1024 + 1), refused=say.TOO_BIG),
    "a name for a reference": Case(
        lambda: as_csv_bytes([HEAD, row(reference="Jane Smith")]),
        found=("Jane Smith",),
        wrong={
            (
                2,
                "carer_reference",
            ): "This looks like a name. Use your own reference, such as KF-0142: we never hold carers’ names"
        },
    ),
    "a whole postcode": Case(
        lambda: as_csv_bytes([HEAD, row(postcode="ME10 3AB")]),
        wrong={
            (
                2,
                "outward_postcode",
            ): "Enter only the first part of the postcode, such as ME10: we never hold a"
            " carer’s full postcode"
        },
    ),
    "codes nobody knows": Case(
        lambda: as_csv_bytes([HEAD, row(area="Narnia", gender="Wizards")]),
        found=(),
        wrong={
            (2, "district_code"): "“Narnia” is not in the list for district. It has: Swale, Medway",
            (2, "gender"): "“Wizards” is not in the list for gender. It has: Any, Girls, Boys",
        },
    ),
    "several in a cell, however they are told apart": Case(
        lambda: as_csv_bytes([HEAD, row(placement_type="standard, Emergency and Parent & child")]),
        said={"placement_types": ["standard", "emergency", "parent_and_child"]},
    ),
    "headings in capitals with dots and spaces": Case(
        lambda: as_csv_bytes([[f"  {name.upper()}: " for name in HEAD], ROW])
    ),
    "a column nobody knows and one that is there twice": Case(
        lambda: as_csv_bytes([[*HEAD, "Social worker's mood", "Ref"], [*ROW, "Good", "KF-7"]]),
    ),
    "a cell guarded against formulas": Case(
        lambda: as_csv_bytes([HEAD, row(reference="'=KF-1")]), found=("=KF-1",)
    ),
}
