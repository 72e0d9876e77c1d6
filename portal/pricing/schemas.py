"""What the API gives of agreed prices. Money is text with two decimals, so that no machine rounds it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from portal.core.rest.schemas import Strict
from portal.pricing.models import Price
from portal.pricing.modifiers import Modifiers, nightly
from portal.pricing.queries import Schedule


class PriceQuery(Strict):
    """For which day."""

    on: date | None = None
    """The day, such as 2026-05-03; today unless it is given."""


class Cell(Strict):
    """What one cell of the schedule costs on that day."""

    placement_type: str
    need_category: str
    age_band: str
    weekly_fee: str | None
    """Pounds and pence a week, such as 814.22; null where it is not offered."""
    nightly_fee: str | None
    """A seventh of it, to the nearest penny."""
    in_force_from: date | None
    in_force_to: date | None
    """The last day; null where no end is agreed."""

    @classmethod
    def of(cls, price: Price) -> Cell:
        """From the row."""
        cell, fee = price.agreed_cell.cell, price.weekly_fee
        ends = price.period.upper
        return cls(
            placement_type=cell.placement_type,
            need_category=cell.need_category,
            age_band=cell.age_band,
            weekly_fee=_text(fee),
            nightly_fee=_text(nightly(fee)) if fee is not None else None,
            in_force_from=price.period.lower,
            in_force_to=ends - timedelta(days=1) if ends is not None else None,
        )


class AgreedModifiers(Strict):
    """What changes a weekly fee; null is none agreed. Per cents and pounds are text with two decimals."""

    sibling_from: int | None
    """From the nth child placed together, sibling_percent off each fee."""
    sibling_percent: str | None
    long_term_weeks: int | None
    """After so many weeks, long_term_percent off."""
    long_term_percent: str | None
    retainer_percent: str | None
    solo_amount: str | None
    solo_percent: str | None

    @classmethod
    def of(cls, agreed: Modifiers) -> AgreedModifiers:
        """From what is in force."""
        return cls(
            sibling_from=agreed.sibling_from,
            sibling_percent=_text(agreed.sibling_percent),
            long_term_weeks=agreed.long_term_weeks,
            long_term_percent=_text(agreed.long_term_percent),
            retainer_percent=_text(agreed.retainer_percent),
            solo_amount=_text(agreed.solo_amount),
            solo_percent=_text(agreed.solo_percent),
        )


class PriceSchedule(Strict):
    """Your prices under one framework."""

    framework: str
    cells: list[Cell]
    modifiers: AgreedModifiers

    @classmethod
    def of(cls, schedule: Schedule, prices: list[Price], agreed: Modifiers) -> PriceSchedule:
        """From what is in force."""
        cells = [Cell.of(price) for price in prices]
        return cls(
            framework=schedule.framework.title,
            cells=sorted(cells, key=lambda cell: (cell.placement_type, cell.need_category, cell.age_band)),
            modifiers=AgreedModifiers.of(agreed),
        )


class Prices(Strict):
    """Your agreed prices in force on one day."""

    on: date
    schedules: list[PriceSchedule]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
