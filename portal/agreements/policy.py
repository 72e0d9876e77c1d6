"""Who may read, sign, countersign, suspend and end agreements, extend the framework, and review prices."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement, FrameworkExtension, PriceReview
from portal.agreements.states import ReviewStepKind
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


REVIEW_READERS = COUNCIL_READERS
NOT_A_REVIEWER = "Price reviews are for the provider that asks and the officers who take part in them."
# Who has done one of these takes no part in the other kinds: nobody checks or decides on their own work.
DECIDING = frozenset({ReviewStepKind.APPROVED, ReviewStepKind.REJECTED, ReviewStepKind.REFERRED_BACK})


def can_list_reviews(person: Person) -> Verdict:
    """The list: every review for the councils, their own for a provider's people."""
    if person.organisation_ids or person.holds(*REVIEW_READERS):
        return ALLOWED
    return denied(NOT_A_REVIEWER)


def can_read_review(person: Person, review: PriceReview) -> Verdict:
    """One review; how the councils came to its decision is for the councils alone."""
    if person.acts_for(review.organisation_id) or person.holds(*REVIEW_READERS):
        return ALLOWED
    return denied(NOT_A_REVIEWER)


def can_request_review(person: Person, schedule: Schedule) -> Verdict:
    """Ask for higher prices: the provider's finance lead, who lowers them too."""
    return _finance_lead(person, schedule.organisation.id, "asks for a price review")


def can_withdraw_review(person: Person, review: PriceReview) -> Verdict:
    """Take the request back: the provider's finance lead."""
    return _finance_lead(person, review.organisation_id, "withdraws a price review")


def can_analyse(person: Person, review: PriceReview) -> Verdict:
    """Hold the request against the formula, the median and the evidence: a contract manager or commissioner."""
    if not person.holds(*STEWARDS):
        return denied("Only a contract manager or commissioner analyses a price review.")
    return _apart(person, review, {ReviewStepKind.FUNDED, *DECIDING})


def can_check_funding(person: Person, review: PriceReview) -> Verdict:
    """Confirm the arithmetic and the funding: a finance officer, who has not analysed it."""
    if not person.holds(Role.FINANCE_OFFICER):
        return denied("Only a finance officer confirms a review’s arithmetic and funding.")
    return _apart(person, review, set(ReviewStepKind) - {ReviewStepKind.FUNDED})


def can_recommend_review(person: Person, review: PriceReview) -> Verdict:
    """Recommend: a contract manager, who has not done Finance's part."""
    if not person.holds(Role.CONTRACT_MANAGER):
        return denied("Only a contract manager recommends on a price review.")
    return _apart(person, review, {ReviewStepKind.FUNDED, *DECIDING})


def can_decide_review(person: Person, review: PriceReview) -> Verdict:
    """Approve, reject or refer back: an approver who has taken no other part in it (as in rule 6)."""
    if not person.holds(Role.APPROVER):
        return denied("Only an approver decides on a price review.")
    return _apart(person, review, set(ReviewStepKind) - DECIDING)


def can_list_terms(person: Person) -> Verdict:
    """Read when prices are reviewed and by which formula: the councils' officers who take part."""
    return ALLOWED if person.holds(*REVIEW_READERS) else denied(NOT_A_REVIEWER)


def can_set_terms(person: Person) -> Verdict:
    """Set them: a contract manager or commissioner."""
    if person.holds(*STEWARDS):
        return ALLOWED
    return denied("Only a contract manager or commissioner sets the terms of price reviews.")


def can_compare(person: Person, schedule: Schedule) -> Verdict:
    """One provider's prices beside the framework's medians: whoever may read its schedule."""
    return can_read_prices(person, schedule)


def can_compare_providers(person: Person) -> Verdict:
    """Providers side by side by name: the council's officers who manage prices, and no provider (rule 9)."""
    if person.holds(Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER):
        return ALLOWED
    return denied("Providers’ prices are compared by commissioners, contract managers and finance officers.")


def _finance_lead(person: Person, organisation_id: object, does: str) -> Verdict:
    leads = any(
        grant.organisation_id == organisation_id and grant.role == Role.FINANCE_LEAD
        for grant in person.grants
    )
    return ALLOWED if leads else denied(f"Only the provider’s finance lead {does}.")


def _apart(person: Person, review: PriceReview, kinds: set[ReviewStepKind]) -> Verdict:
    for step in review.steps:
        if step.done_by_id == person.id and step.kind in kinds:
            did = step.kind.label.lower()
            return denied(f"You took part in this review already ({did}), so somebody else must do this.")
    return ALLOWED
