"""Files handed out as attachments under their own name, and pictures of their pages shown inline."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from flask import Response


def attachment(chunks: Iterable[bytes], *, name: str, media_type: str, size: int | None = None) -> Response:
    """A download of `chunks`. The name goes out exactly (RFC 6266), and plainly for old browsers."""
    response = Response(chunks, mimetype=media_type)
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    if size is not None:
        response.content_length = size
    return response


def picture(chunks: Iterable[bytes]) -> Response:
    """A PNG that the portal itself made, shown in a page and never kept by anything on the way."""
    response = Response(chunks, mimetype="image/png")
    response.headers["Content-Disposition"] = "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


# What a spreadsheet would take for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def table_as_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, name: str) -> Response:
    """A table for a spreadsheet: UTF-8 with a mark that Excel reads; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([headings, *([_harmless(value) for value in row] for row in rows)])
    content = text.getvalue().encode("utf-8-sig")
    return attachment([content], name=name, media_type="text/csv", size=len(content))


def _harmless(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
