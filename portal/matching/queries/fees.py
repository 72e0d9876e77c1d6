"""What a provider's place costs for these children on a day: the agreed fee and each modifier, child by child."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from portal.core.db import session
from portal.frameworks.models import AgeBand, PriceCell
from portal.matching.needs import Child, Needs
from portal.pricing.models import AgreedCell, Price, PriceVersion
from portal.pricing.modifiers import NO_MODIFIERS, PricedPlacement, nightly, price_for
from portal.pricing.queries import modifiers_on, price_on
from portal.pricing.states import PriceVersionState

NO_CELL = "The price schedule has no price for this age"
NO_PRICE = "No price agreed for that day"
NOT_OFFERED = "Not offered by this provider"


@dataclass(frozen=True)
class ChildFee:
    """One child's price; without one, `note` says why."""

    number: int
    child: Child
    price: PricedPlacement | None
    note: str = ""


@dataclass(frozen=True)
class Fees:
    """What all the children cost. `weekly` is None unless every one of them has a price."""

    children: tuple[ChildFee, ...]

    @property
    def weekly(self) -> Decimal | None:
        prices = [one.price for one in self.children]
        if not prices or any(price is None for price in prices):
            return None
        return sum((price.weekly for price in prices if price is not None), Decimal(0))

    @property
    def nightly(self) -> Decimal | None:
        return None if self.weekly is None else nightly(self.weekly)

    @property
    def note(self) -> str:
        return next((one.note for one in self.children if one.note), "")

    @property
    def has_modifiers(self) -> bool:
        return any(len(one.price.lines) > 1 for one in self.children if one.price is not None)


def fees_of(
    framework_id: uuid.UUID, organisation_ids: Collection[uuid.UUID], needs: Needs, day: date
) -> dict[uuid.UUID, Fees]:
    """Each provider's price for these children on `day`. Three statements, however many providers there are."""
    cells = find_cells(needs)
    agreed = price_on(framework_id, organisation_ids, {cell for cell in cells if cell is not None}, day)
    modifiers = modifiers_on(framework_id, organisation_ids, day)
    is_solo = "solo" in needs.musts

    def of(organisation_id: uuid.UUID, number: int, child: Child, cell: int | None) -> ChildFee:
        if cell is None:
            return ChildFee(number, child, None, NO_CELL)
        if (organisation_id, cell) not in agreed:
            return ChildFee(number, child, None, NO_PRICE)
        weekly = agreed[organisation_id, cell]
        if weekly is None:
            return ChildFee(number, child, None, NOT_OFFERED)
        nth = 1 if needs.apart else number
        of_provider = modifiers.get(organisation_id, NO_MODIFIERS)
        return ChildFee(number, child, price_for(weekly, of_provider, nth_child=nth, is_solo=is_solo))

    children = list(zip(needs.children, cells, strict=True))
    return {
        organisation_id: Fees(
            tuple(
                of(organisation_id, number, child, cell) for number, (child, cell) in enumerate(children, 1)
            )
        )
        for organisation_id in organisation_ids
    }


def find_cells(needs: Needs) -> list[int | None]:
    """The cell of the price schedule for each child, or None where the lists have none for its age."""
    rows = session.execute(
        sa.select(AgeBand.youngest, AgeBand.oldest, PriceCell.id)
        .join(PriceCell, PriceCell.age_band == AgeBand.code)
        .where(
            PriceCell.placement_type == needs.placement_type,
            PriceCell.need_category == needs.need_category,
        )
        .order_by(AgeBand.position)
    ).all()
    return [
        next((row.id for row in rows if row.youngest <= child.age <= row.oldest), None)
        for child in needs.children
    ]


def find_price_version(
    framework_id: uuid.UUID, organisation_id: uuid.UUID, cell_id: int, day: date
) -> uuid.UUID | None:
    """The version that set the price of this cell in force on `day`."""
    return session.scalars(
        sa.select(PriceVersion.id)
        .join(Price, Price.price_version_id == PriceVersion.id)
        .join(AgreedCell, AgreedCell.id == Price.agreed_cell_id)
        .where(
            AgreedCell.framework_id == framework_id,
            AgreedCell.organisation_id == organisation_id,
            AgreedCell.cell_id == cell_id,
            Price.period.contains(day),
            PriceVersion.state == PriceVersionState.APPROVED,
        )
    ).one_or_none()
