"""Whatever is lowered in whatever order: no two prices of a cell overlap, no day is left without one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid
from portal.pricing import services
from portal.pricing.models import AgreedCell, Price
from portal.pricing.modifiers import nightly
from portal.pricing.services.versions import check_fee
from tests.factories import accounts, frameworks, pricing, providers

FEES = st.decimals(min_value="0.01", max_value="99999.99", places=2, allow_nan=False, allow_infinity=False)
CHANGES = st.lists(st.tuples(st.integers(0, 1500), FEES), max_size=6)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=CHANGES)
@example(changes=[(0, Decimal("700.00")), (400, Decimal("699.99"))])
def test_rule_08_no_overlap_and_no_gap(changes: list[tuple[int, Decimal]]) -> None:
    cell_id = pricing.cell().id
    framework, organisation = frameworks.framework(), providers.organisation()
    start = date(2024, 2, 29)
    pricing.price_version(framework, organisation, {cell_id: Decimal("99999.99")}, effective_from=start)
    lead = accounts.person(Role.FINANCE_LEAD, organisation=organisation)
    today = clock.today()
    agreed: dict[int, Decimal] = {}
    for days, fee in changes:
        try:
            with session.begin_nested():
                services.lower_prices(
                    framework,
                    organisation,
                    {cell_id: fee},
                    effective_from=today + timedelta(days=days),
                    reason="A saving.",
                    by=lead,
                )
            agreed[days] = fee
        except Invalid:
            assert any(days <= day for day in agreed) or fee >= min(
                agreed.values(), default=Decimal("99999.99")
            )
    prices = session.scalars(
        sa.select(Price)
        .join(Price.agreed_cell)
        .where(AgreedCell.organisation_id == organisation.id)
        .order_by(sa.func.lower(Price.period))
    ).all()
    assert prices[0].period.lower == start
    assert prices[-1].period.upper is None
    assert all(one.period.upper == two.period.lower for one, two in pairwise(prices))
    assert [price.weekly_fee for price in prices][1:] == [agreed[day] for day in sorted(agreed)]


@given(fee=FEES)
def test_nightly_is_a_seventh_to_the_nearest_penny(fee: Decimal) -> None:
    night = nightly(fee)
    assert night == night.quantize(Decimal("0.01"))
    assert abs(night * 7 - fee) <= Decimal("0.035")
    assert night == (fee / 7).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@given(fee=FEES)
def test_a_fee_in_pence_stays_exactly_as_it_was(fee: Decimal) -> None:
    assert check_fee(fee) == fee


@given(fee=st.decimals(min_value="0.001", max_value="99999", places=3).filter(lambda fee: fee * 100 % 1 != 0))
def test_parts_of_a_penny_are_refused(fee: Decimal) -> None:
    with pytest.raises(Invalid):
        check_fee(fee)


@pytest.mark.parametrize(
    ("weekly", "night"),
    [("800", "114.29"), ("0.03", "0.00"), ("0.04", "0.01"), ("0.035", "0.01"), ("971.85", "138.84")],
)
def test_nightly_examples(weekly: str, night: str) -> None:
    assert nightly(Decimal(weekly)) == Decimal(night)
