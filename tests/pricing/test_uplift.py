"""The formula of the price review: exact, limited by cap and floor, from indices that are known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.agreements.queries import get_terms
from portal.pricing.states import WageBand
from portal.pricing.uplift import (
    Formula,
    cpi_percent,
    last_cpi_month,
    percent_change,
    raised,
    uplift,
    wage,
    wage_percent,
)
from tests.factories import frameworks

D = Decimal
PERCENTS = st.decimals(min_value="-5", max_value="30", places=2)


def test_september_2023_with_three_tenths_of_wages_gives_7_63_per_cent() -> None:
    wages, cpi = wage_percent(date(2024, 4, 1), WageBand.ADULT), cpi_percent(date(2023, 9, 1))
    assert wages is not None
    assert cpi == D("6.7")
    found = uplift(wages, cpi, Formula(weight=D("0.3")))
    assert found.percent == D("7.63")
    assert found.words == "0.3 × 9.79% (wage) + 0.7 × 6.7% (CPI) = 7.63%"


def test_the_terms_of_that_year_propose_the_same() -> None:
    terms = get_terms(frameworks.framework().id, date(2023, 11, 15))
    assert (terms.index_month, terms.window.takes_effect_on) == (date(2023, 9, 1), date(2024, 4, 1))
    assert terms.uplift is not None
    assert terms.uplift.percent == D("7.63")
    unknown = get_terms(frameworks.framework().id, date(2026, 11, 15))
    assert (unknown.cpi_percent, unknown.uplift) == (None, None)


@pytest.mark.parametrize(
    ("year", "cpi", "hourly"),
    [(2022, "10.1", "10.42"), (2023, "6.7", "11.44"), (2024, "1.7", "12.21"), (2025, "3.8", "12.71")],
)
def test_shipped_indices(year: int, cpi: str, hourly: str) -> None:
    assert cpi_percent(date(year, 9, 30)) == D(cpi)
    assert wage(date(year + 1, 4, 1), WageBand.ADULT) == D(hourly)
    assert wage(date(year + 1, 4, 30), WageBand.ADULT) == D(hourly)


def test_what_is_not_known_is_not_guessed() -> None:
    assert last_cpi_month() == date(2026, 2, 1)
    assert cpi_percent(date(2026, 9, 1)) is None
    assert wage(date(2027, 4, 1), WageBand.ADULT) is None
    assert wage_percent(date(2027, 4, 1), WageBand.AGED_18_TO_20) is None
    assert wage_percent(date(2026, 4, 1), WageBand.AGED_18_TO_20) == Fraction(17, 2)


@pytest.mark.parametrize(
    ("formula", "result", "words"),
    [
        (Formula(cap=D(5)), "5.00", "limited by the cap of 5%"),
        (Formula(floor=D(8), cap=None), "8.00", "raised to the floor of 8%"),
        (Formula(decimals=0), "7", "= 7%"),
        (Formula(decimals=1), "6.9", "= 6.9%"),
        (Formula(weight=D(0)), "6.00", "= 6%"),
        (Formula(weight=D(1)), "9.00", "= 9%"),
    ],
)
def test_limits_and_rounding(formula: Formula, result: str, words: str) -> None:
    found = uplift(D(9), D(6), formula)
    assert (found.percent, words in found.words) == (D(result), True)


@settings(deadline=None, max_examples=50)
@given(wages=PERCENTS, cpi=PERCENTS, weight=st.decimals("0", "1", places=2))
def test_the_figure_lies_between_wages_and_prices(wages: Decimal, cpi: Decimal, weight: Decimal) -> None:
    found = uplift(wages, cpi, Formula(weight=weight, cap=None, floor=None)).percent
    assert min(wages, cpi) <= found <= max(wages, cpi)
    assert abs(found - (weight * wages + (1 - weight) * cpi)) <= D("0.005")


@settings(deadline=None, max_examples=50)
@given(fee=st.decimals("0.01", "99999.99", places=2), by=st.decimals("0", "30", places=2))
def test_a_raised_fee_is_whole_pence_and_its_change_the_percentage(fee: Decimal, by: Decimal) -> None:
    new = raised(fee, by)
    assert new == new.quantize(D("0.01"))
    assert new >= fee
    if fee >= 100:
        assert abs(percent_change(fee, new) - by) <= D("0.02")
