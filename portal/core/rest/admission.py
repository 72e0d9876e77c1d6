"""Who calls: a key in the header, the person in whose name it acts, and how much of its minute is used up.

Keys are the `keys` feature's; the factory hands in how one is admitted. Every call is counted, and its key's
last use noted, in a transaction of its own before the request proper, which may only read.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, g, request

from portal.core import audit
from portal.core.db import act_as, session
from portal.core.errors import KeyRefused
from portal.core.rest.operations import operation_of
from portal.core.rest.place import is_machine
from portal.core.rest.problems import Problem

KEY = "rest"
SECONDS = 60
MOST_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Window:
    """The minute that a call fell into: how many calls it allows, how many came, seconds until the next."""

    allowed: int
    used: int
    seconds_left: int


@dataclass(frozen=True)
class Admission:
    """A call let in: which key, for which organisation, in whose name, for what."""

    key_id: uuid.UUID
    organisation_id: uuid.UUID
    person_id: uuid.UUID
    scopes: frozenset[str]
    window: Window


@dataclass(frozen=True)
class Doors:
    """How a key is admitted and its person found: `admit(secret)`, `find(admission)`; both raise `KeyRefused`."""

    admit: Callable[[str], Admission]
    find: Callable[[Admission], Any]


def let_in() -> None:
    """Before each request to the API: cookies are not looked at, the key's person acts, the call is counted."""
    audit.act_through(None)
    if not is_machine():
        return
    request.max_content_length = MOST_BYTES
    if request.endpoint is None or operation_of(request.endpoint) is None:
        return
    doors: Doors = current_app.extensions[KEY]
    admission = doors.admit(_secret())
    session.commit()
    g.admission = admission
    if admission.window.used > admission.window.allowed:
        raise Problem(
            "too-many-requests",
            f"This key may send {admission.window.allowed} requests a minute.",
            headers={"Retry-After": str(admission.window.seconds_left)},
        )
    act_as(admission.person_id)
    g.caller = doors.find(admission)
    audit.act_through(admission.key_id)


def _secret() -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not secret or kind.lower() != "bearer":
        raise KeyRefused("Send a key in the header: Authorization: Bearer kmf_…")
    return secret.strip()


def admitted() -> Admission:
    """The admission of this request."""
    found: Admission = g.admission
    return found


def add_limit_headers(response: Response) -> Response:
    """How much is left of the minute, and what may be kept of the answer, on every answer to a key."""
    if not is_machine():
        return response
    response.vary.add("Authorization")
    response.headers.setdefault("Cache-Control", "private, no-cache")
    admission: Admission | None = g.get("admission")
    if admission is not None:
        window = admission.window
        left = max(window.allowed - window.used, 0)
        response.headers["RateLimit-Policy"] = f'"minute";q={window.allowed};w={SECONDS}'
        response.headers["RateLimit"] = f'"minute";r={left};t={window.seconds_left}'
    return response
