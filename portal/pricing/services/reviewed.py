"""What an authorised decision on a price review does to a schedule: a new version, or a rejected one on record."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from portal.accounts.models import Person
from portal.core import clock, transitions
from portal.core.errors import Invalid
from portal.pricing import queries
from portal.pricing.models import PriceVersion
from portal.pricing.modifiers import Modifiers
from portal.pricing.queries import Schedule
from portal.pricing.services.versions import (
    add_cells,
    check_fee,
    open_prices,
    propose_version,
    record_modifiers,
)
from portal.pricing.workflow import PRICE_VERSION


def approve_reviewed_prices(
    schedule: Schedule,
    fees: Mapping[int, Decimal],
    modifiers: Modifiers | None,
    *,
    review_id: uuid.UUID,
    effective_from: date,
    reason: str,
    by: Person,
) -> PriceVersion:
    """Put the decided fees, by cell id, and modifiers (None: as they are) in force from a date on.

    The approver, through the price review that decided it. Raises `Invalid` for a date that has passed and for
    a cell or modifiers that already change then or later.
    """
    if effective_from < clock.today():
        raise Invalid("The date on which these prices begin has passed: past prices never change")
    checked = {cell_id: check_fee(fee) for cell_id, fee in fees.items()}
    cells = add_cells(schedule, set(checked))
    if modifiers is not None and queries.find_modifiers_change(schedule, effective_from) is not None:
        raise Invalid("The modifiers already change on that day or later. Choose a later date")
    version = _propose(schedule, review_id, effective_from, reason, by)
    details = {"cells": len(checked), "from_date": effective_from.isoformat(), "review_id": review_id}
    transitions.apply(
        PRICE_VERSION, "approve", version, by=by, facts={"review_id": review_id}, details=details
    )
    open_prices(version, checked, cells)
    if modifiers is not None:
        record_modifiers(version, modifiers)
    return version


def reject_reviewed_prices(
    schedule: Schedule, *, review_id: uuid.UUID, effective_from: date, reason: str, by: Person
) -> PriceVersion:
    """Keep on record that what a review asked for was rejected; no price changes. The approver."""
    add_cells(schedule, set())
    version = _propose(schedule, review_id, effective_from, reason, by)
    details = {"review_id": review_id}
    transitions.apply(
        PRICE_VERSION, "reject", version, by=by, facts={"review_id": review_id}, details=details
    )
    return version


def _propose(
    schedule: Schedule, review_id: uuid.UUID, effective_from: date, reason: str, by: Person
) -> PriceVersion:
    version = propose_version(schedule, effective_from=effective_from, reason=reason, by=by)
    version.review_id = review_id
    return version
