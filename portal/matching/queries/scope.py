"""Whose searches, enquiries and placements a person may know of: their own council's, or their own agency's."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Council, Role

PROVIDER_READERS = (Role.PLACEMENTS_LEAD, Role.PROVIDER_ADMINISTRATOR)
PLACEMENT_READERS = (
    Role.PLACEMENT_OFFICER,
    Role.CONTRACT_MANAGER,
    Role.FINANCE_OFFICER,
    Role.COMMISSIONER,
)
PLACEMENT_PROVIDER_READERS = (*PROVIDER_READERS, Role.FINANCE_LEAD)


def councils_of(person: Person, *roles: Role) -> set[Council]:
    """The councils at which the person holds any of these roles; an auditor reads for both.

    But a placement officer never reads the other council's, who audits beside it neither.
    """
    if person.holds(Role.AUDITOR) and not person.holds(Role.PLACEMENT_OFFICER):
        return set(Council)
    return {grant.council for grant in person.grants if grant.council is not None and grant.role in roles}
