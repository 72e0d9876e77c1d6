"""The price schedule of an application: the cells its round asks for, and what is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.applications.models import Application, BidPrice
from portal.applications.queries.reading import list_prices
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round
from portal.frameworks.queries import CellRow


@dataclass(frozen=True)
class AskedCell:
    """A cell of the price schedule that this round asks for. `ceiling`: pounds a week, or None."""

    cell: CellRow
    ceiling: Decimal | None

    @property
    def id(self) -> int:
        return self.cell.id

    @property
    def label(self) -> str:
        return (
            f"{self.cell.placement_type}, {self.cell.need_category.lower()} need, aged {self.cell.age_band}"
        )


@dataclass(frozen=True)
class Schedule:
    """The price schedule of a round and what the applicant has filled in, by cell id."""

    cells: Sequence[AskedCell]
    prices: Mapping[int, BidPrice]

    @property
    def missing(self) -> list[AskedCell]:
        return [cell for cell in self.cells if cell.id not in self.prices]

    @property
    def above_ceiling(self) -> list[AskedCell]:
        return [cell for cell in self.cells if self._breaks(cell)]

    @property
    def is_filled_in(self) -> bool:
        """Does each cell hold a price within its ceiling, or “not offered”?"""
        return not self.missing and not self.above_ceiling

    def of_type(self, code: str) -> Schedule:
        return Schedule([cell for cell in self.cells if cell.cell.type_code == code], self.prices)

    def of_cell(self, cell_id: int) -> Schedule:
        return Schedule([cell for cell in self.cells if cell.id == cell_id], self.prices)

    @property
    def last_saved(self) -> BidPrice | None:
        """The price of these cells that was saved last, where it is known who saved it."""
        saved = {
            price.priced_at: price
            for cell in self.cells
            if (price := self.prices.get(cell.id)) is not None and price.priced_at is not None
        }
        return saved[max(saved)] if saved else None

    @property
    def types(self) -> dict[str, str]:
        """Placement types asked for, in order: label by code."""
        return {cell.cell.type_code: cell.cell.placement_type for cell in self.cells}

    def unfinished_after(self, code: str | None) -> str | None:
        """The first placement type after this one, or of all, that is not filled in; None if there is none."""
        codes = list(self.types)
        later = codes if code is None else codes[codes.index(code) + 1 :]
        return next((one for one in later if not self.of_type(one).is_filled_in), None)

    @property
    def fees(self) -> dict[int, Decimal | None]:
        """What is filled in; None means not offered."""
        asked = {cell.id for cell in self.cells}
        return {cell_id: price.weekly_fee for cell_id, price in self.prices.items() if cell_id in asked}

    @property
    def problem(self) -> str | None:
        """Why the schedule cannot be submitted, or None."""
        if self.missing:
            return f"{len(self.missing)} of {len(self.cells)} prices not filled in yet"
        if self.above_ceiling:
            return f"Above the ceiling of this round: {len(self.above_ceiling)} of {len(self.cells)} prices"
        if not any(fee is not None for fee in self.fees.values()):
            return "Nothing is offered: give at least one price"
        return None

    def _breaks(self, cell: AskedCell) -> bool:
        price = self.prices.get(cell.id)
        fee = price.weekly_fee if price is not None else None
        return fee is not None and cell.ceiling is not None and fee > cell.ceiling


def list_asked_cells(round_: Round) -> list[AskedCell]:
    """The cells of the round's basket, or the whole schedule where it has none, in the lists' order."""
    volumes = frameworks.list_volumes(round_)
    return [
        AskedCell(cell, volumes[cell.id].ceiling if cell.id in volumes else None)
        for cell in frameworks.list_cells()
        if not volumes or cell.id in volumes
    ]


def get_schedule(application: Application) -> Schedule:
    """The price schedule with the working prices."""
    return Schedule(list_asked_cells(application.round), list_prices(application))
