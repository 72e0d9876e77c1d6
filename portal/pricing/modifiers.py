"""What a placement costs once the modifiers of a price schedule apply: exact, each as a line with its words.

Pure arithmetic without a database. The rules, stated here once: the agreed weekly fee comes first; then the
sibling discount, the long-term discount, the solo supplement and the retainer, each a percentage of what the
lines above leave (the solo supplement: of the agreed weekly fee). Every line is rounded to the nearest penny,
half a penny upwards, so that the lines add up exactly; the nightly fee is a seventh, rounded in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal

from portal.core.ui import money, plural

NIGHTS_IN_A_WEEK = 7
PENNY = Decimal("0.01")
HUNDRED = Decimal(100)

# Outside these a weekly fee is unusual, and a page asks whether it is meant (domain handbook §7).
USUAL_FROM, USUAL_TO = Decimal(400), Decimal(3000)


@dataclass(frozen=True)
class Modifiers:
    """What changes an agreed weekly fee; None is "none agreed".

    `sibling_from` and `sibling_percent`: off the fee of the nth child placed together and of each one after.
    `long_term_weeks` and `long_term_percent`: off the fee once a placement has lasted so many whole weeks.
    `retainer_percent`: the part of the fee that is paid while a place is kept open.
    `solo_amount` (pounds a week) or `solo_percent`: added when the child is to be the only one placed.
    """

    sibling_from: int | None = None
    sibling_percent: Decimal | None = None
    long_term_weeks: int | None = None
    long_term_percent: Decimal | None = None
    retainer_percent: Decimal | None = None
    solo_amount: Decimal | None = None
    solo_percent: Decimal | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))


NO_MODIFIERS = Modifiers()


def as_text(modifiers: Modifiers) -> dict[str, str | None]:
    """Every field as text, exact, for keeping what somebody asked for."""
    return {
        field.name: None if (value := getattr(modifiers, field.name)) is None else str(value)
        for field in fields(Modifiers)
    }


def from_text(kept: Mapping[str, str | None]) -> Modifiers:
    """The modifiers that `as_text` wrote."""
    whole = {"sibling_from", "long_term_weeks"}
    return Modifiers(
        **{
            name: None if text is None else int(text) if name in whole else Decimal(text)
            for name, text in kept.items()
        }  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class PricedPlacement:
    """The lines (words, pounds a week) in their order, and what they come to a week and a night."""

    lines: list[tuple[str, Decimal]]
    weekly: Decimal
    nightly: Decimal


def rounded(amount: Decimal) -> Decimal:
    """To the nearest penny, half a penny upwards."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def nightly(weekly_fee: Decimal) -> Decimal:
    """A seventh of the weekly fee, to the nearest penny, half a penny upwards (domain handbook §7)."""
    return rounded(weekly_fee / NIGHTS_IN_A_WEEK)


def price_for(
    weekly_fee: Decimal,
    modifiers: Modifiers = NO_MODIFIERS,
    *,
    children: int = 1,
    nth_child: int = 1,
    weeks: int | None = None,
    is_solo: bool = False,
    is_retainer: bool = False,
) -> PricedPlacement:
    """The price of `children` placed together, the first of whom is the nth child of their family there.

    To price one child of a group by itself, leave `children` at 1 and say which one: `nth_child`. `weeks`:
    the whole weeks that the placement has lasted; None is a placement that begins. A solo supplement is for
    one child alone. `is_retainer`: the place is only kept open; where no retainer is agreed, the whole fee
    is due. Raises `ValueError` for numbers below one and `TypeError` for a fee that is no `Decimal` (rule 8).
    """
    _check(weekly_fee, children, nth_child)
    bill = _Bill(weekly_fee * children, _fee_words(weekly_fee, children))
    _sibling_discount(bill, weekly_fee, modifiers, nth_child, children)
    _long_term_discount(bill, modifiers, weeks)
    if is_solo and children == 1:
        _solo_supplement(bill, weekly_fee, modifiers)
    if is_retainer:
        _retainer(bill, modifiers)
    return PricedPlacement(bill.lines, bill.total, nightly(bill.total))


def is_unusual(fee: Decimal | None) -> bool:
    """Is this a fee that a page should ask about?"""
    return fee is not None and not USUAL_FROM <= fee <= USUAL_TO


def dearer_in(old: Modifiers, new: Modifiers) -> list[str]:
    """The fields of `Modifiers` by which some placement would cost more; empty is a decrease, or no change.

    A provider makes a decrease by itself. Anything else is an increase, which needs a price review.
    """
    return [
        *_smaller_discount(old, new, "sibling_from", "sibling_percent"),
        *_smaller_discount(old, new, "long_term_weeks", "long_term_percent"),
        *(
            ["retainer_percent"]
            if _or(new.retainer_percent, HUNDRED) > _or(old.retainer_percent, HUNDRED)
            else []
        ),
        *_bigger_supplement(old, new),
    ]


def _smaller_discount(old: Modifiers, new: Modifiers, start: str, share: str) -> list[str]:
    """Less off, or off only from later."""
    if getattr(old, share) is None:
        return []
    if _or(getattr(new, share), Decimal(0)) < getattr(old, share):
        return [share]
    return [start] if getattr(new, start) > getattr(old, start) else []


def _bigger_supplement(old: Modifiers, new: Modifiers) -> list[str]:
    """More than before; pounds and percentages cannot be compared, so that a change of kind counts as more."""
    return [
        field
        for field in ("solo_amount", "solo_percent")
        if _or(getattr(new, field), Decimal(0)) > _or(getattr(old, field), Decimal(0))
    ]


def _or(value: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if value is None else value


def describe(modifiers: Modifiers) -> list[tuple[str, str]]:
    """Each of the four modifiers in words: name and what was agreed."""
    return [
        ("Sibling discount", sibling_words(modifiers)),
        ("Long-term discount", long_term_words(modifiers)),
        ("Retainer", retainer_words(modifiers)),
        ("Solo supplement", solo_words(modifiers)),
    ]


def sibling_words(modifiers: Modifiers) -> str:
    """Such as "10% off from the 2nd child"."""
    if modifiers.sibling_percent is None or modifiers.sibling_from is None:
        return "None agreed"
    return f"{percent(modifiers.sibling_percent)} off from the {ordinal(modifiers.sibling_from)} child"


def long_term_words(modifiers: Modifiers) -> str:
    """Such as "5% off after 52 weeks"."""
    if modifiers.long_term_percent is None or modifiers.long_term_weeks is None:
        return "None agreed"
    return f"{percent(modifiers.long_term_percent)} off after {plural(modifiers.long_term_weeks, 'week')}"


def retainer_words(modifiers: Modifiers) -> str:
    """Such as "50% of the fee while a place is kept open"."""
    if modifiers.retainer_percent is None:
        return "None agreed: the whole fee is due while a place is kept open"
    return f"{percent(modifiers.retainer_percent)} of the fee while a place is kept open"


def solo_words(modifiers: Modifiers) -> str:
    """Such as "£75.00 more a week", or a percentage of the fee."""
    if modifiers.solo_amount is not None:
        return f"{money(modifiers.solo_amount)} more a week"
    if modifiers.solo_percent is not None:
        return f"{percent(modifiers.solo_percent)} more"
    return "None agreed"


def percent(value: Decimal) -> str:
    """`7.5%`: without needless noughts."""
    text = f"{value:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


class _Bill:
    """Lines as they are added, and their sum."""

    def __init__(self, amount: Decimal, words: str) -> None:
        self.lines = [(words, rounded(amount))]

    @property
    def total(self) -> Decimal:
        return sum((amount for _, amount in self.lines), Decimal(0))

    def add(self, words: str, amount: Decimal) -> None:
        self.lines.append((words, rounded(amount)))


def _check(weekly_fee: Decimal, children: int, nth_child: int) -> None:
    if not isinstance(weekly_fee, Decimal):
        raise TypeError("Money is a Decimal, never a float.")
    if children < 1 or nth_child < 1:
        raise ValueError("A placement is for at least one child.")


def _fee_words(weekly_fee: Decimal, children: int) -> str:
    return "Weekly fee" if children == 1 else f"Weekly fee, {children} children at {money(weekly_fee)}"


def _sibling_discount(bill: _Bill, fee: Decimal, modifiers: Modifiers, nth_child: int, children: int) -> None:
    if modifiers.sibling_percent is None or modifiers.sibling_from is None:
        return
    discounted = min(children, nth_child + children - modifiers.sibling_from)
    if discounted > 0:
        each = rounded(fee * modifiers.sibling_percent / HUNDRED)
        bill.add(f"Sibling discount, {sibling_words(modifiers)}", -each * discounted)


def _long_term_discount(bill: _Bill, modifiers: Modifiers, weeks: int | None) -> None:
    if modifiers.long_term_percent is None or modifiers.long_term_weeks is None or weeks is None:
        return
    if weeks >= modifiers.long_term_weeks:
        off = rounded(bill.total * modifiers.long_term_percent / HUNDRED)
        bill.add(f"Long-term discount, {long_term_words(modifiers)}", -off)


def _solo_supplement(bill: _Bill, fee: Decimal, modifiers: Modifiers) -> None:
    if modifiers.solo_amount is not None:
        bill.add(f"Solo supplement, {solo_words(modifiers)}", modifiers.solo_amount)
    elif modifiers.solo_percent is not None:
        bill.add(f"Solo supplement, {solo_words(modifiers)}", fee * modifiers.solo_percent / HUNDRED)


def _retainer(bill: _Bill, modifiers: Modifiers) -> None:
    if modifiers.retainer_percent is None:
        return
    paid = rounded(bill.total * modifiers.retainer_percent / HUNDRED)
    bill.add(f"Retainer, {retainer_words(modifiers)}", paid - bill.total)
