"""What every step of a price review shares: it is kept as it was written, and whoever is next is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements import queries
from portal.agreements.models import PriceReview, PriceReviewStep
from portal.agreements.states import ReviewStepKind
from portal.core.db import session
from portal.core.links import link
from portal.notifications.services import tell
from portal.providers.queries import list_administrators


def add_step(
    review: PriceReview, kind: ReviewStepKind, text: str, data: Mapping[str, Any], by: Person
) -> PriceReviewStep:
    """Keep what `by` did, with their words; decimals and dates in `data` are text."""
    step = PriceReviewStep(
        price_review_id=review.id, kind=kind, text=text.strip(), data=dict(data), done_by=by
    )
    session.add(step)
    session.flush()
    session.expire(review, ["steps"])
    return step


def tell_that_it_waits(review: PriceReview, role: Role) -> None:
    """Tell everybody at the councils who holds the role whose turn it is."""
    for person in queries.list_holding(role):
        tell(person, template="agreements/review_waits", context=_context(review), link=_address(review))


def tell_provider(review: PriceReview) -> None:
    """Tell the provider's administrators and finance leads how it was decided."""
    leads = queries.list_holding(Role.FINANCE_LEAD, review.organisation_id)
    people = {person.id: person for person in [*list_administrators(review.organisation_id), *leads]}
    for person in people.values():
        tell(
            person,
            template="agreements/review_decided",
            context=_context(review),
            link=_address(review),
            mandatory=True,
        )


def _context(review: PriceReview) -> dict[str, Any]:
    return {"review": review, "organisation": review.organisation, "address": _address(review)}


def _address(review: PriceReview) -> str:
    return link("agreements.review", price_review_id=review.id)
