"""Who may do what, said by roles. Features build their own policies from these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from portal.accounts.models import AccountLink, Person
from portal.accounts.queries import Member
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied

if TYPE_CHECKING:
    from portal.providers.models import Organisation


def is_signed_in(person: Person) -> Verdict:
    """Anyone with an account."""
    return ALLOWED


def needs_role(person: Person, *roles: Role) -> Verdict:
    """Any of these roles, wherever it is held."""
    return ALLOWED if person.holds(*roles) else denied(f"Only {in_words(roles)} can do this.")


def needs_role_at(person: Person, organisation_id: UUID, *roles: Role) -> Verdict:
    """Any of these provider roles at this organisation; any role there when none is named."""
    if person.acts_for(organisation_id, *roles):
        return ALLOWED
    return denied(f"Only {in_words(roles) if roles else 'people'} of this organisation can do this.")


def in_words(roles: Sequence[Role]) -> str:
    """`a commissioner or an evaluator`."""
    named = [f"{'an' if role.label[0] in 'AEIO' else 'a'} {role.label.lower()}" for role in roles]
    return " or ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def is_council(person: Person) -> Verdict:
    """Anyone of the two councils."""
    return ALLOWED if person.is_council else denied("Only council staff can do this.")


def is_provider(person: Person) -> Verdict:
    """Anyone who acts for a provider."""
    return ALLOWED if person.organisation_ids else denied("Only people of a provider can do this.")


def is_commissioner(person: Person) -> Verdict:
    return needs_role(person, Role.COMMISSIONER)


def is_evaluator(person: Person) -> Verdict:
    return needs_role(person, Role.EVALUATOR)


def is_approver(person: Person) -> Verdict:
    return needs_role(person, Role.APPROVER)


def is_placement_officer(person: Person) -> Verdict:
    return needs_role(person, Role.PLACEMENT_OFFICER)


def is_contract_manager(person: Person) -> Verdict:
    return needs_role(person, Role.CONTRACT_MANAGER)


def is_finance_officer(person: Person) -> Verdict:
    return needs_role(person, Role.FINANCE_OFFICER)


def is_auditor(person: Person) -> Verdict:
    return needs_role(person, Role.AUDITOR)


def is_system_administrator(person: Person) -> Verdict:
    return needs_role(person, Role.SYSTEM_ADMINISTRATOR)


def can_manage_members(person: Person, organisation_id: UUID) -> Verdict:
    """Inviting colleagues, and giving and taking their roles."""
    return needs_role_at(person, organisation_id, Role.PROVIDER_ADMINISTRATOR)


def can_see_people(person: Person, organisation: Organisation) -> Verdict:
    """Colleagues may know who else acts for their organisation."""
    return needs_role_at(person, organisation.id)


def can_manage_people(person: Person, organisation: Organisation) -> Verdict:
    return can_manage_members(person, organisation.id)


def can_manage_member(person: Person, member: Member) -> Verdict:
    return can_manage_members(person, member.organisation.id)


def can_manage_invitation(person: Person, invitation: AccountLink) -> Verdict:
    assert invitation.organisation_id is not None, "only invitations to an organisation are loaded by id"
    return can_manage_members(person, invitation.organisation_id)


def can_manage_council_account(person: Person, account: Person) -> Verdict:
    """Council accounts belong to the system administrators."""
    return is_system_administrator(person)
