"""Reads that set prices side by side: two days of one schedule, and what the members of a framework charge."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.core.db import session
from portal.pricing.models import AgreedCell, Price, PriceModifiers, PriceVersion
from portal.pricing.queries.schedules import Schedule, of_schedule, prices_in_force
from portal.pricing.states import PriceVersionState, VersionStanding
from portal.pricing.uplift import percent_change

# Fewer would tell a provider, who knows its own price, too much of the others' (rule 9).
FEWEST_FOR_A_MEDIAN = 5


@dataclass(frozen=True)
class Pair:
    """Two weekly fees of one cell; None is "not offered" or not agreed."""

    cell_id: int
    old: Decimal | None
    new: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """In pounds a week."""
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def percent(self) -> Decimal | None:
        """To two decimals."""
        return None if self.old is None or self.new is None else percent_change(self.old, self.new)


@dataclass(frozen=True)
class Median:
    """The middle weekly fee of one cell among the members who price it, and how many they are."""

    providers: int
    fee: Decimal


def compare_days(schedule: Schedule, first: date, second: date) -> list[Pair]:
    """Every cell that was agreed on either day, in no order."""
    on = sa.func.max(Price.weekly_fee)
    rows = session.execute(
        sa.select(
            AgreedCell.cell_id,
            on.filter(Price.period.contains(first)),
            on.filter(Price.period.contains(second)),
        )
        .join(Price, Price.agreed_cell_id == AgreedCell.id)
        .where(
            *of_schedule(AgreedCell, schedule),
            sa.or_(Price.period.contains(first), Price.period.contains(second)),
        )
        .group_by(AgreedCell.cell_id)
    )
    return [Pair(*row) for row in rows]


def list_medians(
    framework_id: uuid.UUID,
    cell_ids: Collection[int],
    day: date,
    members: sa.ScalarSelect[Any] | sa.Select[Any],
) -> dict[int, Median]:
    """The median weekly fee of each cell on `day` among `members`, a statement of organisation ids; exact.

    The average of the two in the middle where they are an even number. Whoever shows it to a provider leaves
    out those of fewer than `FEWEST_FOR_A_MEDIAN` providers.
    """
    prices = prices_in_force(framework_id, cell_ids, day)
    fees = sa.func.array_agg(
        sa.type_coerce(prices.c.weekly_fee, sa.Numeric(12, 2)), type_=sa.ARRAY(sa.Numeric)
    )
    rows = session.execute(
        sa.select(prices.c.cell_id, fees)
        .where(prices.c.weekly_fee.is_not(None), prices.c.organisation_id.in_(members))
        .group_by(prices.c.cell_id)
    )
    return {cell_id: Median(len(found), _middle(sorted(found))) for cell_id, found in rows}


def list_fees(
    framework_id: uuid.UUID, cell_ids: Collection[int], day: date, members: sa.Select[Any]
) -> dict[uuid.UUID, dict[int, Decimal]]:
    """Every member's weekly fees on `day`, by organisation and cell id: for the councils alone (rule 9)."""
    prices = prices_in_force(framework_id, cell_ids, day)
    fees: dict[uuid.UUID, dict[int, Decimal]] = {}
    for row in session.execute(
        sa.select(prices).where(prices.c.weekly_fee.is_not(None), prices.c.organisation_id.in_(members))
    ):
        fees.setdefault(row.organisation_id, {})[row.cell_id] = row.weekly_fee
    return fees


def standings_of(versions: Collection[PriceVersion], day: date) -> dict[uuid.UUID, VersionStanding]:
    """What each version is on `day`: in force while any of its prices, or its modifiers, still apply."""
    applying = set(_applying(versions, day))
    return {version.id: _standing(version, day, version.id in applying) for version in versions}


def _applying(versions: Collection[PriceVersion], day: date) -> list[uuid.UUID]:
    ids = [version.id for version in versions]
    later = aliased(PriceModifiers)
    replaced = sa.exists().where(
        later.framework_id == PriceModifiers.framework_id,
        later.organisation_id == PriceModifiers.organisation_id,
        later.effective_from > PriceModifiers.effective_from,
        later.effective_from <= day,
    )
    return list(
        session.scalars(
            sa.union(
                sa.select(Price.price_version_id).where(
                    Price.price_version_id.in_(ids), Price.period.contains(day)
                ),
                sa.select(PriceModifiers.price_version_id).where(
                    PriceModifiers.price_version_id.in_(ids), PriceModifiers.effective_from <= day, ~replaced
                ),
            )
        )
    )


def _standing(version: PriceVersion, day: date, applies: bool) -> VersionStanding:
    if version.state != PriceVersionState.APPROVED:
        return VersionStanding.REJECTED
    if version.effective_from > day:
        return VersionStanding.FUTURE
    return VersionStanding.IN_FORCE if applies else VersionStanding.SUPERSEDED


def _middle(fees: list[Decimal]) -> Decimal:
    half, odd = divmod(len(fees), 2)
    return fees[half] if odd else (fees[half - 1] + fees[half]) / 2
