"""The working price schedule: pounds and pence, or "not offered", cell by cell (rule 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import Application, BidPrice
from portal.applications.services.deadline import begin_writing
from portal.applications.services.drafting import is_one_sitting, record, void_declaration
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, Stale
from portal.core.ui import money

PENNY = Decimal("0.01")
MOST_A_WEEK = Decimal(100_000)


def price_field(cell_id: int) -> str:
    """The name of a cell's form field."""
    return f"fee-{cell_id}"


def problem_with_fee(fee: Decimal, ceiling: Decimal | None) -> str | None:
    """Why a fee cannot be kept, as a sentence, or None."""
    if fee <= 0:
        return "Give a fee above zero, or choose “not offered”."
    if fee != fee.quantize(PENNY):
        return "Give pounds and whole pence, such as 812.50."
    if fee > MOST_A_WEEK:
        return "This is too large to be a weekly fee."
    if ceiling is not None and fee > ceiling:
        return (
            f"The ceiling of this round is {money(ceiling)} a week here. Give that or less, or “not offered”."
        )
    return None


def price_mark(price: Decimal | str | None) -> str:
    """A price as a short text, to notice when somebody else changed it: `812.50`, `not offered`, or nothing yet."""
    if price is None:
        return "not offered"
    return f"{price:.2f}" if isinstance(price, Decimal) else price


def stored_mark(price: BidPrice | None) -> str:
    """`price_mark` of what stands in the database."""
    return "" if price is None else price_mark(price.weekly_fee)


class PriceConflict(Stale):
    """Somebody else saved these prices since they were opened. `stored` is what stands now, by cell id."""

    def __init__(self, stored: Mapping[int, BidPrice | None]) -> None:
        super().__init__("Someone else changed these prices since you opened them.")
        self.stored = stored


def save_prices(
    application: Application,
    prices: Mapping[int, Decimal | None],
    *,
    by: Person,
    cleared: Collection[int] = (),
    seen: Mapping[int, str] | None = None,
) -> bool:
    """Set weekly fees by cell id (None: not offered) and forget the `cleared` ones; True if anything changed.

    `seen` is the mark of each cell's price when the form was shown. Who: the applicant's bid writers and
    administrators, until the deadline. A change voids the declaration. Raises `Invalid` beside a cell's
    field for a fee that is not pounds and pence above zero and within the ceiling, `PriceConflict` before
    anything is written, `DeadlinePassed`.
    """
    begin_writing(application, by)
    schedule = queries.get_schedule(application)
    _check_fees(schedule, prices)
    wanted = {**{cell_id: price_mark(fee) for cell_id, fee in prices.items()}, **dict.fromkeys(cleared, "")}
    changed = [
        cell_id for cell_id, mark in wanted.items() if mark != stored_mark(schedule.prices.get(cell_id))
    ]
    if seen is not None:
        _check_seen(schedule, changed, seen)
    if not changed:
        return False
    is_sitting = _is_one_sitting(schedule, by)
    for cell_id in changed:
        _write(application, schedule.prices.get(cell_id), cell_id, prices.get(cell_id, ""), by)
    session.flush()
    void_declaration(application, by)
    if not is_sitting:
        record("application.prices_saved", application, by, cells=len(changed))
    return True


def _check_seen(schedule: queries.Schedule, changed: Collection[int], seen: Mapping[int, str]) -> None:
    others = {
        cell_id: schedule.prices.get(cell_id)
        for cell_id in changed
        if seen.get(cell_id, "") != stored_mark(schedule.prices.get(cell_id))
    }
    if others:
        raise PriceConflict(others)


def _is_one_sitting(schedule: queries.Schedule, by: Person) -> bool:
    """Did the same person save the last price in the same quarter of an hour? Then that event says it already."""
    last = schedule.last_saved
    return last is not None and is_one_sitting(last.priced_by_id, last.priced_at, by)


def _check_fees(schedule: queries.Schedule, prices: Mapping[int, Decimal | None]) -> None:
    asked = {cell.id: cell for cell in schedule.cells}
    for cell_id, fee in prices.items():
        if cell_id not in asked:
            raise Invalid("This round does not ask for that price.", field=price_field(cell_id))
        if fee is not None and (problem := problem_with_fee(fee, asked[cell_id].ceiling)) is not None:
            raise Invalid(problem, field=price_field(cell_id))


def _write(
    application: Application, price: BidPrice | None, cell_id: int, fee: Decimal | str | None, by: Person
) -> None:
    if isinstance(fee, str):
        session.delete(price)
        return
    if price is None:
        price = BidPrice(application_id=application.id, cell_id=cell_id)
        session.add(price)
    price.weekly_fee, price.not_offered = fee, fee is None
    price.priced_by_id, price.priced_at = by.id, clock.now()
