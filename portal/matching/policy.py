"""Who may look for a placement: the placement officers of both councils, who share all vacancies."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.vacancies.models import Vacancy


def can_search(person: Person) -> Verdict:
    """Search the vacancies of providers whose agreement is in force."""
    if person.holds(Role.PLACEMENT_OFFICER):
        return ALLOWED
    return denied("Only placement officers search for placements.")


def can_read(person: Person, _: Vacancy) -> Verdict:
    """One household, as a placement officer sees it."""
    return can_search(person)
