"""Reads of the price schedule: the three lists, their cells, and a round's basket."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.catalogue import kept
from portal.core.db import session
from portal.frameworks.models import (
    AgeBand,
    BasketVolume,
    NeedCategory,
    PlacementType,
    PriceCell,
    Round,
)


@dataclass(frozen=True)
class CellRow:
    """A cell of the price schedule with the words of its three lists, in the lists' order."""

    id: int
    placement_type: str
    need_category: str
    age_band: str
    type_code: str
    category_code: str
    band_code: str


def list_volumes(round_: Round) -> dict[int, BasketVolume]:
    """The round's basket volumes by cell id. A cell without one counts for nothing."""
    return _list_volumes(round_.id)


@kept
def _list_volumes(round_id: uuid.UUID) -> dict[int, BasketVolume]:
    found = session.scalars(sa.select(BasketVolume).where(BasketVolume.round_id == round_id))
    return {volume.cell_id: volume for volume in found}


def count_basket_weeks(round_: Round) -> int:
    """All weeks in the round's basket."""
    total = sa.select(sa.func.coalesce(sa.func.sum(BasketVolume.weeks), 0))
    return int(session.execute(total.where(BasketVolume.round_id == round_.id)).scalar_one())


@kept
def list_cells() -> list[CellRow]:
    """Every cell of the price schedule, in the order of the three lists."""
    rows = session.execute(
        sa.select(
            PriceCell.id,
            PlacementType.label,
            NeedCategory.label,
            AgeBand.label,
            PriceCell.placement_type,
            PriceCell.need_category,
            PriceCell.age_band,
        )
        .join(PlacementType, PlacementType.code == PriceCell.placement_type)
        .join(NeedCategory, NeedCategory.code == PriceCell.need_category)
        .join(AgeBand, AgeBand.code == PriceCell.age_band)
        .order_by(PlacementType.position, NeedCategory.position, AgeBand.position)
    )
    return [CellRow(*row) for row in rows]


@kept
def list_placement_types() -> Sequence[PlacementType]:
    """Kinds of placement, in order."""
    return session.scalars(sa.select(PlacementType).order_by(PlacementType.position)).all()


@kept
def list_need_categories() -> Sequence[NeedCategory]:
    """Categories of need, in order."""
    return session.scalars(sa.select(NeedCategory).order_by(NeedCategory.position)).all()


@kept
def list_age_bands() -> Sequence[AgeBand]:
    """Age bands, youngest first."""
    return session.scalars(sa.select(AgeBand).order_by(AgeBand.position)).all()
