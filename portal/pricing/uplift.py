"""The default formula of the yearly price review: what prices would rise by if wages and prices alone counted.

Pure arithmetic on shipped indices (`data/SOURCES.md`), without a database:
`uplift % = min(cap, w × NLW % + (1 − w) × CPI %)`, never below the floor, rounded once. It proposes a figure;
people decide (rule 13).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from portal.pricing.modifiers import percent, rounded
from portal.pricing.states import WageBand

DATA = Path(__file__).parent / "data"
HUNDRED = 100


@dataclass(frozen=True)
class Formula:
    """w (from 0 to 1), cap and floor in percent (None: there is none), and to how many decimals it is rounded."""

    weight: Decimal = Decimal("0.30")
    cap: Decimal | None = Decimal("10")
    floor: Decimal | None = Decimal("0")
    decimals: int = 2


@dataclass(frozen=True)
class Uplift:
    """The figure in percent, what it was before cap and floor, and how it came about in words."""

    percent: Decimal
    before_limits: Decimal
    words: str


def uplift(wage_percent: Fraction | Decimal, cpi_percent: Decimal, formula: Formula) -> Uplift:
    """Exact until it is rounded once, half up, to the formula's decimals."""
    weight = Fraction(formula.weight)
    exact = weight * Fraction(wage_percent) + (1 - weight) * Fraction(cpi_percent)
    limited = exact if formula.cap is None else min(Fraction(formula.cap), exact)
    limited = limited if formula.floor is None else max(Fraction(formula.floor), limited)
    return Uplift(
        _round(limited, formula.decimals),
        _round(exact, formula.decimals),
        _words(wage_percent, cpi_percent, formula, exact),
    )


def raised(fee: Decimal, by_percent: Decimal) -> Decimal:
    """The fee with the uplift, to the nearest penny."""
    return rounded(fee * (HUNDRED + by_percent) / HUNDRED)


def percent_change(old: Decimal, new: Decimal) -> Decimal:
    """From `old` to `new` in percent, to two decimals, half up."""
    return _round((Fraction(new) / Fraction(old) - 1) * HUNDRED, 2)


def cpi_percent(month: date) -> Decimal | None:
    """The annual rate of CPI in the month of this day, or None where the shipped data do not hold it."""
    return _cpi().get(month.replace(day=1))


def last_cpi_month() -> date:
    """The newest month of the shipped data."""
    return max(_cpi())


def wage(day: date, band: WageBand) -> Decimal | None:
    """The hourly rate in force on this day, or None where the shipped data do not reach it.

    A rate holds for a year: whoever asks of a later day asks of one that is not announced here.
    """
    begun = max((since for since, of in _wages() if of == band and since <= day), default=None)
    if begun is None or day >= begun.replace(year=begun.year + 1):
        return None
    return _wages()[begun, band]


def wage_percent(day: date, band: WageBand) -> Fraction | None:
    """By how many percent the rate in force on `day` is above that of a year before; exact. None: not known."""
    new, old = wage(day, band), wage(day - timedelta(days=365), band)
    return None if new is None or old is None else (Fraction(new) / Fraction(old) - 1) * HUNDRED


def _round(value: Fraction, decimals: int) -> Decimal:
    scaled = value * 10**decimals
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    whole += 2 * rest >= scaled.denominator
    return Decimal(whole if scaled >= 0 else -whole).scaleb(-decimals)


def _words(wages: Fraction | Decimal, cpi: Decimal, formula: Formula, exact: Fraction) -> str:
    shown = Decimal(f"{float(wages):.2f}") if isinstance(wages, Fraction) else wages
    text = (
        f"{formula.weight:f} × {percent(shown)} (wage) + {1 - formula.weight:f} × {percent(cpi)} (CPI)"
        f" = {percent(_round(exact, formula.decimals))}"
    )
    if formula.cap is not None and exact > formula.cap:
        return f"{text}, limited by the cap of {percent(formula.cap)}"
    if formula.floor is not None and exact < formula.floor:
        return f"{text}, raised to the floor of {percent(formula.floor)}"
    return text


@lru_cache
def _cpi() -> dict[date, Decimal]:
    with (DATA / "ons-cpi-monthly.csv").open(encoding="utf-8", newline="") as rows:
        return {
            date.fromisoformat(f"{row['month']}-01"): Decimal(row["annual_rate_percent"])
            for row in csv.DictReader(rows)
        }


@lru_cache
def _wages() -> dict[tuple[date, WageBand], Decimal]:
    with (DATA / "living-wage.csv").open(encoding="utf-8", newline="") as rows:
        return {
            (date.fromisoformat(row["from"]), WageBand(row["band"])): Decimal(row["hourly"])
            for row in csv.DictReader(rows)
        }
