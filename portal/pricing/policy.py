"""Who may read and lower prices. No officer of a council sees a schedule that their work does not need."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.pricing.models import PriceVersion
from portal.pricing.queries import Schedule
from portal.providers.models import Organisation

COUNCIL_READERS = (Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER, Role.AUDITOR)
NOT_A_READER = "Price schedules are for commissioners, contract managers, finance officers and auditors."


def can_begin(person: Person) -> Verdict:
    """The way in from the menu: a provider's own schedules, or every provider's."""
    if person.organisation_ids or person.holds(*COUNCIL_READERS):
        return ALLOWED
    return denied(NOT_A_READER)


def can_read(person: Person, schedule: Schedule) -> Verdict:
    """One provider's schedule: its own people, and the officers who manage the contract."""
    return _may_read(person, schedule.organisation.id)


def can_read_own(person: Person, organisation: Organisation) -> Verdict:
    """All schedules of one provider, for its own systems."""
    return _may_read(person, organisation.id)


def can_read_version(person: Person, version: PriceVersion) -> Verdict:
    """One version of a schedule."""
    return _may_read(person, version.organisation_id)


def can_lower(person: Person, schedule: Schedule) -> Verdict:
    """Lower prices: the provider's finance lead."""
    return _may_lower(person, schedule.organisation.id)


def can_lower_version(person: Person, version: PriceVersion) -> Verdict:
    """Carry out a version that lowers prices."""
    return _may_lower(person, version.organisation_id)


def can_adopt(person: Person, _: PriceVersion) -> Verdict:
    """Take over the prices a provider joins with: the commissioner who makes the agreement."""
    if person.holds(Role.COMMISSIONER):
        return ALLOWED
    return denied("Only a commissioner takes over the prices that a provider joins with.")


def can_decide_version(person: Person, _: PriceVersion) -> Verdict:
    """Approve or reject what a price review came to: an approver. Who may in one review is that feature's rule."""
    if person.holds(Role.APPROVER):
        return ALLOWED
    return denied("Only an approver decides on a price review.")


def _may_read(person: Person, organisation_id: object) -> Verdict:
    if person.holds(*COUNCIL_READERS) or organisation_id in person.organisation_ids:
        return ALLOWED
    return denied(NOT_A_READER)


def _may_lower(person: Person, organisation_id: object) -> Verdict:
    lowers = any(
        grant.organisation_id == organisation_id and grant.role == Role.FINANCE_LEAD
        for grant in person.grants
    )
    return ALLOWED if lowers else denied("Only the provider’s finance lead lowers its prices.")
