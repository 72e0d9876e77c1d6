"""Pages of a list by cursor: opaque, signed, and good for the list it came from and no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer

from portal.core.rest.admission import admitted
from portal.core.rest.problems import Problem

Row = TypeVar("Row")


@dataclass(frozen=True)
class Paged(Generic[Row]):
    """The rows of a page, and the cursor of the next one, if there is one."""

    rows: Sequence[Row]
    next_cursor: str | None


def read_cursor(cursor: str | None) -> Any:
    """After what the page begins, as `cut` was given it; None for the first page. Raises for a cursor not its own."""
    if cursor is None:
        return None
    try:
        return _signer().loads(cursor)
    except BadData:
        raise Problem("malformed", "This cursor does not belong to this list. Begin without one.") from None


def cut(rows: Sequence[Row], limit: int, key: Callable[[Row], Any]) -> Paged[Row]:
    """A page of `limit` rows from one more than that: `key(row)` is what the next page begins after."""
    shown = rows[:limit]
    return Paged(shown, _signer().dumps(key(shown[-1])) if len(rows) > limit else None)


def _signer() -> URLSafeSerializer:
    """Bound to the organisation, the address and the filters."""
    filters = sorted((name, text) for name, text in request.args.items() if name not in ("cursor", "limit"))
    salt = f"cursor:{admitted().organisation_id}:{request.path}:{filters}"
    return URLSafeSerializer(current_app.secret_key or "", salt=salt)
