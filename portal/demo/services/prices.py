"""What the rounds' basket holds, what each provider asks, and how members lowered their prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core.db import session
from portal.demo.services import texts
from portal.demo.services.people import finance_lead_of
from portal.demo.services.story import Story
from portal.frameworks.models import PriceCell
from portal.frameworks.services.rounds import Volume
from portal.pricing.modifiers import Modifiers
from portal.pricing.services import lower_prices

PENNY = Decimal("0.01")


@dataclass(frozen=True)
class BasketCell:
    """One priced cell: `base` is the middle of the market in pounds a week."""

    cell_id: int
    placement_type: str
    need_category: str
    weeks: int
    base: Decimal
    ceiling: Decimal | None


@dataclass(frozen=True)
class Lowering:
    """A finance lead lowers some prices on `day`, in force `in_days` later, by a factor."""

    provider: str
    day: int
    in_days: int
    placement_type: str
    need_category: str
    factor: Decimal
    reason: str


# What the members from before the portal had agreed beside their weekly fees.
MODIFIERS = {
    "ragstone": Modifiers(
        sibling_from=2,
        sibling_percent=Decimal("5"),
        long_term_weeks=52,
        long_term_percent=Decimal("2.5"),
        retainer_percent=Decimal("50"),
        solo_amount=Decimal("95.00"),
    ),
    "samphire": Modifiers(sibling_from=3, sibling_percent=Decimal("7.5"), solo_percent=Decimal("12")),
}

# With the prices that each joined with, both come to three versions: one past, one in force, one to come.
LOWERINGS = (
    Lowering(
        *("ragstone", -204, 7, "standard", "standard", Decimal("0.985")),
        reason="Two more households in Ashenmead have brought our travel costs down, and we pass that on.",
    ),
    Lowering(
        *("ragstone", -9, 31, "siblings", "standard", Decimal("0.96")),
        reason="So that brothers and sisters can stay together: a lower fee for each child from next month.",
    ),
    Lowering(
        *("tidewell", -10, 4, "uasc", "standard", Decimal("0.97")),
        reason="Interpreting is now shared with a neighbouring agency.",
    ),
    Lowering(
        *("tidewell", -2, 40, "standard", "enhanced", Decimal("0.98")),
        reason="Our therapist has joined the staff, which costs less than buying hours.",
    ),
)


def tell(story: Story) -> None:
    """Finance leads lower some of their prices."""
    for lowering in LOWERINGS:
        story.add(lowering.day, "15:40", finance_lead_of(lowering.provider), partial(_lower, story, lowering))


def fees_of(provider: str) -> dict[int, Decimal | None]:
    """The weekly fee a provider asks for each cell of the basket, by cell id; None is "not offered"."""
    bid = texts.read("prices")["bids"][provider]
    factor = Decimal(bid["factor"])
    return {
        cell.cell_id: None if cell.placement_type in bid["not_offered"] else _pence(cell.base * factor)
        for cell in basket()
    }


def volumes() -> dict[int, Volume]:
    """The basket of every round, by cell id."""
    return {cell.cell_id: Volume(cell.weeks, cell.ceiling) for cell in basket()}


def basket() -> Iterator[BasketCell]:
    """The priced cells with their ids in this database."""
    rows = session.execute(
        sa.select(PriceCell.id, PriceCell.placement_type, PriceCell.need_category, PriceCell.age_band)
    )
    ids = {(row.placement_type, row.need_category, row.age_band): row.id for row in rows}
    for line in texts.read("prices")["cells"]:
        kind, category = line["type"], line["category"]
        ceiling = Decimal(line["ceiling"]) if "ceiling" in line else None
        for band, weeks, base in zip(line["bands"], line["weeks"], line["base"], strict=True):
            yield BasketCell(ids[kind, category, band], kind, category, weeks, Decimal(base), ceiling)


def _lower(story: Story, lowering: Lowering, by: Person) -> None:
    asked = fees_of(lowering.provider)
    kind, category = lowering.placement_type, lowering.need_category
    fees = {
        cell.cell_id: _pence(fee * lowering.factor)
        for cell in basket()
        if (cell.placement_type, cell.need_category) == (kind, category)
        and (fee := asked[cell.cell_id]) is not None
    }
    lower_prices(
        story.framework(),
        story.organisation(lowering.provider),
        fees,
        effective_from=_in_force(story, lowering),
        reason=lowering.reason,
        by=by,
    )


def _in_force(story: Story, lowering: Lowering) -> date:
    return story.day(lowering.day) + timedelta(days=lowering.in_days)


def _pence(amount: Decimal) -> Decimal:
    return amount.quantize(PENNY, ROUND_HALF_UP)
