"""The letter on the decision of a price review, as tagged PDF. The same decision always gives the same letter."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from portal.adapters import typeset
from portal.agreements import queries
from portal.agreements.models import PriceReview, PriceReviewStep
from portal.agreements.states import PlacedChildren, ReviewStepKind
from portal.core.errors import NotFound
from portal.core.ui import money, uk_date
from portal.frameworks.queries import list_cells
from portal.pricing.modifiers import NO_MODIFIERS, describe, from_text, percent
from portal.pricing.uplift import percent_change

LETTER = "letters/price_review.typ"


def render_review_letter(review: PriceReview) -> bytes:
    """What was asked for, what was decided and why, and from when. Raises `NotFound` before the decision."""
    decision = queries.find_step(review, ReviewStepKind.APPROVED, ReviewStepKind.REJECTED)
    if decision is None:
        raise NotFound
    return typeset.current().render(LETTER, _content(review, decision), made_at=decision.created_at)


def _content(review: PriceReview, decision: PriceReviewStep) -> dict[str, Any]:
    organisation, is_approved = review.organisation, decision.kind == ReviewStepKind.APPROVED
    begins = uk_date(date.fromisoformat(decision.data["effective_from"])) if is_approved else ""
    return {
        "title": "Decision on your request for a price review",
        "organisation": organisation.legal_name,
        "address": f"{organisation.registered_office}\n{organisation.postcode}",
        "urn": organisation.urn or "",
        "framework": f"{review.framework.title} ({review.framework.reference})",
        "date": uk_date(decision.created_at),
        "requested": uk_date(review.requested_at),
        "is_approved": is_approved,
        "begins": begins,
        "version": str(decision.data["version"]),
        "reasons": decision.text,
        "lines": _lines(review, decision),
        "modifiers": _modifiers(decision),
        "placed": PlacedChildren(decision.data["placed"]).label if is_approved else "",
        "decided_by": decision.done_by.full_name,
    }


def _lines(review: PriceReview, decision: PriceReviewStep) -> list[list[str]]:
    """Price, old fee, asked, decided and the change in percent, in the order of the schedule."""
    asked = {line.cell_id: line for line in review.lines}
    decided = {int(cell_id): Decimal(fee) for cell_id, fee in decision.data["fees"].items()}
    rows = []
    for cell in list_cells():
        if cell.id not in asked:
            continue
        line, fee = asked[cell.id], decided.get(cell.id)
        name = f"{cell.placement_type}, {cell.need_category}, {cell.age_band}"
        change = percent(percent_change(line.old_fee, fee)) if fee and line.old_fee else "–"
        rows.append(
            [
                name,
                money(line.old_fee) or "Not offered",
                money(line.asked_fee),
                money(fee) if fee else "No change",
                change,
            ]
        )
    return rows


def _modifiers(decision: PriceReviewStep) -> list[list[str]]:
    kept = decision.data.get("modifiers")
    if kept is None:
        return []
    return [list(row) for row in describe(from_text(kept) if kept else NO_MODIFIERS)]
