"""Which prices stand out: from the other bids, or from what members of the framework are paid. It marks; people judge.

Pure functions. The rules are published on the pages that use them, so that anybody can redo a mark by hand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import median

FEWEST_BIDS = 4
FEWEST_MEMBERS = 3
DEVIATIONS = 3
FROM_BIDS = Decimal("0.10")
FROM_MEMBERS = Decimal("0.20")
FROM_TOTALS = Decimal("0.20")

BIDS_RULE = (
    f"A fee stands out from the other bids when it differs from the median bid for its cell by more than {DEVIATIONS}"
    " median absolute deviations (the median of how far each bid is from the median) and by more than 10% of the"
    f" median. Nothing is marked in a cell with fewer than {FEWEST_BIDS} bids."
)
MEMBERS_RULE = (
    "A fee stands out from agreed prices when it differs by more than 20% from the median of what members of the"
    " framework were paid for its cell on the day on which prices were opened. Nothing is marked in a cell with"
    f" fewer than {FEWEST_MEMBERS} agreed prices."
)
TOTALS_RULE = (
    "A basket total is marked as perhaps abnormally low when it is more than 20% below the median of all basket"
    f" totals. Nothing is marked among fewer than {FEWEST_BIDS} applicants."
)


class Side(StrEnum):
    """Which side of the median a price stands out on."""

    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True)
class Middle:
    """Where the prices of one cell lie, in pounds: `deviation` is the median absolute deviation."""

    count: int
    lowest: Decimal
    median: Decimal
    highest: Decimal
    deviation: Decimal


def middle_of(prices: Collection[Decimal]) -> Middle | None:
    """Where these prices lie, or None when there are none."""
    if not prices:
        return None
    half = median(prices)
    return Middle(len(prices), min(prices), half, max(prices), median(abs(one - half) for one in prices))


def among_bids(fee: Decimal, bids: Middle | None) -> Side | None:
    """Does a fee stand out from the bids for its cell (`BIDS_RULE`)?"""
    if bids is None or bids.count < FEWEST_BIDS:
        return None
    return _side(fee, bids.median, max(DEVIATIONS * bids.deviation, FROM_BIDS * bids.median))


def among_members(fee: Decimal, members: Middle | None) -> Side | None:
    """Does a fee stand out from the prices agreed with members (`MEMBERS_RULE`)?"""
    if members is None or members.count < FEWEST_MEMBERS:
        return None
    return _side(fee, members.median, FROM_MEMBERS * members.median)


def is_low_total(total: Decimal, totals: Middle | None) -> bool:
    """Is a basket total perhaps abnormally low (`TOTALS_RULE`)?"""
    if totals is None or totals.count < FEWEST_BIDS:
        return False
    return total < totals.median - FROM_TOTALS * totals.median


def _side(fee: Decimal, half: Decimal, allowed: Decimal) -> Side | None:
    if abs(fee - half) <= allowed:
        return None
    return Side.LOW if fee < half else Side.HIGH
