"""The prices that a provider joins a framework with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from portal.accounts.models import Person
from portal.core import transitions
from portal.core.errors import Invalid
from portal.frameworks.models import Framework
from portal.pricing.models import PriceVersion
from portal.pricing.modifiers import NO_MODIFIERS, Modifiers
from portal.pricing.queries import Schedule
from portal.pricing.services.versions import (
    add_cells,
    check_fee,
    open_prices,
    propose_version,
    record_modifiers,
)
from portal.pricing.workflow import PRICE_VERSION
from portal.providers.models import Organisation


class SubmittedLine(Protocol):
    """A price as submitted; applications stand above this feature, so only its shape is known here."""

    @property
    def cell_id(self) -> int: ...
    @property
    def weekly_fee(self) -> Decimal | None: ...


class Submitted(Protocol):
    """A submission with its prices."""

    @property
    def prices(self) -> Sequence[SubmittedLine]: ...


def adopt_submitted_prices(
    framework: Framework,
    organisation: Organisation,
    submission: Submitted,
    *,
    effective_from: date,
    by: Person,
) -> PriceVersion:
    """Make the submitted prices the provider's agreed prices from a date on, as its agreement takes effect.

    The commissioner who countersigns. Cells submitted as "not offered" are adopted as that. Raises
    `Invalid` when nothing was priced or when later prices are already agreed.
    """
    fees = {line.cell_id: line.weekly_fee for line in submission.prices}
    reason = "Prices as submitted with the application, in force with the agreement."
    return _adopt(Schedule(organisation, framework), fees, effective_from, reason, by)


def set_initial_prices(
    framework: Framework,
    organisation: Organisation,
    fees: Mapping[int, Decimal | None],
    *,
    effective_from: date,
    by: Person,
    modifiers: Modifiers = NO_MODIFIERS,
) -> PriceVersion:
    """Record the prices of a member from before the portal, by cell id; None is "not offered".

    With the modifiers that were agreed with them. A commissioner. Raises `Invalid` for a fee of nothing or
    less, or with parts of a penny (rule 8).
    """
    reason = "Prices agreed before the portal, as recorded when it began."
    version = _adopt(Schedule(organisation, framework), fees, effective_from, reason, by)
    if modifiers:
        record_modifiers(version, modifiers)
    return version


def _adopt(
    schedule: Schedule, fees: Mapping[int, Decimal | None], effective_from: date, reason: str, by: Person
) -> PriceVersion:
    checked = {cell_id: None if fee is None else check_fee(fee) for cell_id, fee in fees.items()}
    if not checked:
        raise Invalid("There are no prices to take over.")
    cells = add_cells(schedule, set(checked))
    version = propose_version(schedule, effective_from=effective_from, reason=reason, by=by)
    transitions.apply(PRICE_VERSION, "adopt", version, by=by, details={"cells": len(checked)})
    open_prices(version, checked, cells)
    return version
