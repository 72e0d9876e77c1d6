"""Who has a start page."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.core.access import ALLOWED, Verdict


def can_start(_: Person) -> Verdict:
    """Everybody who is signed in: what is on it depends on the person's roles."""
    return ALLOWED
