"""Agreeing and lowering prices: who may, from when, and that nothing agreed is ever overwritten."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from portal.accounts.states import Role
from portal.core import audit, clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.core.transitions import apply
from portal.pricing import queries, services
from portal.pricing.models import Price, PriceVersion
from portal.pricing.queries import Schedule
from portal.pricing.services import Lowering
from portal.pricing.states import PriceVersionState
from portal.pricing.workflow import PRICE_VERSION
from tests.factories import accounts, frameworks, pricing, providers


@pytest.fixture
def framework() -> Any:
    pricing.load_lists()
    return frameworks.framework()


@pytest.fixture
def organisation() -> Any:
    return providers.organisation()


@pytest.fixture
def schedule(framework: Any, organisation: Any) -> Schedule:
    """Two priced cells and one that is not offered, in force for a month."""
    fees = {pricing.cell().id: Decimal(800), enhanced(): Decimal("950.50"), complex_(): None}
    pricing.price_version(framework, organisation, fees)
    return Schedule(organisation, framework)


@pytest.fixture
def lead(organisation: Any) -> Any:
    return accounts.person(Role.FINANCE_LEAD, organisation=organisation)


@pytest.fixture
def commissioner() -> Any:
    return accounts.person(Role.COMMISSIONER)


def standard() -> int:
    return pricing.cell().id


def enhanced() -> int:
    return pricing.cell(need_category="enhanced").id


def complex_() -> int:
    return pricing.cell(need_category="complex").id


def lower(
    schedule: Schedule, fees: dict[int, Decimal], *, by: Any, days: int = 10, **more: Any
) -> PriceVersion:
    return services.lower_prices(
        schedule.framework,
        schedule.organisation,
        fees,
        effective_from=clock.today() + timedelta(days=days),
        reason=more.pop("reason", "We can pass on a saving."),
        by=by,
        **more,
    )


def fee_on(schedule: Schedule, cell_id: int, day: date) -> Decimal | None:
    found = queries.price_on(schedule.framework.id, [schedule.organisation.id], [cell_id], day)
    return found[(schedule.organisation.id, cell_id)]


def test_lower_ends_the_old_price_the_day_before(schedule: Schedule, lead: Any) -> None:
    version = lower(schedule, {standard(): Decimal("780.25")}, by=lead)
    starts = clock.today() + timedelta(days=10)
    assert (version.number, version.state, version.effective_from) == (2, PriceVersionState.APPROVED, starts)
    assert fee_on(schedule, standard(), starts - timedelta(days=1)) == Decimal(800)
    assert fee_on(schedule, standard(), starts) == Decimal("780.25")
    assert fee_on(schedule, enhanced(), starts) == Decimal("950.50")
    (change,) = queries.list_changes(version)
    assert (change.old, change.new) == (Decimal(800), Decimal("780.25"))


def test_lower_writes_one_audit_event(schedule: Schedule, lead: Any) -> None:
    version = lower(schedule, {standard(): Decimal(780)}, by=lead)
    session.commit()
    events = session.scalars(
        sa.select(audit.AuditEvent).where(audit.AuditEvent.subject_id == version.id)
    ).all()
    assert [event.verb for event in events] == ["price_version.lowered"]


def test_several_prices_from_today(schedule: Schedule, lead: Any) -> None:
    lower(schedule, {standard(): Decimal(700), enhanced(): Decimal("0.01")}, by=lead, days=0)
    assert fee_on(schedule, enhanced(), clock.today()) == Decimal("0.01")
    assert fee_on(schedule, enhanced(), clock.today() - timedelta(days=1)) == Decimal("950.50")


@pytest.mark.parametrize(
    ("fee", "words"),
    [
        ("800.01", "only through a price review"),
        ("800.00", "already"),
        ("0", "more than £0"),
        ("-1", "more than £0"),
        ("799.999", "whole pence"),
        ("NaN", "more than £0"),
    ],
)
def test_rule_08_only_a_lower_exact_price_is_taken(
    schedule: Schedule, lead: Any, fee: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        lower(schedule, {standard(): Decimal(fee)}, by=lead)
    assert refused.value.field == f"fee-{standard()}"
    assert fee_on(schedule, standard(), clock.today() + timedelta(days=30)) == Decimal(800)


def test_rule_08_a_float_is_a_mistake(schedule: Schedule, lead: Any) -> None:
    with pytest.raises(TypeError):
        lower(schedule, {standard(): 700.0}, by=lead)  # type: ignore[dict-item]


def test_what_is_not_offered_cannot_be_lowered(schedule: Schedule, lead: Any) -> None:
    with pytest.raises(Invalid, match="do not offer"):
        lower(schedule, {complex_(): Decimal(700)}, by=lead)


def test_a_cell_outside_the_schedule_cannot_be_lowered(schedule: Schedule, lead: Any) -> None:
    with pytest.raises(Invalid, match="no agreed price"):
        lower(schedule, {pricing.cell(age_band="16_17").id: Decimal(700)}, by=lead)


@pytest.mark.parametrize("days", [-1, 366 * 7])
def test_dates_past_or_far_off_are_refused(schedule: Schedule, lead: Any, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        lower(schedule, {standard(): Decimal(700)}, by=lead, days=days)
    assert refused.value.field == "effective_from"


@pytest.mark.parametrize("days", [5, 10])
def test_a_price_that_already_changes_then_or_later_is_refused(
    schedule: Schedule, lead: Any, days: int
) -> None:
    lower(schedule, {standard(): Decimal(780)}, by=lead, days=10)
    with pytest.raises(Invalid, match="already changes on"):
        lower(schedule, {standard(): Decimal(700)}, by=lead, days=days)


def test_a_later_lowering_follows_the_first(schedule: Schedule, lead: Any) -> None:
    lower(schedule, {standard(): Decimal(780)}, by=lead, days=10)
    lower(schedule, {standard(): Decimal(760)}, by=lead, days=20)
    today = clock.today()
    days = (0, 9, 10, 19, 20, 400)
    assert [fee_on(schedule, standard(), today + timedelta(days=day)) for day in days] == [
        Decimal(fee) for fee in (800, 800, 780, 780, 760, 760)
    ]


def test_a_reason_is_needed(schedule: Schedule, lead: Any) -> None:
    with pytest.raises(Invalid) as refused:
        lower(schedule, {standard(): Decimal(700)}, by=lead, reason="  ")
    assert refused.value.field == "reason"


def test_a_form_shown_before_another_change_is_stale(schedule: Schedule, lead: Any) -> None:
    lower(schedule, {enhanced(): Decimal(900)}, by=lead, seen_number=1)
    with pytest.raises(Stale):
        lower(schedule, {standard(): Decimal(700)}, by=lead, seen_number=1)


@pytest.mark.parametrize("role", list(Role))
def test_only_the_finance_lead_lowers(schedule: Schedule, role: Role) -> None:
    person = accounts.person(role, organisation=schedule.organisation if role.is_provider_role else None)
    if role == Role.FINANCE_LEAD:
        lower(schedule, {standard(): Decimal(700)}, by=person)
        return
    with pytest.raises(NotAllowed):
        lower(schedule, {standard(): Decimal(700)}, by=person)


def test_rule_09_another_providers_finance_lead_cannot_lower(schedule: Schedule) -> None:
    stranger = accounts.person(Role.FINANCE_LEAD, organisation=providers.organisation())
    with pytest.raises(NotAllowed):
        lower(schedule, {standard(): Decimal(700)}, by=stranger)


@pytest.mark.parametrize("state", list(PriceVersionState))
@pytest.mark.parametrize("name", ["adopt", "lower", "approve", "reject"])
@pytest.mark.parametrize(
    "role",
    [Role.COMMISSIONER, Role.FINANCE_LEAD, Role.PLACEMENTS_LEAD, Role.FINANCE_OFFICER, Role.APPROVER],
)
def test_lifecycle(schedule: Schedule, state: PriceVersionState, name: str, role: Role) -> None:
    version = pricing.price_version(
        schedule.framework, schedule.organisation, {}, number=2, state=state, review_id=uuid4()
    )
    person = accounts.person(role, organisation=schedule.organisation if role.is_provider_role else None)
    facts = {"lowered": [Lowering(standard(), Decimal(2), Decimal(1))], "review_id": version.review_id}
    allowed = {
        ("adopt", Role.COMMISSIONER),
        ("lower", Role.FINANCE_LEAD),
        ("approve", Role.APPROVER),
        ("reject", Role.APPROVER),
    }
    if state != PriceVersionState.PROPOSED:
        with pytest.raises(Refused):
            apply(PRICE_VERSION, name, version, by=person, facts=facts)
    elif (name, role) in allowed:
        apply(PRICE_VERSION, name, version, by=person, facts=facts)
        assert version.state == PRICE_VERSION[name].target
    else:
        with pytest.raises(NotAllowed):
            apply(PRICE_VERSION, name, version, by=person, facts=facts)


def test_rule_08_the_lifecycle_itself_refuses_a_raise(schedule: Schedule, lead: Any) -> None:
    version = pricing.price_version(
        schedule.framework, schedule.organisation, {}, number=2, state=PriceVersionState.PROPOSED
    )
    facts = {"lowered": [Lowering(standard(), Decimal(1), Decimal(2))]}
    with pytest.raises(Refused, match="price review"):
        apply(PRICE_VERSION, "lower", version, by=lead, facts=facts)


def test_rule_08_no_version_is_approved_without_its_review(schedule: Schedule) -> None:
    approver = accounts.person(Role.APPROVER)
    for own, given in ((None, None), (uuid4(), None), (None, uuid4()), (uuid4(), uuid4())):
        state = PriceVersionState.PROPOSED
        with session.begin_nested() as attempt:
            version = PriceVersion(
                framework_id=schedule.framework.id,
                organisation_id=schedule.organisation.id,
                number=9,
                state=state,
                effective_from=clock.today(),
                reason="More.",
                proposed_by_id=approver.id,
                review_id=own,
            )
            session.add(version)
            with pytest.raises(Refused, match="price review"):
                apply(PRICE_VERSION, "approve", version, by=approver, facts={"review_id": given})
            attempt.rollback()


def test_initial_prices(framework: Any, organisation: Any, commissioner: Any) -> None:
    starts = date(2024, 2, 29)
    fees = {standard(): Decimal("812.5"), enhanced(): None}
    version = services.set_initial_prices(
        framework, organisation, fees, effective_from=starts, by=commissioner
    )
    assert (version.number, version.state) == (1, PriceVersionState.APPROVED)
    schedule = Schedule(organisation, framework)
    assert fee_on(schedule, standard(), starts) == Decimal("812.50")
    assert fee_on(schedule, enhanced(), starts) is None
    assert queries.price_on(framework.id, [organisation.id], [standard()], starts - timedelta(days=1)) == {}


def test_initial_prices_twice_from_the_same_day_are_refused(
    framework: Any, organisation: Any, commissioner: Any
) -> None:
    fees = {standard(): Decimal(800)}
    services.set_initial_prices(framework, organisation, fees, effective_from=clock.today(), by=commissioner)
    with pytest.raises(Invalid, match="already changes"):
        services.set_initial_prices(
            framework, organisation, fees, effective_from=clock.today(), by=commissioner
        )


def test_a_provider_admitted_again_gets_new_prices_from_then(
    schedule: Schedule, organisation: Any, commissioner: Any
) -> None:
    today = clock.today()
    services.set_initial_prices(
        schedule.framework, organisation, {standard(): Decimal(880)}, effective_from=today, by=commissioner
    )
    assert fee_on(schedule, standard(), today - timedelta(days=1)) == Decimal(800)
    assert fee_on(schedule, standard(), today) == Decimal(880)


@pytest.mark.parametrize("fee", ["0", "-5", "1.005"])
def test_rule_08_initial_prices_are_exact_and_not_nothing(
    framework: Any, organisation: Any, commissioner: Any, fee: str
) -> None:
    with pytest.raises(Invalid):
        services.set_initial_prices(
            framework, organisation, {standard(): Decimal(fee)}, effective_from=clock.today(), by=commissioner
        )


def test_rule_08_the_database_refuses_an_overlap(schedule: Schedule) -> None:
    price = next(iter(queries.list_prices(schedule, clock.today()).values()))
    session.add(
        Price(
            agreed_cell_id=price.agreed_cell_id,
            price_version_id=price.price_version_id,
            weekly_fee=Decimal(1),
            period=Range(clock.today(), None),
        )
    )
    with pytest.raises(Invalid, match="changed at the same moment"):
        session.flush()


@pytest.mark.parametrize(("fee", "not_offered"), [(None, False), (Decimal(0), False), (Decimal(5), True)])
def test_rule_08_the_database_refuses_blank_and_zero(
    schedule: Schedule, fee: Decimal | None, not_offered: bool
) -> None:
    price = next(iter(queries.list_prices(schedule, clock.today()).values()))
    price.weekly_fee, price.not_offered = fee, not_offered
    with pytest.raises(IntegrityError):
        session.flush()


def test_price_on_asks_once_for_many_providers(framework: Any, count_queries: Any) -> None:
    made = [providers.organisation() for _ in range(4)]
    for number, organisation in enumerate(made):
        pricing.price_version(framework, organisation, {standard(): Decimal(700 + number), enhanced(): None})
    cells, today = [standard(), enhanced()], clock.today()
    with count_queries() as counted:
        found = queries.price_on(framework.id, [one.id for one in made], cells, today)
    assert counted.number == 1
    assert found[(made[2].id, standard())] == Decimal(702)
    assert found[(made[2].id, enhanced())] is None
    assert len(found) == 8
