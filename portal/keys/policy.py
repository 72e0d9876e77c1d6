"""Who makes and revokes a provider's keys, and what a key of theirs can be for."""

from __future__ import annotations

import uuid

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.keys.models import ApiKey
from portal.keys.queries import KEEPERS
from portal.keys.states import Scope
from portal.providers.models import Organisation

# A scope that its person's roles could never use is not offered.
USED_BY = {
    Scope.VACANCIES_READ: KEEPERS,
    Scope.VACANCIES_WRITE: (Role.PLACEMENTS_LEAD,),
    Scope.PRICES_READ: KEEPERS,
    Scope.OFFERS_READ: KEEPERS,
    Scope.OFFERS_WRITE: (Role.PLACEMENTS_LEAD,),
}


def can_keep_keys(person: Person, organisation: Organisation) -> Verdict:
    """See an organisation's keys, and make one."""
    return _keeps(person, organisation.id)


def can_revoke(person: Person, key: ApiKey) -> Verdict:
    """End a key, a colleague's too."""
    return _keeps(person, key.organisation_id)


def scopes_for(person: Person, organisation_id: uuid.UUID) -> list[Scope]:
    """What a key of this person's could do for the organisation, as they could do it themselves."""
    return [scope for scope, roles in USED_BY.items() if person.acts_for(organisation_id, *roles)]


def _keeps(person: Person, organisation_id: uuid.UUID) -> Verdict:
    if person.acts_for(organisation_id, *KEEPERS):
        return ALLOWED
    return denied("Keys are for the provider’s placements lead and administrator.")
