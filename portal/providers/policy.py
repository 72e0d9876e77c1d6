"""Who may register, read, change and verify provider organisations."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.providers.models import JoinRequest, OfstedAgency, Organisation

READERS = (Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.AUDITOR)


def can_register(person: Person) -> Verdict:
    """Anybody with a confirmed address who does not work for a council."""
    if person.is_council:
        return denied("People at the councils cannot register a provider.")
    if person.email_confirmed_at is None:
        return denied("Confirm your email address first: follow the link we sent you.")
    return ALLOWED


def can_register_agency(person: Person, _: OfstedAgency | Organisation) -> Verdict:
    """The same, for one agency: whether it is registered already, the service says."""
    return can_register(person)


def can_ask_to_join(person: Person, organisation: Organisation) -> Verdict:
    """Somebody of an agency that a colleague has registered already."""
    if not (verdict := can_register(person)):
        return verdict
    if person.acts_for(organisation.id):
        return denied("You already act for this organisation.")
    return ALLOWED


def can_administer(person: Person, organisation: Organisation) -> Verdict:
    """Changing contact details and letting colleagues in."""
    if person.acts_for(organisation.id, Role.PROVIDER_ADMINISTRATOR):
        return ALLOWED
    return denied("Only an administrator of this organisation can do this.")


def can_answer(person: Person, request: JoinRequest) -> Verdict:
    """A request to be let in is for the organisation's administrators."""
    if person.acts_for(request.organisation_id, Role.PROVIDER_ADMINISTRATOR):
        return ALLOWED
    return denied("Only an administrator of this organisation can let people in.")


def can_see_own(person: Person) -> Verdict:
    """A person's own organisations; people at the councils have none."""
    return denied("People at the councils do not act for a provider.") if person.is_council else ALLOWED


def can_list_organisations(person: Person) -> Verdict:
    """The councils' list of registered providers."""
    if person.holds(*READERS):
        return ALLOWED
    return denied("Only commissioners, contract managers and auditors see the list of organisations.")


def can_read(person: Person, organisation: Organisation) -> Verdict:
    """An organisation's own people, and those at the councils who deal with providers."""
    return ALLOWED if person.acts_for(organisation.id) else can_list_organisations(person)


def can_verify(person: Person, _: Organisation) -> Verdict:
    """Verifying that an organisation is the agency it says it is."""
    if person.holds(Role.COMMISSIONER):
        return ALLOWED
    return denied("Only a commissioner can verify an organisation.")


def can_import_register(person: Person) -> Verdict:
    """Loading a newer file of Ofsted's."""
    if person.holds(Role.COMMISSIONER, Role.SYSTEM_ADMINISTRATOR):
        return ALLOWED
    return denied("Only a commissioner or a system administrator can load Ofsted's file.")
