"""The form of one placement type's cells of the price schedule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, StringField

from portal.applications.forms.steps import readable
from portal.applications.models import BidPrice
from portal.applications.queries import AskedCell, Schedule
from portal.applications.services import price_field, price_mark, problem_with_fee, stored_mark


class PriceForm(FlaskForm):  # type: ignore[misc]
    """Cells with a weekly fee or "not offered" each; made by `price_form`.

    Beside each travel the mark of the price its author saw and, where a colleague saved another one, the choice
    between the two with the mark of the other.
    """

    confirmed = HiddenField()
    schedule: Schedule

    def fee(self, cell: AskedCell) -> Field:
        return cast(Field, self[price_field(cell.id)])

    def not_offered(self, cell: AskedCell) -> Field:
        return cast(Field, self[not_offered_field(cell.id)])

    def seen(self, cell: AskedCell) -> Field:
        return cast(Field, self[seen_field(cell.id)])

    def choice(self, cell: AskedCell) -> str:
        """Which of two prices should stand: mine, theirs, or nothing where none was chosen."""
        return str(self[choice_field(cell.id)].data or "")

    def read(self) -> dict[int, Decimal | str | None]:
        """What should stand in each cell that can be understood: a fee, None for not offered, "" for nothing yet.

        Left out: cells that nobody touched here, and those in which a colleague's price was chosen. Errors go
        beside their fields.
        """
        wanted: dict[int, Decimal | str | None] = {}
        for cell in self.schedule.cells:
            price = self._price(cell)
            if self.fee(cell).errors or self.choice(cell) == "theirs":
                continue
            if self.choice(cell) or price_mark(price) != (self.seen(cell).data or ""):
                wanted[cell.id] = price
        return wanted

    def fees(self) -> dict[int, Decimal]:
        """The fees as typed, where `read` found nothing wrong and no colleague's was chosen."""
        typed = {
            cell.id: self._typed_fee(cell)
            for cell in self.schedule.cells
            if self.choice(cell) != "theirs" and not self.fee(cell).errors
        }
        return {cell_id: fee for cell_id, fee in typed.items() if fee is not None}

    def marks(self) -> dict[int, str]:
        """What the author of this form saw in each cell, or chose his own price against."""
        return {cell.id: self._mark(cell) for cell in self.schedule.cells}

    def offer_none(self) -> None:
        for cell in self.schedule.cells:
            self.fee(cell).data, self.not_offered(cell).data = "", True

    def show_as_typed(self, typed: PriceForm, cells: Collection[int]) -> None:
        """Show these cells as they came in `typed`, with what their author had seen: they are not saved."""
        for cell_id in cells:
            for name in (price_field(cell_id), not_offered_field(cell_id), seen_field(cell_id)):
                self._fields[name] = typed[name]

    def _mark(self, cell: AskedCell) -> str:
        seen = self[against_field(cell.id)] if self.choice(cell) else self.seen(cell)
        return str(seen.data or "")

    def _price(self, cell: AskedCell) -> Decimal | str | None:
        typed = (self.fee(cell).data or "").strip()
        if self.not_offered(cell).data:
            if typed:
                self._refuse(cell, "Give a fee or choose “not offered”, not both.")
            return None
        if not typed:
            return ""
        fee = self._typed_fee(cell)
        if fee is None:
            self._refuse(cell, "Enter pounds and pence, such as 812.50.")
        elif (problem := problem_with_fee(fee, cell.ceiling)) is not None:
            self._refuse(cell, problem)
        return fee

    def _typed_fee(self, cell: AskedCell) -> Decimal | None:
        typed = (self.fee(cell).data or "").replace("£", "").replace(",", "")
        try:
            fee = Decimal("".join(typed.split()))
        except InvalidOperation:
            return None
        return fee if fee.is_finite() else None

    def _refuse(self, cell: AskedCell, message: str) -> None:
        field = self.fee(cell)
        field.errors = [*field.errors, message]


def not_offered_field(cell_id: int) -> str:
    return f"none-{cell_id}"


def seen_field(cell_id: int) -> str:
    return f"seen-{cell_id}"


def choice_field(cell_id: int) -> str:
    return f"keep-{cell_id}"


def against_field(cell_id: int) -> str:
    return f"against-{cell_id}"


def price_form(schedule: Schedule, *, fresh: bool = False) -> PriceForm:
    """A form for these cells, filled with the prices as they stand; `fresh`: whatever was sent."""
    fields: dict[str, Any] = {"schedule": schedule}
    data: dict[str, Any] = {}
    for cell in schedule.cells:
        price = schedule.prices.get(cell.id)
        fields |= {
            price_field(cell.id): StringField(f"Weekly fee: {cell.label}", filters=[readable]),
            not_offered_field(cell.id): BooleanField(f"Not offered: {cell.label}"),
            seen_field(cell.id): HiddenField(),
            choice_field(cell.id): HiddenField(),
            against_field(cell.id): HiddenField(),
        }
        data |= {
            price_field(cell.id): _shown_fee(price),
            not_offered_field(cell.id): price is not None and price.not_offered,
            seen_field(cell.id): stored_mark(price),
        }
    sent = {"formdata": None} if fresh else {}
    return cast(PriceForm, type("SchedulePriceForm", (PriceForm,), fields)(data=data, **sent))


def describe_fees(fees: Mapping[int, Decimal]) -> str:
    """Fees as one text, so that an "are you sure?" is an answer to exactly these."""
    return " ".join(f"{cell_id}={fee:.2f}" for cell_id, fee in sorted(fees.items()))


def _shown_fee(price: BidPrice | None) -> str:
    return "" if price is None or price.weekly_fee is None else f"{price.weekly_fee:.2f}"
