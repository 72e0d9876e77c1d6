"""Files handed out: as an attachment under their own name, streamed, never guessed at by the browser."""

from __future__ import annotations

from collections.abc import Iterable
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
