"""Asking somebody who is signed in for the password again, before something that binds their organisation."""

from __future__ import annotations

from portal.accounts import passwords
from portal.accounts.models import Person
from portal.accounts.services import throttle
from portal.core.errors import Invalid


def confirm_identity(password: str, source: str, *, by: Person) -> None:
    """Is this really the person who is signed in? Guesses count like sign-ins.

    Raises `Invalid` on `password`, for which the caller keeps the counted try, or `Throttled`.
    """
    attempt = throttle.Try(by.email, f"confirm {source}")
    throttle.check(attempt)
    right = passwords.verify_password(by.password_hash, password)
    throttle.note(attempt, succeeded=right)
    if not right:
        raise Invalid("Your password is not right", field="password")
