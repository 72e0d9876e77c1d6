"""The arithmetic, by examples and by properties."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.evaluations import scoring
from portal.evaluations.scoring import BasketCell
from portal.frameworks.states import NotOfferedRule, TieRule

fees = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999.99"), places=2)
weights = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(100), places=2)
prices = st.dictionaries(st.integers(1, 6), fees, max_size=6)
cells = st.builds(BasketCell, st.integers(1, 6), st.integers(1, 5000), st.none() | fees)
baskets = st.lists(cells, min_size=1, max_size=6, unique_by=lambda cell: cell.cell_id)


@pytest.mark.parametrize(
    ("scores", "points"),
    [
        ([], "0.00"),
        ([(5, Decimal(60))], "60.00"),
        ([(4, Decimal(10)), (3, Decimal(8))], "12.80"),
        ([(1, Decimal("0.01")), (2, Decimal("0.01"))], "0.01"),  # 0.002 + 0.004 is rounded once, at the end
        ([(1, Decimal("0.025"))], "0.01"),  # exactly half a hundredth goes up
    ],
)
def test_quality_points(scores: list[tuple[int, Decimal]], points: str) -> None:
    assert scoring.quality_points(scores) == Decimal(points)


@pytest.mark.parametrize(("places", "points"), [(2, "12.85"), (1, "12.8"), (0, "13")])
def test_points_are_rounded_to_what_the_round_published(places: int, points: str) -> None:
    rated = [(4, Decimal("10.06")), (3, Decimal(8))]  # 12.848, never rounded twice
    assert str(scoring.quality_points(rated, places)) == points


@pytest.mark.parametrize(
    ("rule", "ceiling", "fee"),
    [
        (NotOfferedRule.CEILING_OR_HIGHEST, "900", "900"),
        (NotOfferedRule.CEILING_OR_HIGHEST, None, "814.25"),
        (NotOfferedRule.HIGHEST, "900", "814.25"),
        (NotOfferedRule.HIGHEST_PLUS_TENTH, "900", "895.68"),  # 895.675, half up
    ],
)
def test_what_a_cell_costs_that_is_not_offered(rule: NotOfferedRule, ceiling: str | None, fee: str) -> None:
    cell = BasketCell(1, 10, Decimal(ceiling) if ceiling else None)
    highest = {1: Decimal("814.25")}
    (line,) = scoring.basket_costs([cell], {}, highest, rule)
    assert (str(line.fee), line.is_offered) == (fee, False)
    (nobody,) = scoring.basket_costs([BasketCell(1, 10, None)], {}, {}, rule)
    assert (nobody.fee, nobody.cost) == (None, Decimal(0))


@pytest.mark.parametrize(
    ("rule", "places"),
    [(TieRule.QUALITY, [1, 2, 3]), (TieRule.PRICE, [2, 1, 3]), (TieRule.SHARED, [1, 1, 3])],
)
def test_equal_totals_are_ranked_by_the_published_rule(rule: TieRule, places: list[int]) -> None:
    standing = [("80", "50", "1000"), ("80", "45", "900"), ("79", "59", "800")]
    assert (
        scoring.ranks(
            [
                (Decimal(total), scoring.precedence(rule, Decimal(quality), Decimal(basket)))
                for total, quality, basket in standing
            ]
        )
        == places
    )


def test_price_points_of_a_third() -> None:
    assert scoring.price_points(Decimal(1), Decimal(3), Decimal(40)) == Decimal("13.33")


def test_an_empty_basket_earns_nothing() -> None:
    assert scoring.price_points(Decimal(0), Decimal(0), Decimal(40)) == Decimal("0.00")


@given(st.fractions(min_value=0, max_value=1000))
def test_rounding_is_half_up_and_exact(value: Fraction) -> None:
    got = scoring.rounded(value)
    assert got.as_tuple().exponent == -2
    assert -Fraction(1, 200) < Fraction(got) - value <= Fraction(1, 200)


@given(st.decimals(min_value=0, max_value=1000, places=4))
def test_rounding_agrees_with_decimal(value: Decimal) -> None:
    assert scoring.rounded(value) == value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@given(st.lists(st.tuples(st.integers(0, 5), weights), max_size=12))
def test_quality_is_never_above_its_weights(scores: list[tuple[int, Decimal]]) -> None:
    points = scoring.quality_points(scores)
    assert 0 <= points <= sum((weight for _, weight in scores), Decimal(0))


@given(st.integers(0, 4), weights)
def test_a_higher_score_never_earns_less(score: int, weight: Decimal) -> None:
    assert scoring.weighted(score, weight) < scoring.weighted(score + 1, weight)


@given(fees, fees, weights)
def test_price_points_stay_within_the_weight(one: Decimal, other: Decimal, weight: Decimal) -> None:
    lowest, total = sorted((one, other))
    assert 0 <= scoring.price_points(lowest, total, weight) <= weight


@given(fees, weights)
def test_the_lowest_earns_the_full_weight(lowest: Decimal, weight: Decimal) -> None:
    assert scoring.price_points(lowest, lowest, weight) == weight


@given(fees, fees, fees, weights)
def test_a_dearer_bid_never_earns_more(one: Decimal, two: Decimal, three: Decimal, weight: Decimal) -> None:
    lowest, cheaper, dearer = sorted((one, two, three))
    assert scoring.price_points(lowest, dearer, weight) <= scoring.price_points(lowest, cheaper, weight)


@given(baskets, st.lists(prices, min_size=1, max_size=4))
def test_basket_total_is_the_exact_sum(basket: list[BasketCell], bids: list[dict[int, Decimal]]) -> None:
    highest = scoring.highest_offers(bids)
    for bid in bids:
        expected = Decimal(0)
        for cell in basket:
            fallback = cell.ceiling if cell.ceiling is not None else highest.get(cell.cell_id, Decimal(0))
            expected += bid.get(cell.cell_id, fallback) * cell.weeks
        assert scoring.basket_total(basket, bid, highest) == expected


@given(baskets, st.lists(prices, min_size=2, max_size=4), st.integers(1, 6))
def test_not_offering_never_beats_the_highest_offer(
    basket: list[BasketCell], bids: list[dict[int, Decimal]], cell_id: int
) -> None:
    """Where no ceiling is set, leaving a cell out never makes a bid cheaper than the dearest rival on it."""
    free = [BasketCell(cell.cell_id, cell.weeks, None) for cell in basket]
    highest = scoring.highest_offers(bids)
    without = {key: fee for key, fee in bids[0].items() if key != cell_id}
    assert scoring.basket_total(free, without, highest) >= scoring.basket_total(free, bids[0], highest)


@given(st.lists(st.tuples(fees, fees), max_size=8))
def test_ranks_follow_total_then_quality(scores: list[tuple[Decimal, Decimal]]) -> None:
    ranks = scoring.ranks(scores)
    for mine, my_rank in zip(scores, ranks, strict=True):
        for other, other_rank in zip(scores, ranks, strict=True):
            assert (mine > other) == (my_rank < other_rank)
            assert (mine == other) == (my_rank == other_rank)


def test_spread() -> None:
    assert scoring.spread([1, 4, 3]) == 3
    assert scoring.spread([]) == 0
