"""A provider may lower a price at any time; it rises only through a price review (domain handbook §7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import clock, transitions
from portal.core.access import require
from portal.core.db import session
from portal.core.errors import Invalid, Stale
from portal.core.ui import money, uk_date
from portal.frameworks.models import Framework
from portal.pricing import policy, queries
from portal.pricing.models import AgreedCell, Price, PriceVersion
from portal.pricing.queries import Schedule
from portal.pricing.services.versions import check_fee, lock_schedule, open_prices, propose_version
from portal.pricing.workflow import PRICE_VERSION
from portal.providers.models import Organisation

LATEST_YEARS_AHEAD = 5


@dataclass(frozen=True)
class Lowering:
    """One cell's price before and after."""

    cell_id: int
    old: Decimal
    new: Decimal

    @property
    def difference(self) -> Decimal:
        return self.new - self.old


def lower_prices(
    framework: Framework,
    organisation: Organisation,
    fees: Mapping[int, Decimal],
    *,
    effective_from: date,
    reason: str,
    by: Person,
    seen_number: int | None = None,
) -> PriceVersion:
    """Lower the weekly fees of some cells from today or a later date, as a new version approved at once.

    The provider's finance lead. Earlier prices end the day before and stay on record. `seen_number` is the
    newest version when the form was shown: `Stale` if there is a newer one. Raises `Invalid` with field
    `fee-<cell id>`, `effective_from` or `reason` for a raise, a cell that is not offered, a date that has
    passed, and a price that already changes then or later.
    """
    schedule = Schedule(organisation, framework)
    require(policy.can_lower(by, schedule))
    cells = lock_schedule(schedule)
    if seen_number is not None and queries.latest_number(schedule) != seen_number:
        raise Stale
    if not reason.strip():
        raise Invalid("Enter why the prices are lowered", field="reason")
    lines = plan_lowering(schedule, fees, effective_from)
    version = propose_version(schedule, effective_from=effective_from, reason=reason.strip(), by=by)
    details = {"cells": len(lines), "from_date": effective_from.isoformat()}
    transitions.apply(PRICE_VERSION, "lower", version, by=by, facts={"lowered": lines}, details=details)
    open_prices(version, {line.cell_id: line.new for line in lines}, cells)
    return version


def plan_lowering(schedule: Schedule, fees: Mapping[int, Decimal], effective_from: date) -> list[Lowering]:
    """What the change would be, cell by cell; changes nothing. Raises as `lower_prices` does."""
    check_start(effective_from)
    if not fees:
        raise Invalid("Enter a new weekly fee for at least one price", field="effective_from")
    standing = _prices_from(schedule, fees, effective_from)
    return [
        _lowered(cell_id, fee, standing.get(cell_id, []), effective_from) for cell_id, fee in fees.items()
    ]


def check_start(effective_from: date) -> None:
    """A change begins today or later, and within five years. Raises `Invalid` for `effective_from`."""
    today = clock.today()
    if effective_from < today:
        raise Invalid("The date must be today or later: past prices never change", field="effective_from")
    if effective_from.year > today.year + LATEST_YEARS_AHEAD:
        raise Invalid(f"The date must be within {LATEST_YEARS_AHEAD} years", field="effective_from")


def _prices_from(schedule: Schedule, fees: Mapping[int, Decimal], start: date) -> dict[int, list[Price]]:
    """The prices in force on `start` or later, earliest first, by cell id."""
    found = session.scalars(
        sa.select(Price)
        .join(Price.agreed_cell)
        .where(
            AgreedCell.framework_id == schedule.framework.id,
            AgreedCell.organisation_id == schedule.organisation.id,
            AgreedCell.cell_id.in_(list(fees)),
            sa.or_(sa.func.upper(Price.period).is_(None), sa.func.upper(Price.period) > start),
        )
        .order_by(sa.func.lower(Price.period))
    )
    by_cell: dict[int, list[Price]] = {}
    for price in found:
        by_cell.setdefault(price.agreed_cell.cell_id, []).append(price)
    return by_cell


def _lowered(cell_id: int, fee: Decimal, standing: list[Price], start: date) -> Lowering:
    field = f"fee-{cell_id}"
    new = check_fee(fee, field=field)
    first = standing[0] if standing else None
    if first is None or first.period.lower is None or first.period.lower > start:
        raise Invalid("There is no agreed price on that date", field=field)
    if len(standing) > 1 or first.period.lower == start:
        change = standing[-1].period.lower
        raise Invalid(f"This price already changes on {uk_date(change)}. Choose a later date", field=field)
    if first.weekly_fee is None:
        raise Invalid("You do not offer this. A new price is agreed through a price review", field=field)
    if new == first.weekly_fee:
        raise Invalid(f"This is the price already: {money(new)} a week. Enter a lower one", field=field)
    if new > first.weekly_fee:
        raise Invalid(
            f"The price is {money(first.weekly_fee)} a week. It can only be lowered here:"
            " an increase happens only through a price review",
            field=field,
        )
    return Lowering(cell_id, first.weekly_fee, new)
