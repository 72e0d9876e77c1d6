"""The arithmetic of evaluation: quality points, basket totals, price points and ranks, exact in decimals.

Pure functions without a database, so that every published rule can be read, tested and explained in one
place. Points are rounded once, at the end of their own calculation, to two decimals, half up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from portal.frameworks import states as published

HIGHEST_SCORE = 5
WIDE_SPREAD = 2
PLACES = Decimal("0.01")

# The rules as they are published with a round, and computed here.
PRICE_RULE = published.PRICE_RULE
LOWEST_RULE = published.LOWEST_RULE
NOT_OFFERED_RULE = published.NOT_OFFERED_RULE
ROUNDING_RULE = published.ROUNDING_RULE

Prices = Mapping[int, Decimal]  # cell id → weekly fee; a cell that is not offered is absent


@dataclass(frozen=True)
class BasketCell:
    """One cell of the round's basket: how many weeks it counts for, and the highest fee allowed, if any."""

    cell_id: int
    weeks: int
    ceiling: Decimal | None


@dataclass(frozen=True)
class CellCost:
    """What one cell adds to a basket total. `fee` None: nobody offers the cell and it has no ceiling."""

    cell: BasketCell
    fee: Decimal | None
    is_offered: bool

    @property
    def cost(self) -> Decimal:
        return Decimal(0) if self.fee is None else self.fee * self.cell.weeks


def rounded(value: Fraction | Decimal) -> Decimal:
    """Two decimals, half up. Exact for any fraction: no binary or intermediate rounding."""
    hundredths = Fraction(value) * 100
    whole, rest = divmod(hundredths.numerator, hundredths.denominator)
    if 2 * rest >= hundredths.denominator:
        whole += 1
    return (Decimal(whole) * PLACES).quantize(PLACES, rounding=ROUND_HALF_UP)


def weighted(score: int, weight: Decimal) -> Fraction:
    """Points of one question before rounding: score ÷ 5 × weight."""
    return Fraction(score, HIGHEST_SCORE) * Fraction(weight)


def quality_points(scores: Iterable[tuple[int, Decimal]]) -> Decimal:
    """The quality score: the sum over (score, weight) of score ÷ 5 × weight, rounded at the end."""
    return rounded(sum((weighted(score, weight) for score, weight in scores), Fraction(0)))


def price_points(lowest: Decimal, total: Decimal, weight: Decimal) -> Decimal:
    """The price score: lowest ÷ total × weight, rounded at the end. No priced basket at all earns nothing."""
    if total <= 0:
        return rounded(Decimal(0))
    return rounded(Fraction(lowest) / Fraction(total) * Fraction(weight))


def highest_offers(bids: Iterable[Prices]) -> dict[int, Decimal]:
    """For each cell the highest weekly fee offered by any of these bids."""
    highest: dict[int, Decimal] = {}
    for prices in bids:
        for cell_id, fee in prices.items():
            highest[cell_id] = max(fee, highest.get(cell_id, fee))
    return highest


def basket_costs(basket: Sequence[BasketCell], prices: Prices, highest: Prices) -> list[CellCost]:
    """What each cell of the basket costs under one bid, by `NOT_OFFERED_RULE`.

    `highest` holds the highest offer of any compliant applicant for each cell, in pounds a week.
    """
    return [_cost(cell, prices, highest) for cell in basket]


def basket_total(basket: Sequence[BasketCell], prices: Prices, highest: Prices) -> Decimal:
    """The basket total of one bid in pounds: the sum of weekly fee × weeks over the basket's cells."""
    return sum((line.cost for line in basket_costs(basket, prices, highest)), Decimal(0))


def _cost(cell: BasketCell, prices: Prices, highest: Prices) -> CellCost:
    offered = prices.get(cell.cell_id)
    if offered is not None:
        return CellCost(cell, offered, is_offered=True)
    return CellCost(
        cell, cell.ceiling if cell.ceiling is not None else highest.get(cell.cell_id), is_offered=False
    )


def spread(values: Sequence[int]) -> int:
    """How far apart the evaluators' scores are."""
    return max(values) - min(values) if values else 0


def ranks(scores: Sequence[tuple[Decimal, Decimal]]) -> list[int]:
    """The rank of each (total, quality): higher total first, then higher quality; equals share a rank."""
    return [1 + sum(other > mine for other in scores) for mine in scores]
