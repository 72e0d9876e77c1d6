"""The ways the domain says no. Each error carries a plain-English message for the person who asked.

The edge of the request (`core.web`) turns them into pages; jobs and commands let them fail loudly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    from portal.core.audit import Event


class DomainError(Exception):
    """A rule said no. `event`, when given, is recorded in a fresh transaction after the rollback."""

    status = 409

    def __init__(self, message: str, *, event: Event | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.event = event


class NotFound(DomainError):
    """There is no such thing, or this person may not know that there is."""

    status = 404

    def __init__(self, message: str = "There is nothing here, or you may not see it.") -> None:
        super().__init__(message)


class KeyRefused(DomainError):
    """A machine called without a key, or with one that is not in force."""

    status = 401


class NotAllowed(DomainError):
    """The person may know of the thing but not do this to it. The message is the reason."""

    status = 403


class Refused(DomainError):
    """The thing is not in a state in which this can be done."""


class Stale(DomainError):
    """Somebody changed the thing after this person opened it."""

    def __init__(self, message: str = "Someone changed this since you opened it.") -> None:
        super().__init__(message)


class AlreadyDone(DomainError):
    """The same form arrived twice. The first one counted."""

    def __init__(self) -> None:
        super().__init__("We already have this. It was saved once, and nothing was done twice.")


class Invalid(DomainError):
    """What was typed breaks a rule that only the domain can check.

    `field` is the form field to show the message beside, or None for the whole form.
    """

    status = 422

    def __init__(self, message: str, *, field: str | None = None, event: Event | None = None) -> None:
        super().__init__(message, event=event)
        self.field = field


class Throttled(DomainError):
    """Too many tries in too short a time."""

    status = 429


_constraints: dict[str, tuple[str, str | None]] = {}


def on_constraint(name: str, message: str, *, field: str | None = None) -> None:
    """Say what breaking the database constraint `name` means to the person who did it."""
    _constraints[name] = (message, field)


def from_integrity_error(error: IntegrityError) -> Exception:
    """The named domain error for a broken constraint, or the database's own error if it has no name here."""
    diagnosis = getattr(error.orig, "diag", None)
    known = _constraints.get(getattr(diagnosis, "constraint_name", None) or "")
    if known is None:
        return error
    message, field = known
    return Invalid(message, field=field)
