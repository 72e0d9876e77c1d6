"""What people type where prices are asked: weekly fees beside their cells, and modifiers. It judges nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from portal.pricing.modifiers import Modifiers

MONEY = re.compile(r"£?\s*(\d{1,3}(,\d{3})+|\d{1,6})(\.\d{1,2})?")
PERCENT = re.compile(r"(\d{1,3})(\.\d{1,2})?\s*%?")
WHOLE = re.compile(r"\d{1,4}")
PREFIX = "fee-"
NOT_MONEY = "Enter an amount in pounds and pence, such as 812.50"


@dataclass(frozen=True)
class ModifierField:
    """A field of `Modifiers` as it is asked for."""

    group: str
    name: str
    label: str
    kind: str  # whole, percent or money
    hint: str = ""


MODIFIER_FIELDS = (
    ModifierField(
        "Sibling discount", "sibling_from", "From which child", "whole", "Such as 2 for the second."
    ),
    ModifierField("Sibling discount", "sibling_percent", "Off that child’s fee", "percent"),
    ModifierField("Long-term discount", "long_term_weeks", "After how many weeks", "whole", "Such as 52."),
    ModifierField("Long-term discount", "long_term_percent", "Off the fee from then on", "percent"),
    ModifierField(
        "Retainer", "retainer_percent", "Part of the fee", "percent", "Paid while a place is kept open."
    ),
    ModifierField(
        "Solo supplement",
        "solo_amount",
        "Pounds more a week",
        "money",
        "In pounds or as a percentage, not both.",
    ),
    ModifierField("Solo supplement", "solo_percent", "Or a percentage more", "percent"),
)
READERS = {
    "whole": (WHOLE, "Enter a whole number, such as 2"),
    "percent": (PERCENT, "Enter a percentage, such as 7.5"),
    "money": (MONEY, NOT_MONEY),
}


class TypedFees:
    """The weekly fees as typed, by cell id; an empty one is left as it is."""

    def __init__(self, sent: Iterable[tuple[str, str]]) -> None:
        self.typed = {
            int(name[len(PREFIX) :]): value.strip()
            for name, value in sent
            if name.startswith(PREFIX) and name[len(PREFIX) :].isdigit() and value.strip()
        }
        self.errors: dict[int, str] = {}
        self.fees: dict[int, Decimal] = {}
        for cell_id, text in self.typed.items():
            if MONEY.fullmatch(text):
                self.fees[cell_id] = _number(text)
            else:
                self.errors[cell_id] = NOT_MONEY


class TypedModifiers:
    """The modifiers as typed, by field; an empty one is "none agreed"."""

    def __init__(self, typed: Iterable[tuple[str, str]]) -> None:
        names = {field.name for field in MODIFIER_FIELDS}
        self.typed = {name: value.strip() for name, value in typed if name in names}
        self.errors: dict[str, str] = {}
        self.modifiers = Modifiers()
        self._read()

    @classmethod
    def of(cls, modifiers: Modifiers) -> TypedModifiers:
        """The form as it is first shown."""
        return cls(
            (field.name, f"{value:f}" if isinstance(value, Decimal) else str(value))
            for field in fields(Modifiers)
            if (value := getattr(modifiers, field.name)) is not None
        )

    def _read(self) -> None:
        read: dict[str, int | Decimal] = {}
        for field in MODIFIER_FIELDS:
            text = self.typed.get(field.name, "")
            shape, message = READERS[field.kind]
            if text and not shape.fullmatch(text):
                self.errors[field.name] = message
            elif text:
                read[field.name] = int(text) if field.kind == "whole" else _number(text)
        self.modifiers = Modifiers(**read)  # type: ignore[arg-type]


def _number(text: str) -> Decimal:
    return Decimal(re.sub(r"[£,%\s]", "", text))
