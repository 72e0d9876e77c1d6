"""The pages of a price schedule."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.pricing import queries
from portal.pricing.queries import Schedule
from portal.pricing.views import first_of_next_month
from tests.factories import accounts, frameworks, pricing, providers


@pytest.fixture
def schedule() -> Schedule:
    pricing.load_lists()
    framework, organisation = frameworks.framework(), providers.organisation()
    fees = {pricing.cell().id: Decimal(800), pricing.cell(need_category="enhanced").id: None}
    pricing.price_version(framework, organisation, fees)
    return Schedule(organisation, framework)


@pytest.fixture
def address(schedule: Schedule) -> str:
    return f"/organisations/{schedule.organisation.id}/prices/{schedule.framework.id}"


@pytest.fixture
def signed_in(client: Any, schedule: Schedule) -> Any:
    client.sign_in(accounts.person(Role.FINANCE_LEAD, organisation=schedule.organisation))
    return client


def typed(schedule: Schedule, fee: str = "780.50", **changes: Any) -> dict[str, Any]:
    return {
        "once": str(uuid4()),
        "seen": str(queries.latest_number(schedule)),
        "effective_from": (clock.today() + timedelta(days=5)).isoformat(),
        "reason": "We can pass on a saving.",
        f"fee-{pricing.cell().id}": fee,
        **changes,
    }


def test_menu_leads_a_provider_to_its_only_schedule(signed_in: Any, address: str) -> None:
    assert signed_in.get("/prices").location == address


def test_no_prices_yet(client: Any) -> None:
    client.sign_in(accounts.person(Role.FINANCE_LEAD, organisation=providers.organisation()))
    assert "You have no agreed prices yet." in client.get("/prices").text


def test_schedule_shows_weekly_nightly_and_not_offered(signed_in: Any, address: str) -> None:
    text = signed_in.get(address).text
    for shown in ("£800.00", "£114.29 a night", "Not offered", "Not agreed", "Lower a price"):
        assert shown in text


def test_what_did_it_cost_on_a_date(signed_in: Any, schedule: Schedule, address: str) -> None:
    before = (clock.today() - timedelta(days=31)).isoformat()
    assert "No prices were in force on" in signed_in.get(f"{address}?day={before}").text
    signed_in.post(f"{address}/lower", data=typed(schedule, step="save"))
    today = signed_in.get(address).text
    assert "£800.00" in today
    assert "<strong>£780.50</strong><br>from" in today
    later = (clock.today() + timedelta(days=5)).isoformat()
    assert "£111.50 a night" in signed_in.get(f"{address}?day={later}").text
    assert "Enter a real date" in signed_in.get(f"{address}?day=soon").text


def test_lower_is_checked_before_it_is_saved(signed_in: Any, schedule: Schedule, address: str) -> None:
    assert signed_in.get(f"{address}/lower").status_code == 200
    checked = signed_in.post(f"{address}/lower", data=typed(schedule))
    assert checked.status_code == 200
    for shown in ("Check the changes", "£800.00", "£780.50", "−£19.50"):
        assert shown in checked.text
    assert queries.latest_number(schedule) == 1
    assert signed_in.post(f"{address}/lower", data=typed(schedule, step="change")).text.count("780.50")
    saved = signed_in.post(f"{address}/lower", data=typed(schedule, step="save"))
    assert saved.status_code == 303, saved.text
    assert "−£19.50" in signed_in.get(saved.location).text
    assert "Version 2" in signed_in.get(f"{address}/versions").text


def test_saving_twice_saves_once(signed_in: Any, schedule: Schedule, address: str) -> None:
    data = typed(schedule, step="save")
    for _ in range(2):
        assert signed_in.post(f"{address}/lower", data=data).status_code == 303
    assert queries.latest_number(schedule) == 2


def test_a_stale_form_is_told_and_shows_what_was_typed(
    signed_in: Any, schedule: Schedule, address: str
) -> None:
    data = typed(schedule, "700", step="save")
    signed_in.post(f"{address}/lower", data=typed(schedule, step="save"))
    answer = signed_in.post(f"{address}/lower", data=data)
    assert answer.status_code == 409
    assert "We can pass on a saving." in answer.text


@pytest.mark.parametrize(
    ("fee", "words"),
    [
        ("900", "increase happens only through a price review"),
        ("cheap", "pounds and pence"),
        ("1.234", "pounds and pence"),
    ],
)
def test_a_wrong_fee_is_explained_beside_it(
    signed_in: Any, schedule: Schedule, address: str, fee: str, words: str
) -> None:
    answer = signed_in.post(f"{address}/lower", data=typed(schedule, fee))
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#fee-{pricing.cell().id}"' in answer.text
    assert f'value="{fee}"' in answer.text


def test_no_fee_and_no_reason_are_explained(signed_in: Any, schedule: Schedule, address: str) -> None:
    answer = signed_in.post(f"{address}/lower", data=typed(schedule, ""))
    assert "Enter a new weekly fee for at least one price" in answer.text
    answer = signed_in.post(f"{address}/lower", data=typed(schedule, reason=""))
    assert "Enter why the prices are lowered" in answer.text


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.COMMISSIONER, 200),
        (Role.CONTRACT_MANAGER, 200),
        (Role.FINANCE_OFFICER, 200),
        (Role.AUDITOR, 200),
        (Role.EVALUATOR, 403),
        (Role.PLACEMENT_OFFICER, 403),
        (Role.APPROVER, 403),
    ],
)
def test_council_reads_and_never_lowers(
    client: Any, schedule: Schedule, address: str, role: Role, status: int
) -> None:
    client.sign_in(accounts.person(role))
    answer = client.get(address)
    assert answer.status_code == status
    assert "Lower a price" not in answer.text
    for page in ("/prices", f"{address}/versions"):
        assert client.get(page).status_code == status
    assert client.get(f"{address}/lower").status_code == 403
    assert client.post(f"{address}/lower", data=typed(schedule, step="save")).status_code == 403


def test_rule_09_another_providers_prices_are_not_found(
    client: Any, schedule: Schedule, address: str
) -> None:
    (version,) = queries.list_versions(schedule)
    client.sign_in(accounts.person(Role.FINANCE_LEAD, organisation=providers.organisation()))
    for page in (address, f"{address}/versions", f"{address}/lower", f"/prices/versions/{version.id}"):
        assert client.get(page).status_code == 404
    assert client.post(f"{address}/lower", data=typed(schedule, step="save")).status_code == 404
    assert schedule.organisation.name not in client.get("/prices").text


def test_lists_cost_the_same_for_one_and_many(client: Any, schedule: Schedule, count_queries: Any) -> None:
    client.sign_in(accounts.person(Role.FINANCE_OFFICER))
    client.get("/prices")
    session.remove()
    with count_queries() as one:
        client.get("/prices")
    for _ in range(27):
        pricing.price_version(schedule.framework, providers.organisation(), {pricing.cell().id: Decimal(700)})
    session.remove()
    with count_queries() as many:
        answer = client.get("/prices")
    assert many.number == one.number, many.statements
    assert "1 to 25" in answer.text
    assert "26 to 28" in client.get("/prices?page=2").text


def test_schedule_costs_the_same_for_one_and_many(
    signed_in: Any, schedule: Schedule, address: str, count_queries: Any
) -> None:
    signed_in.get(address)
    session.remove()
    with count_queries() as one:
        signed_in.get(address)
    fees = {
        pricing.cell("emergency", need, band).id: Decimal(700)
        for need in ("standard", "enhanced", "complex")
        for band in ("0_4", "5_10", "11_15")
    }
    pricing.price_version(schedule.framework, schedule.organisation, fees, number=2)
    session.remove()
    with count_queries() as many:
        signed_in.get(address)
    assert many.number == one.number, many.statements


@pytest.mark.parametrize(
    ("day", "first"),
    [("2026-01-31", "2026-02-01"), ("2028-02-29", "2028-03-01"), ("2026-12-01", "2027-01-01")],
)
def test_first_of_next_month(day: str, first: str) -> None:
    assert first_of_next_month(date.fromisoformat(day)) == date.fromisoformat(first)


def test_a_fee_out_of_the_usual_range_is_asked_about_before_it_is_saved(
    signed_in: Any, schedule: Schedule, address: str
) -> None:
    check = signed_in.post(f"{address}/lower", data=typed(schedule, "399.99"))
    assert "Are you sure?" in check.text
    unsure = signed_in.post(f"{address}/lower", data=typed(schedule, "399.99", step="save"))
    assert (unsure.status_code, "Say that these prices are right" in unsure.text) == (422, True)
    sure = signed_in.post(f"{address}/lower", data=typed(schedule, "399.99", step="save", unusual="y"))
    assert sure.status_code == 303
    assert "Are you sure?" not in signed_in.post(f"{address}/lower", data=typed(schedule, "400")).text


def test_modifiers_are_shown_changed_and_compared(signed_in: Any, schedule: Schedule, address: str) -> None:
    assert "None agreed" in signed_in.get(address).text
    data = {
        "once": str(uuid4()),
        "seen": "1",
        "effective_from": clock.today().isoformat(),
        "reason": "For brothers and sisters.",
        "sibling_from": "2",
        "sibling_percent": "7.5%",
    }
    wrong = signed_in.post(f"{address}/modifiers", data={**data, "sibling_from": "", "retainer_percent": "x"})
    assert (wrong.status_code, "Enter a percentage, such as 7.5" in wrong.text) == (422, True)
    wrong = signed_in.post(f"{address}/modifiers", data={**data, "sibling_from": ""})
    assert (wrong.status_code, 'href="#sibling_from"' in wrong.text) == (422, True)
    dearer = signed_in.post(f"{address}/modifiers", data={**data, "solo_amount": "£50"})
    assert (dearer.status_code, "Ask for it in a price review" in dearer.text) == (422, True)
    saved = signed_in.post(f"{address}/modifiers", data=data)
    assert saved.status_code == 303
    assert "7.5% off from the 2nd child" in signed_in.get(saved.location).text
    assert "7.5% off from the 2nd child" in signed_in.get(address).text
    assert "version 2" in signed_in.get(address).text
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert "7.5% off" not in signed_in.get(f"{address}?day={yesterday}").text
    assert 'value="7.50"' in signed_in.get(f"{address}/modifiers").text


def test_two_versions_side_by_side(signed_in: Any, schedule: Schedule, address: str) -> None:
    signed_in.post(f"{address}/lower", data=typed(schedule, "780.50", step="save"))
    shown = signed_in.get(f"{address}/compare-versions?from=1&to=2").text
    assert "−£19.50" in shown
    assert "−2.44%" in shown
    assert "+£19.50" in signed_in.get(f"{address}/compare-versions?from=2&to=1").text
    for asked in ("", "?from=1&to=9", "?from=x", f"?from={10**30}&to=-1"):
        answer = signed_in.get(f"{address}/compare-versions{asked}")
        assert (answer.status_code, "Choose two versions." in answer.text) == (200, True)


def test_what_did_it_cost_on_3_may(signed_in: Any, schedule: Schedule, address: str) -> None:
    """Any date is answered cell by cell, with the version that it came from."""
    framework, organisation = schedule.framework, providers.organisation()
    cell_id = pricing.cell().id
    pricing.price_version(framework, organisation, {cell_id: Decimal(800)}, effective_from=date(2023, 4, 1))
    signed_in.sign_in(accounts.person(Role.FINANCE_LEAD, organisation=organisation))
    of = f"/organisations/{organisation.id}/prices/{framework.id}"
    shown = signed_in.get(f"{of}?day=2024-05-03").text
    assert "3 May 2024" in shown
    assert ">1 April 2023<" in shown
    assert ", version 1<" in shown
    assert "No prices were in force on 31 March 2023." in signed_in.get(f"{of}?day=2023-03-31").text
    assert "29 February 2024" in signed_in.get(f"{of}?day=2024-02-29").text
