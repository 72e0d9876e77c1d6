"""The working price schedule: pounds and pence, or "not offered", cell by cell (rule 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import Application, BidPrice
from portal.applications.services.deadline import begin_writing
from portal.applications.services.drafting import void_declaration
from portal.core import audit
from portal.core.db import session
from portal.core.errors import Invalid, Stale
from portal.core.ui import money

PENNY = Decimal("0.01")
MOST_A_WEEK = Decimal(100_000)

# Outside these a weekly fee is unusual, and the page asks whether it is meant (domain handbook §7).
USUAL_FROM, USUAL_TO = Decimal(400), Decimal(3000)


def price_field(cell_id: int) -> str:
    """The name of a cell's form field."""
    return f"fee-{cell_id}"


def is_unusual(fee: Decimal | None) -> bool:
    """Is this a fee that the page should ask about?"""
    return fee is not None and not USUAL_FROM <= fee <= USUAL_TO


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


def schedule_seen(prices: Mapping[int, BidPrice], cell_ids: Iterable[int]) -> str:
    """A short mark of these cells' prices as shown, to notice when somebody else changed them meanwhile."""
    shown = [(cell_id, _shown(prices.get(cell_id))) for cell_id in sorted(cell_ids)]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def save_prices(
    application: Application,
    prices: Mapping[int, Decimal | None],
    *,
    by: Person,
    cleared: Collection[int] = (),
    seen: str | None = None,
) -> bool:
    """Set weekly fees by cell id (None: not offered) and forget the `cleared` ones; True if anything changed.

    `seen` is `schedule_seen` of all these cells when the form was shown. Who: the applicant's bid writers and
    administrators, until the deadline. A change voids the declaration. Raises `Invalid` beside a cell's
    field for a fee that is not pounds and pence above zero and within the ceiling, `Stale`, `DeadlinePassed`.
    """
    begin_writing(application, by)
    schedule = queries.get_schedule(application)
    _check_fees(schedule, prices)
    touched = [*prices, *cleared]
    if seen is not None and seen != schedule_seen(schedule.prices, touched):
        raise Stale("Someone else changed these prices since you opened them.")
    changed = [
        _set(application, schedule.prices.get(cell_id), cell_id, fee) for cell_id, fee in prices.items()
    ]
    changed += [_clear(schedule.prices.get(cell_id)) for cell_id in cleared]
    if not any(changed):
        return False
    session.flush()
    void_declaration(application, by)
    audit.record(
        "application.prices_saved",
        application,
        by=by,
        details={"cells": sum(changed)},
        sealed_round_id=application.round_id,
    )
    return True


def _check_fees(schedule: queries.Schedule, prices: Mapping[int, Decimal | None]) -> None:
    asked = {cell.id: cell for cell in schedule.cells}
    for cell_id, fee in prices.items():
        if cell_id not in asked:
            raise Invalid("This round does not ask for that price.", field=price_field(cell_id))
        if fee is not None and (problem := problem_with_fee(fee, asked[cell_id].ceiling)) is not None:
            raise Invalid(problem, field=price_field(cell_id))


def _set(application: Application, price: BidPrice | None, cell_id: int, fee: Decimal | None) -> bool:
    if price is None:
        session.add(
            BidPrice(application_id=application.id, cell_id=cell_id, weekly_fee=fee, not_offered=fee is None)
        )
        return True
    if price.weekly_fee == fee:
        return False
    price.weekly_fee, price.not_offered = fee, fee is None
    return True


def _clear(price: BidPrice | None) -> bool:
    if price is None:
        return False
    session.delete(price)
    return True


def _shown(price: BidPrice | None) -> str:
    if price is None:
        return ""
    return "not offered" if price.weekly_fee is None else f"{price.weekly_fee:.2f}"
