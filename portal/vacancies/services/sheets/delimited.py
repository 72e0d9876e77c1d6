"""CSV as people's programs really save it: any common delimiter and encoding."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from contextlib import suppress
from typing import Any

from charset_normalizer import from_bytes

from portal.vacancies.services.sheets.headings import find_heading
from portal.vacancies.services.sheets.refusals import QUOTES, WRONG_KIND, refusal

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What programs in this country save; with more to choose from, a short list is taken for Greek.
ENCODINGS = ["cp1252", "mac_roman", "cp850", "utf_16_le", "utf_16_be"]
# What stands in a list of this country when it is read as Windows wrote it: anything else was another program.
USUAL = {chr(number) for number in (*range(9, 14), *range(32, 127), *range(0xC0, 0x100))} | set(
    "£€–—‘’“”…•°½¼¾\xa0"
)
LOOKED_AT_BYTES = 64 * 1024
LOOKED_AT_LINES = 60
# A spreadsheet writes it before what it would otherwise take for a formula.
GUARDED = ("'=", "'+", "'-", "'@", "'\t", "'\r")


def read_delimited(content: bytes, saved: dict[str, str]) -> tuple[list[list[Any]], list[str]]:
    """The rows of the text, and notes on how it was read. Raises `Invalid`."""
    text, notes = _decoded(content)
    if "\0" in text:
        raise refusal(WRONG_KIND)
    text, delimiter = _named_delimiter(text)
    if delimiter is None:
        delimiter = _likely_delimiter(text, saved)
    if delimiter != ",":
        notes.append(f"The columns are told apart by {DELIMITERS.get(delimiter, repr(delimiter))}.")
    return [[_cell(value) for value in row] for row in _rows(text, delimiter)], notes


def _decoded(content: bytes) -> tuple[str, list[str]]:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace"), []
    try:
        text = content.decode("utf-8")
        if "\0" not in text:
            return text, []
    except UnicodeDecodeError:
        pass
    notes = ["The file is not in UTF-8, so its accented letters were guessed: check them."]
    with suppress(UnicodeDecodeError):
        text = content.decode("cp1252")
        if not set(text) - USUAL:
            return text, notes
    best = from_bytes(content[:LOOKED_AT_BYTES], cp_isolation=ENCODINGS).best()
    encoding = best.encoding if best is not None else "cp1252"
    text = content.decode(encoding, "replace")
    return text.removeprefix("\ufeff"), notes


def _named_delimiter(text: str) -> tuple[str, str | None]:
    """Excel's own first line, `sep=;`, which is no row. It leaves an empty one, so that rows keep their numbers."""
    first, newline, rest = text.partition("\n")
    named = first.strip().strip('"')
    if named.lower().startswith("sep=") and len(named) <= 5:
        delimiter = first.strip('\r\n"')[4:5] or "\t"
        return newline + rest, delimiter
    return text, None


def _likely_delimiter(text: str, saved: dict[str, str]) -> str:
    def likelihood(delimiter: str) -> tuple[int, int]:
        head = _rows(text, delimiter, LOOKED_AT_LINES)
        widths = Counter(len(row) for row in head if len(row) > 1)
        return len(find_heading(head, saved).columns), max(widths.values(), default=0)

    return max(DELIMITERS, key=likelihood)


def _rows(text: str, delimiter: str, most: int | None = None) -> list[list[Any]]:
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if most is not None and len(rows) >= most:
                break
    except csv.Error as error:
        if most is not None:
            return rows
        raise refusal(QUOTES) from error
    return rows


def _cell(value: str) -> str:
    text = value.strip()
    return text[1:] if text.startswith(GUARDED) else text
