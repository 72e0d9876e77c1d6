"""What the councils do with a request for higher prices: analyse, check, recommend, decide. Each is a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements import queries
from portal.agreements.models import PriceReview
from portal.agreements.services.analysis import analysis_of
from portal.agreements.services.review_steps import add_step, tell_provider, tell_that_it_waits
from portal.agreements.states import FundingSource, PlacedChildren, ReviewStepKind
from portal.agreements.workflow import PRICE_REVIEW
from portal.core import clock, transitions
from portal.core.db import lock
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.ui import money
from portal.pricing.models import PriceVersion
from portal.pricing.modifiers import from_text
from portal.pricing.queries import Schedule
from portal.pricing.services import approve_reviewed_prices, check_fee, reject_reviewed_prices

on_constraint(
    "review_people_apart",
    "You took part in this review already, so somebody else must do this.",
)

K = ReviewStepKind


def analyse_review(review: PriceReview, *, text: str, by: Person, seen_version: int | None = None) -> None:
    """Keep the analysis: the formula's figure, each price's median and the officer's own assessment.

    A contract manager or commissioner; once more while Finance has not checked it. Finance officers are told.
    Raises `Invalid` for field `text`, `Refused`, `Stale`.
    """
    _need(text, "Write your analysis")
    transitions.apply(PRICE_REVIEW, "analyse", review, by=by, seen_version=seen_version)
    add_step(review, K.ANALYSED, text, analysis_of(review), by)
    tell_that_it_waits(review, Role.FINANCE_OFFICER)


def check_funding(
    review: PriceReview,
    *,
    arithmetic_confirmed: bool,
    funding: FundingSource,
    yearly_cost: Decimal | None,
    text: str,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Finance's check: the arithmetic is right, and what it would be paid from, or that nothing is there.

    A finance officer who has not analysed it. Contract managers are told. Raises as `analyse_review`.
    """
    _need(text, "Write what you checked")
    if yearly_cost is not None and yearly_cost < 0:
        raise Invalid("The yearly cost cannot be less than £0", field="yearly_cost")
    facts = {"arithmetic_confirmed": arithmetic_confirmed}
    details = {"funding": funding}
    transitions.apply(
        PRICE_REVIEW, "check_funding", review, by=by, seen_version=seen_version, facts=facts, details=details
    )
    cost = None if yearly_cost is None else str(yearly_cost)
    add_step(review, K.FUNDED, text, {"funding": funding, "yearly_cost": cost}, by)
    tell_that_it_waits(review, Role.CONTRACT_MANAGER)


def recommend_review(
    review: PriceReview,
    fees: Mapping[int, Decimal],
    *,
    with_modifiers: bool,
    effective_from: date,
    text: str,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Recommend weekly fees, by cell id, and the modifiers asked for or not; nothing at all is to reject.

    A contract manager who did not do Finance's part. A fee is at most what was asked and more than before;
    cells left out stay as they are. Approvers are told. Raises `Invalid` for field `fee-<cell id>`,
    `effective_from` or `text`, `Refused` where Finance found no funding, `Stale`.
    """
    _need(text, "Write the reasons for your recommendation")
    lock(review)
    checked = _recommended_fees(review, fees)
    with_modifiers = with_modifiers and review.asked_modifiers is not None
    is_anything = bool(checked) or with_modifiers
    if is_anything and effective_from < clock.today():
        raise Invalid("The date must be today or later: past prices never change", field="effective_from")
    funded = queries.find_step(review, K.FUNDED)
    facts = {"funding": funded.data["funding"] if funded else FundingSource.NONE, "fees": is_anything}
    transitions.apply(PRICE_REVIEW, "recommend", review, by=by, seen_version=seen_version, facts=facts)
    data = {
        "fees": {str(cell_id): str(fee) for cell_id, fee in checked.items()},
        "modifiers": review.asked_modifiers if with_modifiers else None,
        "effective_from": effective_from.isoformat(),
    }
    add_step(review, K.RECOMMENDED, text, data, by)
    tell_that_it_waits(review, Role.APPROVER)


def approve_review(
    review: PriceReview,
    *,
    placed: PlacedChildren,
    text: str,
    by: Person,
    seen_version: int | None = None,
) -> PriceVersion:
    """Decide as recommended: a new version is in force from the recommended day, and the provider is told.

    An approver who took no other part. `placed` decides, apart from the schedule, for placements already made.
    Raises `Invalid` when the day has passed or a price already changes then or later (refer back), `Refused`
    when a rejection was recommended, `Stale`.
    """
    _need(text, "Write the reasons for your decision")
    lock(review)
    recommended = queries.find_step(review, K.RECOMMENDED)
    data = dict(recommended.data) if recommended else {"fees": {}, "modifiers": None}
    facts = {"approvable": bool(data["fees"]) or data["modifiers"] is not None}
    transitions.apply(
        PRICE_REVIEW,
        "approve",
        review,
        by=by,
        seen_version=seen_version,
        facts=facts,
        details={"placed": placed},
    )
    version = approve_reviewed_prices(
        Schedule(review.organisation, review.framework),
        {int(cell_id): Decimal(fee) for cell_id, fee in data["fees"].items()},
        None if data["modifiers"] is None else from_text(data["modifiers"]),
        review_id=review.id,
        effective_from=date.fromisoformat(data["effective_from"]),
        reason=text.strip(),
        by=by,
    )
    add_step(review, K.APPROVED, text, {**data, "placed": placed, "version": version.number}, by)
    tell_provider(review)
    return version


def reject_review(review: PriceReview, *, text: str, by: Person, seen_version: int | None = None) -> None:
    """Decide against the request; prices stay, a rejected version is on record, and the provider is told why.

    An approver who took no other part. Raises `Invalid` for field `text`, `Refused`, `Stale`.
    """
    _need(text, "Write the reasons for your decision")
    transitions.apply(PRICE_REVIEW, "reject", review, by=by, seen_version=seen_version)
    version = reject_reviewed_prices(
        Schedule(review.organisation, review.framework),
        review_id=review.id,
        effective_from=review.takes_effect_on,
        reason=text.strip(),
        by=by,
    )
    add_step(review, K.REJECTED, text, {"fees": {}, "version": version.number}, by)
    tell_provider(review)


def refer_review_back(review: PriceReview, *, text: str, by: Person, seen_version: int | None = None) -> None:
    """Send it back to be analysed, checked and recommended anew, with the point that needs an answer.

    An approver who took no other part; contract managers are told. Raises as `reject_review`.
    """
    _need(text, "Write what has to be looked at again")
    transitions.apply(PRICE_REVIEW, "refer_back", review, by=by, seen_version=seen_version)
    add_step(review, K.REFERRED_BACK, text, {}, by)
    tell_that_it_waits(review, Role.CONTRACT_MANAGER)


def _recommended_fees(review: PriceReview, fees: Mapping[int, Decimal]) -> dict[int, Decimal]:
    asked = {line.cell_id: line for line in review.lines}
    checked: dict[int, Decimal] = {}
    for cell_id, fee in fees.items():
        field = f"fee-{cell_id}"
        if cell_id not in asked:
            raise Refused("A price that was not asked for cannot be recommended.")
        new, line = check_fee(fee, field=field), asked[cell_id]
        if new > line.asked_fee:
            raise Invalid(
                f"The provider asked for {money(line.asked_fee)}. Recommend that or less", field=field
            )
        if line.old_fee is not None and new < line.old_fee:
            raise Invalid(f"The price is {money(line.old_fee)} already. Recommend that or more", field=field)
        if new != line.old_fee:
            checked[cell_id] = new
    return checked


def _need(text: str, message: str) -> None:
    if not text.strip():
        raise Invalid(message, field="text")
