"""The form of a round's price basket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from portal.frameworks.models import BasketVolume
from portal.frameworks.queries import CellRow
from portal.frameworks.services import Volume

MOST_WEEKS = 1_000_000
CEILING = re.compile(r"£?(\d{1,3}(?:,?\d{3})*(?:\.\d{1,2})?)")


@dataclass
class BasketForm:
    """Weeks and ceilings by cell, as typed: two hundred plain fields, too many for WTForms to be quick."""

    cells: Iterable[CellRow]
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    volumes: dict[int, Volume] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Iterable[CellRow], stored: Mapping[int, BasketVolume]) -> BasketForm:
        """The form as it is first shown."""
        typed = {}
        for cell_id, volume in stored.items():
            typed[f"weeks-{cell_id}"] = str(volume.weeks)
            typed[f"ceiling-{cell_id}"] = _pounds(volume.ceiling)
        return cls(cells, typed)

    def read(self, posted: Mapping[str, str]) -> bool:
        """Take what was posted; true when every field can be understood. An empty field means none."""
        self.typed = {name: posted.get(name, "").strip() for cell in self.cells for name in _names(cell)}
        for cell in self.cells:
            weeks, ceiling = (self.typed[name] for name in _names(cell))
            self.volumes[cell.id] = Volume(self._weeks(cell, weeks), self._ceiling(cell, ceiling))
        return not self.errors

    def _weeks(self, cell: CellRow, text: str) -> int:
        plain = text.replace(",", "") or "0"
        if plain.isascii() and plain.isdigit() and int(plain) <= MOST_WEEKS:
            return int(plain)
        self.errors[f"weeks-{cell.id}"] = f"{_words(cell)}: weeks must be a whole number."
        return 0

    def _ceiling(self, cell: CellRow, text: str) -> Decimal | None:
        if not text:
            return None
        found = CEILING.fullmatch(text)
        amount = Decimal(found[1].replace(",", "")) if found else Decimal(0)
        if amount <= 0:
            self.errors[f"ceiling-{cell.id}"] = (
                f"{_words(cell)}: the ceiling must be pounds and pence, like 950.00."
            )
            return None
        return amount


def _pounds(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}"


def _names(cell: CellRow) -> tuple[str, str]:
    return f"weeks-{cell.id}", f"ceiling-{cell.id}"


def _words(cell: CellRow) -> str:
    return f"{cell.placement_type}, {cell.need_category.lower()}, age {cell.age_band}"
