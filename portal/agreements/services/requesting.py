"""How a provider asks for higher prices: within the window, with evidence, and at most once at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements import policy, queries
from portal.agreements.models import PriceReview, PriceReviewDocument, PriceReviewLine
from portal.agreements.services.review_steps import add_step, tell_that_it_waits
from portal.agreements.states import UNDER_REVIEW, AgreementState, PriceReviewState, ReviewStepKind
from portal.agreements.workflow import PRICE_REVIEW
from portal.core import audit, clock, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.ui import money, uk_date
from portal.documents import services as documents
from portal.documents.models import Document
from portal.pricing import queries as pricing
from portal.pricing.modifiers import Modifiers, as_text, dearer_in
from portal.pricing.queries import Schedule
from portal.pricing.services import check_fee, check_modifiers, lock_schedule

on_constraint(
    "uq_price_review_under_review",
    "A price review of this schedule is under way already. Wait for its decision, or withdraw it first.",
)
on_constraint("pk_price_review_document", "This file is with the review already.", field="file")

IN_FORCE = frozenset({AgreementState.ACTIVE, AgreementState.SUSPENDED})
MOST_FILES = 20


@dataclass(frozen=True)
class Asked:
    """One weekly fee as it will be on the day asked for (None: not offered, or not agreed), and as asked."""

    cell_id: int
    old: Decimal | None
    new: Decimal


def request_review(
    schedule: Schedule,
    fees: Mapping[int, Decimal],
    *,
    modifiers: Modifiers | None = None,
    reason: str,
    by: Person,
) -> PriceReview:
    """Ask for higher weekly fees, by cell id, and for the whole set of `modifiers` (None: as they are).

    The provider's finance lead, whose provider has an agreement in force, while the yearly window is open. At
    any time where only modifiers are asked for and none were ever agreed: they belong to the first version.
    Contract managers are told. Raises `Refused` outside the window, and `Invalid` with field `fee-<cell id>`,
    `reason` or a field of `Modifiers`.
    """
    require(policy.can_request_review(by, schedule))
    lock_schedule(schedule)
    asked, wanted, takes_effect_on = plan_request(schedule, fees, modifiers)
    if not reason.strip():
        raise Invalid("Explain why you ask for these prices", field="reason")
    review = PriceReview(
        framework_id=schedule.framework.id,
        organisation_id=schedule.organisation.id,
        reason=reason.strip(),
        takes_effect_on=takes_effect_on,
        asked_modifiers=None if wanted is None else as_text(wanted),
        requested_by_id=by.id,
        requested_at=clock.locked_now(),
        lines=[PriceReviewLine(cell_id=one.cell_id, old_fee=one.old, asked_fee=one.new) for one in asked],
    )
    session.add(review)
    session.flush()
    details = {"cells": len(asked), "modifiers": wanted is not None}
    audit.record("price_review.requested", review, by=by, details=details)
    tell_that_it_waits(review, Role.CONTRACT_MANAGER)
    return review


def plan_request(
    schedule: Schedule, fees: Mapping[int, Decimal], modifiers: Modifiers | None
) -> tuple[list[Asked], Modifiers | None, date]:
    """What would be asked for and from which day; changes nothing. Raises as `request_review` does."""
    takes_effect_on = check_may_ask(schedule, only_modifiers=not fees)
    standing = pricing.list_prices(schedule, takes_effect_on)
    asked = [
        _asked(cell_id, fee, standing[cell_id].weekly_fee if cell_id in standing else None)
        for cell_id, fee in fees.items()
    ]
    wanted = _wanted(schedule, modifiers, takes_effect_on)
    if not asked and wanted is None:
        raise Invalid(
            "Enter a higher weekly fee for at least one price, or a change of a modifier", field="reason"
        )
    return asked, wanted, takes_effect_on


def check_may_ask(schedule: Schedule, *, only_modifiers: bool = False) -> date:
    """The day from which a request made today is meant to apply. Raises `Refused` with the reason."""
    agreement = queries.find_standing(schedule.framework.id, schedule.organisation.id)
    if agreement is None or agreement.state not in IN_FORCE:
        raise Refused("Prices are reviewed under an agreement that is in force, and there is none.")
    if queries.find_under_review(schedule.framework.id, schedule.organisation.id) is not None:
        raise Refused(
            "A price review of this schedule is under way already. Wait for its decision, or withdraw it first."
        )
    today, window = clock.today(), queries.get_terms(schedule.framework.id).window
    if window.is_open(today):
        return window.takes_effect_on
    if only_modifiers and not has_modifiers(schedule):
        return (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    raise Refused(
        f"A price review can be asked for from {uk_date(window.opens_on)} to {uk_date(window.closes_on)}."
        " Outside these dates prices can only be lowered."
    )


def has_modifiers(schedule: Schedule) -> bool:
    """Were modifiers ever agreed, whatever came of them?"""
    return pricing.find_modifiers_change(schedule, date.min) is not None


def withdraw_review(review: PriceReview, *, reason: str, by: Person, seen_version: int | None = None) -> None:
    """Take a request back before it is decided. The provider's finance lead. Raises `Refused`, `Stale`."""
    if not reason.strip():
        raise Invalid("Enter why the request is withdrawn", field="reason")
    transitions.apply(PRICE_REVIEW, "withdraw", review, by=by, seen_version=seen_version)
    add_step(review, ReviewStepKind.WITHDRAWN, reason, {}, by)


def attach_evidence(
    review: PriceReview, *, original_name: str, chunks: Iterable[bytes], by: Person
) -> Document:
    """Add a file to what the request rests on, until a recommendation is made. The provider's finance lead.

    Raises `Invalid` for field `file`, `Refused` once it is recommended or over.
    """
    require(policy.can_withdraw_review(by, review))
    document = documents.receive_document(
        organisation_id=review.organisation_id,
        round_id=None,
        original_name=original_name,
        chunks=chunks,
        by=by,
    )
    try:
        _attach(review, document, by)
    except Exception:
        documents.discard(document)
        raise
    return document


def _attach(review: PriceReview, document: Document, by: Person) -> None:
    lock(review)
    if review.state not in UNDER_REVIEW - {PriceReviewState.RECOMMENDED}:
        raise Refused(f"This price review is {review.state.label.lower()}, so no more evidence can be added.")
    if any(one.document.sha256 == document.sha256 for one in review.documents):
        raise Invalid("You have already added this file.", field="file")
    if len(review.documents) >= MOST_FILES:
        raise Invalid(f"A review takes {MOST_FILES} files. Put several into one file.", field="file")
    session.add(PriceReviewDocument(price_review_id=review.id, document_id=document.id))
    session.flush()
    session.expire(review, ["documents"])
    details = {"document_id": document.id, "sha256": document.sha256}
    audit.record("price_review.evidence_added", review, by=by, details=details)


def _asked(cell_id: int, fee: Decimal, old: Decimal | None) -> Asked:
    field = f"fee-{cell_id}"
    new = check_fee(fee, field=field)
    if old is not None and new <= old:
        raise Invalid(
            f"The price is {money(old)} a week. Ask for more here; a lower price you can set yourself",
            field=field,
        )
    return Asked(cell_id, old, new)


def _wanted(schedule: Schedule, modifiers: Modifiers | None, day: date) -> Modifiers | None:
    if modifiers is None:
        return None
    check_modifiers(modifiers)
    old = pricing.find_modifiers(schedule, day)
    if modifiers == old:
        return None
    if not dearer_in(old, modifiers):
        raise Invalid(
            "These modifiers cost the councils no more than the present ones. Change them yourself, at once",
            field="sibling_percent",
        )
    return modifiers
