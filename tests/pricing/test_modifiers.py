"""What a placement costs with its modifiers: exact, line by line, and as agreed on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused
from portal.core.transitions import apply
from portal.pricing import queries, services
from portal.pricing.models import PriceVersion
from portal.pricing.modifiers import (
    NO_MODIFIERS,
    Modifiers,
    dearer_in,
    describe,
    nightly,
    ordinal,
    price_for,
)
from portal.pricing.queries import Schedule
from portal.pricing.services.versions import check_modifiers, record_modifiers
from portal.pricing.states import PriceVersionState
from portal.pricing.workflow import PRICE_VERSION
from tests.factories import accounts, frameworks, pricing, providers

D = Decimal
ALL = Modifiers(
    sibling_from=2,
    sibling_percent=D("10"),
    long_term_weeks=52,
    long_term_percent=D("5"),
    retainer_percent=D("50"),
    solo_amount=D("75.00"),
)

FEES = st.decimals(min_value="0.01", max_value="99999.99", places=2)
SHARES = st.none() | st.decimals(min_value="0.01", max_value="99.99", places=2)


# A machine that is busy with something else is no reason to fail.
ARITHMETIC = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def modifiers(draw: Any) -> Modifiers:
    sibling, long_term = draw(SHARES), draw(SHARES)
    solo = draw(st.sampled_from(["solo_amount", "solo_percent"]))
    return Modifiers(
        sibling_from=None if sibling is None else draw(st.integers(2, 6)),
        sibling_percent=sibling,
        long_term_weeks=None if long_term is None else draw(st.integers(1, 200)),
        long_term_percent=long_term,
        retainer_percent=draw(SHARES),
        **{solo: draw(SHARES)},
    )


PLACEMENTS = st.fixed_dictionaries(
    {
        "children": st.integers(1, 6),
        "nth_child": st.integers(1, 6),
        "weeks": st.none() | st.integers(0, 300),
        "is_solo": st.booleans(),
        "is_retainer": st.booleans(),
    }
)


def test_without_modifiers_the_price_is_the_agreed_fee() -> None:
    priced = price_for(D("812.50"))
    assert (priced.lines, priced.weekly, priced.nightly) == (
        [("Weekly fee", D("812.50"))],
        D("812.50"),
        D("116.07"),
    )


def test_each_modifier_is_a_line_and_the_lines_add_up() -> None:
    priced = price_for(D("800.00"), ALL, children=3, weeks=52, is_retainer=True)
    assert priced.lines == [
        ("Weekly fee, 3 children at £800.00", D("2400.00")),
        ("Sibling discount, 10% off from the 2nd child", D("-160.00")),
        ("Long-term discount, 5% off after 52 weeks", D("-112.00")),
        ("Retainer, 50% of the fee while a place is kept open", D("-1064.00")),
    ]
    assert (priced.weekly, priced.nightly) == (D("1064.00"), D("152.00"))


@pytest.mark.parametrize(
    ("of", "asked", "weekly"),
    [
        (ALL, {"weeks": 51}, "800.00"),
        (ALL, {"weeks": 52}, "760.00"),
        (ALL, {"weeks": None}, "800.00"),
        (ALL, {"is_solo": True}, "875.00"),
        (ALL, {"is_solo": True, "children": 2}, "1520.00"),  # two placed together are not alone
        (replace(ALL, solo_amount=None, solo_percent=D("12.5")), {"is_solo": True}, "900.00"),
        (ALL, {"nth_child": 2}, "720.00"),
        (ALL, {"nth_child": 1}, "800.00"),
        (ALL, {"nth_child": 4, "children": 2}, "1440.00"),
        (replace(ALL, sibling_from=4), {"children": 3}, "2400.00"),
        (replace(ALL, sibling_from=3), {"children": 3}, "2320.00"),
        (ALL, {"is_retainer": True}, "400.00"),
        (replace(ALL, retainer_percent=None), {"is_retainer": True}, "800.00"),
    ],
)
def test_when_a_modifier_applies(of: Modifiers, asked: dict[str, Any], weekly: str) -> None:
    assert price_for(D("800.00"), of, **asked).weekly == D(weekly)


@ARITHMETIC
@given(fee=FEES, of=modifiers(), asked=PLACEMENTS)
def test_rule_08_every_price_is_exact_whole_pence_and_never_below_nothing(
    fee: Decimal, of: Modifiers, asked: dict[str, Any]
) -> None:
    priced = price_for(fee, of, **asked)
    assert sum(amount for _, amount in priced.lines) == priced.weekly
    assert all(amount == amount.quantize(D("0.01")) for _, amount in priced.lines)
    assert priced.weekly >= 0
    assert priced.nightly == (priced.weekly / 7).quantize(D("0.01"), rounding=ROUND_HALF_UP)
    assert priced.nightly == nightly(priced.weekly)


@ARITHMETIC
@given(fee=FEES, of=modifiers(), asked=PLACEMENTS)
def test_children_priced_one_by_one_come_to_the_group(
    fee: Decimal, of: Modifiers, asked: dict[str, Any]
) -> None:
    asked |= {"weeks": None, "is_solo": False, "is_retainer": False}
    first = asked.pop("nth_child")
    together = price_for(fee, of, nth_child=first, **asked).weekly
    count = asked.pop("children")
    assert together == sum(price_for(fee, of, nth_child=first + n, **asked).weekly for n in range(count))


@ARITHMETIC
@given(fee=FEES, of=modifiers(), asked=PLACEMENTS)
def test_a_bigger_discount_never_costs_more(fee: Decimal, of: Modifiers, asked: dict[str, Any]) -> None:
    if of.sibling_percent is None:
        of = replace(of, sibling_from=2, sibling_percent=D("0.01"))
    bigger = replace(of, sibling_percent=(of.sibling_percent or 0) / 2 + 50)
    assert price_for(fee, bigger, **asked).weekly <= price_for(fee, of, **asked).weekly


def test_rule_08_a_float_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        price_for(800.0, ALL)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one child"):
        price_for(D(800), ALL, children=0)


def test_modifiers_in_words() -> None:
    assert describe(replace(ALL, long_term_percent=D("7.50"))) == [
        ("Sibling discount", "10% off from the 2nd child"),
        ("Long-term discount", "7.5% off after 52 weeks"),
        ("Retainer", "50% of the fee while a place is kept open"),
        ("Solo supplement", "£75.00 more a week"),
    ]
    assert describe(NO_MODIFIERS)[0] == ("Sibling discount", "None agreed")
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]
    )


@ARITHMETIC
@given(fee=FEES, old=modifiers(), new=modifiers(), asked=PLACEMENTS)
def test_rule_08_what_is_no_increase_never_costs_more(
    fee: Decimal, old: Modifiers, new: Modifiers, asked: dict[str, Any]
) -> None:
    """Whatever the placement: a provider could otherwise raise a price without a review."""
    for candidate in (
        new,
        _cheaper(old),
        replace(old, sibling_percent=new.sibling_percent or old.sibling_percent),
    ):
        if candidate.sibling_percent is not None and candidate.sibling_from is None:
            continue
        if not dearer_in(old, candidate):
            assert price_for(fee, candidate, **asked).weekly <= price_for(fee, old, **asked).weekly


def _cheaper(old: Modifiers) -> Modifiers:
    return replace(
        old,
        sibling_from=2,
        sibling_percent=D("99.99"),
        retainer_percent=min(old.retainer_percent or D(100), D(20)),
        solo_amount=None,
        solo_percent=None,
    )


@pytest.mark.parametrize(
    ("changed", "dearer"),
    [
        ({}, []),
        ({"sibling_percent": D("9.99")}, ["sibling_percent"]),
        ({"sibling_percent": None, "sibling_from": None}, ["sibling_percent"]),
        ({"sibling_from": 3}, ["sibling_from"]),
        ({"sibling_from": 3, "sibling_percent": D(20)}, ["sibling_from"]),
        ({"long_term_weeks": 53}, ["long_term_weeks"]),
        ({"long_term_weeks": 26, "long_term_percent": D(6)}, []),
        ({"retainer_percent": D(51)}, ["retainer_percent"]),
        ({"retainer_percent": None}, ["retainer_percent"]),
        ({"retainer_percent": D(40)}, []),
        ({"solo_amount": D(76)}, ["solo_amount"]),
        ({"solo_amount": None}, []),
        ({"solo_amount": None, "solo_percent": D(1)}, ["solo_percent"]),
    ],
)
def test_what_counts_as_an_increase(changed: dict[str, Any], dearer: list[str]) -> None:
    assert dearer_in(ALL, replace(ALL, **changed)) == dearer


@pytest.fixture
def schedule() -> Schedule:
    framework, organisation = frameworks.framework(), providers.organisation()
    pricing.price_version(framework, organisation, {pricing.cell().id: D(800)}, modifiers=ALL)
    return Schedule(organisation, framework)


def change(schedule: Schedule, modifiers: Modifiers, *, days: int = 10, by: Any = None) -> PriceVersion:
    return services.lower_modifiers(
        schedule.framework,
        schedule.organisation,
        modifiers,
        effective_from=clock.today() + timedelta(days=days),
        reason="So that brothers and sisters stay together.",
        by=by or accounts.person(Role.FINANCE_LEAD, organisation=schedule.organisation),
    )


def test_a_bigger_discount_applies_at_once_from_its_day(schedule: Schedule) -> None:
    bigger = replace(ALL, sibling_percent=D("12.5"))
    version = change(schedule, bigger, days=0)
    assert (version.number, version.state) == (2, PriceVersionState.APPROVED)
    today = clock.today()
    assert queries.find_modifiers(schedule, today) == bigger
    assert queries.find_modifiers(schedule, today - timedelta(days=1)) == ALL
    standings = queries.standings_of(queries.list_versions(schedule), today)
    assert [standing.value for standing in standings.values()] == ["in_force", "in_force"]


def test_rule_08_a_dearer_modifier_needs_a_review(schedule: Schedule) -> None:
    with pytest.raises(Invalid, match="price review") as refused:
        change(schedule, replace(ALL, sibling_percent=D(9)))
    assert refused.value.field == "sibling_percent"
    with pytest.raises(Invalid, match="Nothing changes"):
        change(schedule, ALL)
    change(schedule, replace(ALL, retainer_percent=D(45)), days=20)
    for days in (10, 20):
        with pytest.raises(Invalid, match="already change on"):
            change(schedule, replace(ALL, retainer_percent=D(40)), days=days)
    with pytest.raises(Invalid, match="today or later"):
        change(schedule, replace(ALL, retainer_percent=D(40)), days=-1)
    with pytest.raises(NotAllowed):
        change(schedule, replace(ALL, retainer_percent=D(40)), days=30, by=accounts.person(Role.COMMISSIONER))


def test_a_version_with_dearer_modifiers_is_refused_by_the_lifecycle_itself(schedule: Schedule) -> None:
    version = pricing.price_version(
        schedule.framework, schedule.organisation, {}, number=2, state=PriceVersionState.PROPOSED
    )
    lead = accounts.person(Role.FINANCE_LEAD, organisation=schedule.organisation)
    with pytest.raises(Refused, match="price review"):
        apply(PRICE_VERSION, "lower", version, by=lead, facts={"lowered": [], "dearer": ["solo_amount"]})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"sibling_from": None}, "sibling_from"),
        ({"sibling_percent": None}, "sibling_percent"),
        ({"sibling_from": 1}, "sibling_from"),
        ({"sibling_percent": D(100)}, "sibling_percent"),
        ({"long_term_weeks": 0}, "long_term_weeks"),
        ({"long_term_percent": D(0)}, "long_term_percent"),
        ({"retainer_percent": D("100.01")}, "retainer_percent"),
        ({"retainer_percent": D("33.333")}, "retainer_percent"),
        ({"solo_amount": D("0")}, "solo_amount"),
        ({"solo_amount": D("1.005")}, "solo_amount"),
        ({"solo_percent": D("5")}, "solo_amount"),
        ({"solo_amount": None, "solo_percent": D("NaN")}, "solo_percent"),
    ],
)
def test_rule_08_wrong_modifiers_are_refused_beside_their_field(changed: dict[str, Any], field: str) -> None:
    check_modifiers(ALL)
    with pytest.raises(Invalid) as refused:
        check_modifiers(replace(ALL, **changed))
    assert refused.value.field == field


def test_many_providers_modifiers_on_a_day_in_one_statement(count_queries: Any) -> None:
    framework = frameworks.framework()
    starts = date(2024, 2, 29)
    one, other, without = (providers.organisation() for _ in range(3))
    cell_id = pricing.cell().id
    for each in (one, other):
        pricing.price_version(framework, each, {cell_id: D(800)}, effective_from=starts, modifiers=ALL)
    changed = replace(ALL, sibling_percent=D("12.5"))
    pricing.price_version(framework, one, {}, number=2, effective_from=date(2024, 3, 31), modifiers=changed)
    ids = [one.id, other.id, without.id]
    session.execute(sa.text("SELECT 1"))  # the transaction has begun
    with count_queries() as counted:
        found = queries.modifiers_on(framework.id, ids, date(2024, 3, 31))
    assert counted.number == 1
    assert found == {one.id: changed, other.id: ALL, without.id: NO_MODIFIERS}
    assert queries.modifiers_on(framework.id, ids, date(2024, 3, 30))[one.id] == ALL
    before = queries.modifiers_on(framework.id, ids, starts - timedelta(days=1))
    assert set(before.values()) == {NO_MODIFIERS}
    assert queries.modifiers_on(frameworks.framework().id, [one.id], starts) == {one.id: NO_MODIFIERS}


def test_rule_08_modifiers_change_once_a_day_and_are_never_overwritten() -> None:
    framework, organisation = frameworks.framework(), providers.organisation()
    starts = date(2024, 2, 29)
    first = pricing.price_version(framework, organisation, {}, effective_from=starts, modifiers=ALL)
    second = pricing.price_version(framework, organisation, {}, number=2, effective_from=starts)
    with pytest.raises(Invalid, match="already change on that day"), session.begin_nested():
        record_modifiers(second, replace(ALL, sibling_percent=D(11)))
    for statement in ("UPDATE price_modifiers SET sibling_percent = 1", "DELETE FROM price_modifiers"):
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(sa.text(statement))
    found = queries.modifiers_on(framework.id, [organisation.id], starts)
    assert (found[organisation.id], first.effective_from) == (ALL, starts)


@pytest.mark.parametrize(
    "columns",
    [
        "sibling_from = 2, sibling_percent = NULL",
        "sibling_percent = -1, sibling_from = 2",
        "retainer_percent = 101",
        "solo_amount = 5, solo_percent = 5",
        "solo_amount = 0, solo_percent = NULL",
    ],
)
def test_rule_08_the_database_refuses_wrong_modifiers(columns: str) -> None:
    framework, organisation = frameworks.framework(), providers.organisation()
    pricing.price_version(framework, organisation, {}, modifiers=ALL)
    session.execute(sa.text("RESET ROLE"))
    with pytest.raises(IntegrityError, match="ck_price_modifiers"), session.begin_nested():
        session.execute(sa.text(f"UPDATE price_modifiers SET {columns}"))
    session.execute(sa.text("SET ROLE portal_app"))
