"""Who looks for a placement, asks providers, answers them and keeps placements.

The councils share all vacancies, and nothing else: searches, enquiries and placements are each council's own.
"""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.matching.models import Enquiry, Placement, Search
from portal.matching.queries.scope import (
    PLACEMENT_PROVIDER_READERS,
    PLACEMENT_READERS,
    PROVIDER_READERS,
    councils_of,
)
from portal.providers.models import Organisation
from portal.vacancies.models import Vacancy


def can_search(person: Person) -> Verdict:
    """Search the vacancies of providers whose agreement is in force, and save a search."""
    if person.holds(Role.PLACEMENT_OFFICER):
        return ALLOWED
    return denied("Only placement officers search for placements.")


def can_read(person: Person, _: Vacancy) -> Verdict:
    """One household, as a placement officer sees it."""
    return can_search(person)


def can_list_searches(person: Person) -> Verdict:
    """The list of a council's own searches."""
    if person.holds(Role.PLACEMENT_OFFICER, Role.AUDITOR):
        return ALLOWED
    return denied("Searches are for placement officers.")


def can_read_search(person: Person, search: Search) -> Verdict:
    """A saved search, with its enquiries and their answers."""
    if search.council in councils_of(person, Role.PLACEMENT_OFFICER):
        return ALLOWED
    return denied("A search is for the placement officers of the council that saved it.")


def can_keep_search(person: Person, search: Search) -> Verdict:
    """Change a search, ask providers, choose and decline: the council's placement officers."""
    return _works_for(person, search.council)


def can_decide(person: Person, enquiry: Enquiry) -> Verdict:
    """Choose or decline an offer, or close an enquiry nobody needs answered any more."""
    return _works_for(person, enquiry.council)


def _works_for(person: Person, council: Council) -> Verdict:
    if any(grant.role == Role.PLACEMENT_OFFICER and grant.council == council for grant in person.grants):
        return ALLOWED
    return denied("Only the placement officers of the council that looks for this placement do this.")


def can_list_enquiries(person: Person) -> Verdict:
    """Enquiries that a provider was sent."""
    if person.holds(*PROVIDER_READERS):
        return ALLOWED
    return denied("Enquiries are for the placements lead of the provider they were sent to.")


def can_list_own_enquiries(person: Person, organisation: Organisation) -> Verdict:
    """The enquiries that one provider was sent, for its own systems."""
    if person.acts_for(organisation.id, *PROVIDER_READERS):
        return ALLOWED
    return denied("Enquiries are for the placements lead of the provider they were sent to.")


def can_read_enquiry(person: Person, enquiry: Enquiry) -> Verdict:
    """One enquiry, as the provider it was sent to sees it."""
    if person.acts_for(enquiry.organisation_id, *PROVIDER_READERS):
        return ALLOWED
    return denied("Enquiries are for the placements lead of the provider they were sent to.")


def can_answer(person: Person, enquiry: Enquiry) -> Verdict:
    """Offer a place, say that there is none, or change that answer."""
    if person.acts_for(enquiry.organisation_id, Role.PLACEMENTS_LEAD):
        return ALLOWED
    return denied("Only the provider’s placements lead answers an enquiry.")


def can_list_placements(person: Person) -> Verdict:
    """Placements: a council's own, or a provider's own."""
    if person.holds(*PLACEMENT_READERS, Role.AUDITOR, *PLACEMENT_PROVIDER_READERS):
        return ALLOWED
    return denied("Placements are for the council that made them and the provider they are with.")


def can_read_placement(person: Person, placement: Placement) -> Verdict:
    """One placement."""
    if placement.council in councils_of(person, *PLACEMENT_READERS):
        return ALLOWED
    if person.acts_for(placement.organisation_id, *PLACEMENT_PROVIDER_READERS):
        return ALLOWED
    return denied("A placement is for the council that made it and the provider it is with.")


def can_keep_placement(person: Person, placement: Placement) -> Verdict:
    """Record that a child has moved in, or how the placement ended."""
    return _works_for(person, placement.council)
