"""Who may see and keep an organisation's vacancies: its placements lead, while its administrator looks."""

from __future__ import annotations

import uuid
from typing import Any, Protocol

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState
from portal.vacancies.models import Vacancy, VacancyChange, VacancyImport

READERS = (Role.PLACEMENTS_LEAD, Role.PROVIDER_ADMINISTRATOR)


class Actor(Protocol):
    """Whoever keeps an organisation's vacancies: a person, or a key that acts for the organisation."""

    @property
    def id(self) -> Any: ...

    def acts_for(self, organisation_id: uuid.UUID, *roles: Role) -> bool:
        """Has any of these roles there (any at all when none is named)."""
        ...


def can_begin(person: Person) -> Verdict:
    """The way in from the menu."""
    return ALLOWED if person.holds(*READERS) else denied("Vacancies are for a provider’s placements lead.")


def can_list(person: Person, organisation: Organisation) -> Verdict:
    """An organisation's list of households."""
    if person.acts_for(organisation.id, *READERS):
        return ALLOWED
    return denied("Only the provider’s placements lead and administrator see its vacancies here.")


def can_read(person: Person, vacancy: Vacancy) -> Verdict:
    """One household."""
    return can_list(person, vacancy.organisation)


def can_keep(person: Actor, organisation: Organisation) -> Verdict:
    """Add households, and confirm them all."""
    if not person.acts_for(organisation.id, Role.PLACEMENTS_LEAD):
        return denied("Only the provider’s placements lead changes its vacancies.")
    if organisation.state != OrganisationState.VERIFIED:
        return denied("Vacancies can be added once a council officer has verified the organisation.")
    return ALLOWED


def can_undo(person: Actor, change: VacancyChange) -> Verdict:
    """Take back a change of one household."""
    return can_keep(person, change.vacancy.organisation)


def can_read_import(person: Person, sent: VacancyImport) -> Verdict:
    """A spreadsheet that was sent, what it would change, and what became of it."""
    return can_list(person, sent.organisation)


def can_import(person: Actor, sent: VacancyImport) -> Verdict:
    """Say what its columns are, save it, discard it or take it back: any placements lead of the provider."""
    return can_keep(person, sent.organisation)


def can_change(person: Actor, vacancy: Vacancy) -> Verdict:
    """Change, confirm, hold, fill or withdraw one household."""
    return can_keep(person, vacancy.organisation)


def can_place(person: Person, _: Vacancy) -> Verdict:
    """Take places for a child: a placement officer who has chosen the provider's offer."""
    if person.holds(Role.PLACEMENT_OFFICER):
        return ALLOWED
    return denied("Only a placement officer takes a place for a child.")
