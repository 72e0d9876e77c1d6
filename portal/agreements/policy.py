"""Who may read, sign, countersign, suspend and end agreements."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement, FrameworkExtension
from portal.core.access import ALLOWED, Verdict, denied
from portal.frameworks.models import Framework
from portal.pricing.policy import can_read as can_read_prices
from portal.pricing.queries import Schedule

COUNCIL_READERS = (
    Role.COMMISSIONER,
    Role.CONTRACT_MANAGER,
    Role.APPROVER,
    Role.FINANCE_OFFICER,
    Role.AUDITOR,
)
STEWARDS = (Role.CONTRACT_MANAGER, Role.COMMISSIONER)


def can_list(person: Person) -> Verdict:
    """The list: every agreement for the councils, their own for a provider's people."""
    if person.organisation_ids or person.holds(*COUNCIL_READERS):
        return ALLOWED
    return denied("Agreements are for the providers they are with and the officers who manage them.")


def can_read(person: Person, agreement: Agreement) -> Verdict:
    """One agreement."""
    if person.acts_for(agreement.organisation_id) or person.holds(*COUNCIL_READERS):
        return ALLOWED
    return denied("Agreements are for the providers they are with and the officers who manage them.")


def can_read_text(person: Person, agreement: Agreement) -> Verdict:
    """Its words, which hold the prices: whoever may read the price schedule."""
    return can_read_prices(person, Schedule(agreement.organisation, agreement.framework))


def can_sign(person: Person, agreement: Agreement) -> Verdict:
    """Sign for the provider."""
    if person.acts_for(agreement.organisation_id, Role.PROVIDER_ADMINISTRATOR):
        return ALLOWED
    return denied("Only the provider’s administrator signs its agreement.")


def can_countersign(person: Person, agreement: Agreement) -> Verdict:
    """Sign for the councils: a commissioner, and never the person who signed for the provider."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner countersigns an agreement.")
    if agreement.signed_by_id == person.id:
        return denied("You signed this agreement for the provider, so somebody else must countersign it.")
    return ALLOWED


def can_countersign_many(person: Person) -> Verdict:
    """The list of what waits for the councils' signature."""
    if person.holds(Role.COMMISSIONER):
        return ALLOWED
    return denied("Only a commissioner countersigns an agreement.")


def can_admit(person: Person) -> Verdict:
    """Record a member from before the portal."""
    return ALLOWED if person.holds(Role.COMMISSIONER) else denied("Only a commissioner records a member.")


def can_steward(person: Person, _: Agreement) -> Verdict:
    """Suspend an agreement from new placements, lift that, or end it: decisions that a person records."""
    if person.holds(*STEWARDS):
        return ALLOWED
    return denied("Only a contract manager or commissioner changes an agreement’s standing.")


def can_see_extensions(person: Person, _: Framework) -> Verdict:
    """How the framework's end came to be where it is: the councils' readers of agreements."""
    if person.holds(*COUNCIL_READERS):
        return ALLOWED
    return denied("Extensions of the framework are prepared and decided by the councils’ officers.")


def can_see_extension(person: Person, extension: FrameworkExtension) -> Verdict:
    """One of them."""
    return can_see_extensions(person, extension.framework)


def can_propose_extension(person: Person, _: Framework) -> Verdict:
    """Propose a later end."""
    if person.holds(Role.COMMISSIONER):
        return ALLOWED
    return denied("Only a commissioner proposes to extend the framework.")


def can_prepare_extension(person: Person, extension: FrameworkExtension) -> Verdict:
    """Record the consultation, and tell the providers."""
    return can_propose_extension(person, extension.framework)


def can_decide_extension(person: Person, extension: FrameworkExtension) -> Verdict:
    """An approver who neither proposed it nor recorded the consultation."""
    if not person.holds(Role.APPROVER):
        return denied("Only an approver decides on an extension.")
    if person.id in {extension.proposed_by_id, extension.consultation_by_id}:
        return denied(
            "You proposed this extension or recorded its consultation, so somebody else must decide it."
        )
    return ALLOWED
