"""The arithmetic of evaluation: quality points, basket totals, price points and ranks, exact in decimals.

Pure functions without a database, so that every published rule can be read, tested and explained in one
place. Points are rounded once, at the end of their own calculation, half up, to the decimals that the round
published: two unless another number is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from portal.frameworks import states as published
from portal.frameworks.states import NotOfferedRule, TieRule

HIGHEST_SCORE = 5
WIDE_SPREAD = 2

# The rules that every round publishes, and that are computed here; a round chooses the others (`NotOfferedRule`,
# `Rounding`, `TieRule`).
PRICE_RULE = published.PRICE_RULE
LOWEST_RULE = published.LOWEST_RULE

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


def rounded(value: Fraction | Decimal, places: int = 2) -> Decimal:
    """So many decimals, half up. Exact for any fraction: no binary or intermediate rounding."""
    scaled = Fraction(value) * 10**places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    if 2 * rest >= scaled.denominator:
        whole += 1
    return Decimal(whole).scaleb(-places)


def weighted(score: int, weight: Decimal | Fraction) -> Fraction:
    """Points of one question before rounding: score ÷ 5 × weight."""
    return Fraction(score, HIGHEST_SCORE) * Fraction(weight)


def quality_points(scores: Iterable[tuple[int, Decimal | Fraction]], places: int = 2) -> Decimal:
    """The quality score: the sum over (score, weight) of score ÷ 5 × weight, rounded at the end."""
    return rounded(sum((weighted(score, weight) for score, weight in scores), Fraction(0)), places)


def price_points(lowest: Decimal, total: Decimal, weight: Decimal | Fraction, places: int = 2) -> Decimal:
    """The price score: lowest ÷ total × weight, rounded at the end. No priced basket at all earns nothing."""
    if total <= 0:
        return rounded(Decimal(0), places)
    return rounded(Fraction(lowest) / Fraction(total) * Fraction(weight), places)


def highest_offers(bids: Iterable[Prices]) -> dict[int, Decimal]:
    """For each cell the highest weekly fee offered by any of these bids."""
    highest: dict[int, Decimal] = {}
    for prices in bids:
        for cell_id, fee in prices.items():
            highest[cell_id] = max(fee, highest.get(cell_id, fee))
    return highest


def basket_costs(
    basket: Sequence[BasketCell],
    prices: Prices,
    highest: Prices,
    rule: NotOfferedRule = NotOfferedRule.CEILING_OR_HIGHEST,
) -> list[CellCost]:
    """What each cell of the basket costs under one bid.

    `highest` holds the highest offer of any compliant applicant for each cell, in pounds a week.
    """
    return [_cost(cell, prices, highest, rule) for cell in basket]


def basket_total(
    basket: Sequence[BasketCell],
    prices: Prices,
    highest: Prices,
    rule: NotOfferedRule = NotOfferedRule.CEILING_OR_HIGHEST,
) -> Decimal:
    """The basket total of one bid in pounds: the sum of weekly fee × weeks over the basket's cells."""
    return sum((line.cost for line in basket_costs(basket, prices, highest, rule)), Decimal(0))


def _cost(cell: BasketCell, prices: Prices, highest: Prices, rule: NotOfferedRule) -> CellCost:
    offered = prices.get(cell.cell_id)
    if offered is not None:
        return CellCost(cell, offered, is_offered=True)
    dearest = highest.get(cell.cell_id)
    if rule == NotOfferedRule.CEILING_OR_HIGHEST and cell.ceiling is not None:
        return CellCost(cell, cell.ceiling, is_offered=False)
    if rule == NotOfferedRule.HIGHEST_PLUS_TENTH and dearest is not None:
        return CellCost(cell, rounded(Fraction(dearest) * Fraction(11, 10)), is_offered=False)
    return CellCost(cell, dearest, is_offered=False)


def spread(values: Sequence[int]) -> int:
    """How far apart the evaluators' scores are."""
    return max(values) - min(values) if values else 0


def precedence(rule: TieRule, quality: Decimal, basket_total: Decimal) -> Decimal:
    """What decides between equal totals: of two, the one with the higher figure comes first."""
    return {TieRule.QUALITY: quality, TieRule.PRICE: -basket_total, TieRule.SHARED: Decimal(0)}[rule]


def ranks(scores: Sequence[tuple[Decimal, Decimal]]) -> list[int]:
    """The rank of each (total, precedence): higher total first, then higher precedence; equals share a rank."""
    return [1 + sum(other > mine for other in scores) for mine in scores]
