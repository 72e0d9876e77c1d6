"""Rule 8 for bids: pounds and pence or "not offered", never blank or zero, inside the ceiling."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.applications import queries, services
from portal.applications.models import BidPrice
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid
from tests.support.acting import as_worker

D = Decimal


def cells(desk, code="standard"):
    return queries.get_schedule(desk.application).of_type(code).cells


def save(desk, prices, **more):
    return services.save_prices(desk.application, prices, by=desk.writer, **more)


def test_prices_are_kept_to_the_penny_or_not_offered(desk):
    first, second = cells(desk)[:2]
    assert save(desk, {first.id: D("812.55"), second.id: None})
    session.commit()
    kept = queries.list_prices(desk.application)
    assert (kept[first.id].weekly_fee, kept[first.id].not_offered) == (D("812.55"), False)
    assert (kept[second.id].weekly_fee, kept[second.id].not_offered) == (None, True)
    assert not save(desk, {first.id: D("812.550"), second.id: None})


@pytest.mark.parametrize("fee", ["0", "-1", "812.555", "0.001", "100000.01"])
def test_rule_08_what_is_no_weekly_fee_is_refused(desk, fee):
    cell = cells(desk)[0]
    with pytest.raises(Invalid) as refused:
        save(desk, {cell.id: D(fee)})
    assert refused.value.field == services.price_field(cell.id)


def test_a_fee_above_the_ceiling_is_explained(desk):
    cell = next(one for one in cells(desk) if one.ceiling is not None)
    save(desk, {cell.id: cell.ceiling})
    with pytest.raises(Invalid, match=r"ceiling of this round is £1,500\.00"):
        save(desk, {cell.id: cell.ceiling + D("0.01")})


def test_a_cell_the_round_does_not_ask_for_is_refused(desk):
    with pytest.raises(Invalid):
        save(desk, {999_999: D(500)})


@pytest.mark.parametrize(
    "values",
    [
        {"weekly_fee": D(0), "not_offered": False},
        {"weekly_fee": D(-1), "not_offered": False},
        {"weekly_fee": None, "not_offered": False},
        {"weekly_fee": D(500), "not_offered": True},
    ],
)
def test_rule_08_the_database_refuses_blank_and_zero(desk, values):
    row = sa.insert(BidPrice).values(application_id=desk.application.id, cell_id=cells(desk)[0].id, **values)
    with pytest.raises(sa.exc.IntegrityError, match="priced_or_not_offered"):
        session.execute(row)
    session.rollback()


def test_blank_cells_are_gaps_and_can_be_cleared_again(desk):
    schedule = queries.get_schedule(desk.application)
    save(desk, {cell.id: D(700) for cell in schedule.cells})
    assert queries.get_schedule(desk.application).problem is None
    save(desk, {}, cleared=[schedule.cells[0].id])
    problem = queries.get_schedule(desk.application).problem
    assert problem == f"1 of {len(schedule.cells)} prices not filled in yet"


def test_offering_nothing_at_all_is_a_gap(desk):
    save(desk, {cell.id: None for cell in queries.get_schedule(desk.application).cells})
    assert "Nothing is offered" in queries.get_schedule(desk.application).problem


def test_prices_changed_by_a_colleague_are_not_overwritten_unseen(desk):
    first, second = cells(desk)[:2]
    save(desk, {first.id: D(700), second.id: D(700)}, seen={})
    session.commit()
    with pytest.raises(services.PriceConflict) as conflict:
        save(desk, {first.id: D(900), second.id: D(700)}, seen={})
    assert [(cell_id, price.weekly_fee) for cell_id, price in conflict.value.stored.items()] == [
        (first.id, D(700))
    ]
    with pytest.raises(services.PriceConflict):
        save(desk, {}, cleared=[first.id], seen={first.id: ""})
    assert save(desk, {first.id: None}, seen={first.id: "700.00"})
    assert queries.list_prices(desk.application)[first.id].priced_by_id == desk.writer.id


def test_a_price_type_filled_in_cell_by_cell_is_one_event(desk):
    for number, cell in enumerate(cells(desk)):
        save(desk, {cell.id: D(700 + number)})
    session.commit()
    with as_worker():
        events = session.scalars(
            sa.select(AuditEvent.details).where(AuditEvent.verb == "application.prices_saved")
        ).all()
    assert len(events) == 1


@pytest.mark.parametrize(
    ("fee", "asks"), [("399.99", True), ("400", False), ("3000", False), ("3000.01", True)]
)
def test_unusual_fees_are_asked_about(fee, asks):
    assert services.is_unusual(D(fee)) is asks


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-10, max_value=200_000, places=4))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rule_08_a_fee_without_problem_is_pounds_and_pence(fee):
    if services.problem_with_fee(fee, None) is None:
        assert fee == fee.quantize(D("0.01"))
        assert D(0) < fee <= D(100_000)
