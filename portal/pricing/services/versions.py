"""How a version's prices come into force: the earlier price ends the day before, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range, insert

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import Invalid, on_constraint
from portal.pricing import queries
from portal.pricing.models import AgreedCell, Price, PriceModifiers, PriceVersion
from portal.pricing.modifiers import HUNDRED, PENNY, Modifiers
from portal.pricing.queries import Schedule

HIGHEST_FEE = Decimal("99999.99")
HUNDREDTH = Decimal("0.01")  # of a percent
LATEST_START = 999  # weeks, or children

on_constraint(
    "uq_price_modifiers_framework_id_organisation_id_effective_from",
    "The modifiers already change on that day. Choose another date",
    field="effective_from",
)
on_constraint(
    "ex_price_no_overlap",
    "This price was changed at the same moment. Look at the schedule again, then repeat your change",
)
on_constraint(
    "uq_price_version_framework_id_organisation_id_number",
    "The price schedule was changed at the same moment. Look at it again, then repeat your change",
)


def lock_schedule(schedule: Schedule) -> dict[int, AgreedCell]:
    """Lock a schedule's cells, in one order, so that its changes come one after another. By cell id."""
    cells = session.scalars(
        sa.select(AgreedCell)
        .where(
            AgreedCell.framework_id == schedule.framework.id,
            AgreedCell.organisation_id == schedule.organisation.id,
        )
        .order_by(AgreedCell.id)
        .with_for_update(of=AgreedCell)
    ).all()
    return {cell.cell_id: cell for cell in cells}


def propose_version(schedule: Schedule, *, effective_from: date, reason: str, by: Person) -> PriceVersion:
    """The schedule's next version, still without prices. Call with the schedule locked."""
    version = PriceVersion(
        framework_id=schedule.framework.id,
        organisation_id=schedule.organisation.id,
        number=queries.latest_number(schedule) + 1,
        effective_from=effective_from,
        reason=reason,
        proposed_by_id=by.id,
    )
    session.add(version)
    session.flush()
    return version


def add_cells(schedule: Schedule, cell_ids: set[int]) -> dict[int, AgreedCell]:
    """Make the schedule's missing cells, then lock all of it."""
    rows = [
        {
            "framework_id": schedule.framework.id,
            "organisation_id": schedule.organisation.id,
            "cell_id": cell_id,
        }
        for cell_id in sorted(cell_ids)
    ]
    if rows:
        session.execute(insert(AgreedCell).values(rows).on_conflict_do_nothing())
    return lock_schedule(schedule)


def open_prices(
    version: PriceVersion, fees: Mapping[int, Decimal | None], cells: Mapping[int, AgreedCell]
) -> None:
    """Put the version's prices in force from its date on: None is "not offered".

    A price in force then ends the day before; one that begins then or later is refused, because
    nothing agreed is overwritten.
    """
    start = version.effective_from
    standing = session.scalars(
        sa.select(Price).where(
            Price.agreed_cell_id.in_([cells[cell_id].id for cell_id in fees]),
            sa.or_(sa.func.upper(Price.period).is_(None), sa.func.upper(Price.period) > start),
        )
    ).all()
    for price in standing:
        if price.period.lower is None or price.period.lower >= start:
            raise Invalid(
                "A price of this schedule already changes on that day or later. Choose a later date"
            )
        price.period = Range(price.period.lower, start)
    # Ended first: the database refuses an overlap at once.
    session.flush()
    for cell_id, fee in fees.items():
        session.add(
            Price(
                agreed_cell_id=cells[cell_id].id,
                price_version_id=version.id,
                weekly_fee=fee,
                not_offered=fee is None,
                period=Range(start, None),
            )
        )
    session.flush()


def record_modifiers(version: PriceVersion, modifiers: Modifiers) -> None:
    """Put the whole set of modifiers in force from the version's date on; checked by `check_modifiers`.

    Refused by the database when the schedule's modifiers already change on that very day.
    """
    check_modifiers(modifiers)
    session.add(
        PriceModifiers(
            price_version_id=version.id,
            framework_id=version.framework_id,
            organisation_id=version.organisation_id,
            effective_from=version.effective_from,
            **asdict(modifiers),
        )
    )
    session.flush()


def check_modifiers(modifiers: Modifiers) -> None:
    """Whole pairs, percentages with at most two decimals, and never both kinds of solo supplement (rule 8).

    Raises `Invalid` with the field of `Modifiers` at fault.
    """
    _check_discount(modifiers, "sibling_from", "sibling_percent", "sibling discount", lowest=2)
    _check_discount(modifiers, "long_term_weeks", "long_term_percent", "long-term discount", lowest=1)
    for field in ("retainer_percent", "solo_percent"):
        _check_percent(getattr(modifiers, field), field, highest=HUNDRED)
    if modifiers.solo_amount is not None:
        check_fee(modifiers.solo_amount, field="solo_amount")
        if modifiers.solo_percent is not None:
            raise Invalid(
                "Enter the solo supplement in pounds or as a percentage, not both", field="solo_amount"
            )


def _check_discount(modifiers: Modifiers, start: str, share: str, name: str, *, lowest: int) -> None:
    begins, percent = getattr(modifiers, start), getattr(modifiers, share)
    if percent is not None and begins is None:
        raise Invalid(f"Say from when the {name} applies", field=start)
    if begins is not None and percent is None:
        raise Invalid(f"Enter the percentage of the {name}", field=share)
    if begins is not None and not lowest <= begins <= LATEST_START:
        raise Invalid(f"Enter a whole number from {lowest} to {LATEST_START:,}", field=start)
    _check_percent(percent, share, highest=HUNDRED - HUNDREDTH)


def _check_percent(percent: Decimal | None, field: str, *, highest: Decimal) -> None:
    if percent is None:
        return
    if not percent.is_finite() or not 0 < percent <= highest or percent != percent.quantize(HUNDREDTH):
        words = "100" if highest == HUNDRED else "less than 100"
        raise Invalid(f"Enter a percentage more than 0 and up to {words}, such as 7.5", field=field)


def check_fee(fee: Decimal, *, field: str | None = None) -> Decimal:
    """A weekly fee in pounds and whole pence, more than nothing (rule 8)."""
    if not isinstance(fee, Decimal):
        raise TypeError("Money is a Decimal, never a float.")
    if not fee.is_finite() or fee <= 0:
        raise Invalid("A weekly fee must be more than £0", field=field)
    if fee > HIGHEST_FEE:
        raise Invalid(f"A weekly fee cannot be more than £{HIGHEST_FEE:,}", field=field)
    if fee != fee.quantize(PENNY):
        raise Invalid("A weekly fee must be in pounds and whole pence, such as 812.50", field=field)
    return fee.quantize(PENNY)
