"""The pages of price reviews: asking, looking, each step, and prices beside those of others."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.agreements import queries
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.core import clock
from portal.core.db import session
from portal.pricing.modifiers import Modifiers
from portal.pricing.queries import Schedule, list_versions
from tests.factories import accounts, agreements, frameworks, pricing
from tests.factories import files as made
from tests.support.acting import acting_as, as_worker, travel

R = Role


@pytest.fixture(autouse=True)
def in_november() -> None:
    travel(clock.now().replace(year=2026, month=11, day=28, hour=12) - clock.now())
    pricing.load_lists()


@pytest.fixture
def schedule() -> Schedule:
    return agreements.member()


def page_of(schedule: Schedule, name: str = "price-review") -> str:
    return f"/organisations/{schedule.organisation.id}/prices/{schedule.framework.id}/{name}"


def asked(fee: str = "850.00", **more: Any) -> dict[str, Any]:
    return {
        "once": str(uuid4()),
        "reason": "Our costs have risen.",
        f"fee-{pricing.cell().id}": fee,
        **more,
    }


def lead_in(client: Any, schedule: Schedule) -> Any:
    lead = accounts.person(R.FINANCE_LEAD, organisation=schedule.organisation)
    client.sign_in(lead)
    return lead


def test_a_finance_lead_asks_adds_evidence_and_withdraws(client: Any, schedule: Schedule, files: Any) -> None:
    lead_in(client, schedule)
    address = page_of(schedule)
    assert "Now £800.00" in client.get(address).text
    check = client.post(address, data=asked())
    assert (check.status_code, "+6.25%" in check.text) == (200, True)
    again = client.post(address, data=asked(step="change"))
    assert 'value="850.00"' in again.text
    data = asked(step="send")
    sent = client.post(address, data=data)
    assert sent.status_code == 303
    assert client.post(address, data=data).status_code in {303, 409}
    shown = client.get(sent.location)
    assert "No evidence has been added yet" in shown.text
    wrong = client.post(f"{sent.location}/evidence", data={})
    assert (wrong.status_code, "Choose a file first" in wrong.text) == (422, True)
    upload = {"file": (io.BytesIO(made.pdf()), "accounts.pdf")}
    assert client.post(f"{sent.location}/evidence", data=upload).status_code == 303
    assert "accounts.pdf" in client.get(sent.location).text
    assert "under way already" in client.get(address).text
    assert client.post(f"{sent.location}/withdraw", data={"reason": ""}).status_code == 422
    assert client.post(f"{sent.location}/withdraw", data={"reason": "Not now."}).status_code == 303
    assert "Withdrawn by the provider" in client.get(sent.location).text


def test_one_percentage_for_all_and_wrong_figures_go_back_beside_their_fields(
    client: Any, schedule: Schedule
) -> None:
    lead_in(client, schedule)
    cell_id = pricing.cell().id
    spread = client.post(page_of(schedule), data={**asked(""), "percent": "4.5"})
    assert f'name="fee-{cell_id}" value="836.00"' in spread.text
    for data, words in (
        (asked("abc"), "Enter an amount in pounds and pence"),
        (asked("700"), "The price is £800.00 a week"),
        (asked("", percent="x"), "Enter a percentage such as 4.5"),
        (asked(reason=""), "Explain why you ask"),
        (asked(sibling_percent="7"), "Say from when"),
        (asked(""), "Enter a higher weekly fee"),
    ):
        answer = client.post(page_of(schedule), data={**data, "step": "send"})
        assert (answer.status_code, words in answer.text) == (422, True), words
    sure = client.post(page_of(schedule), data=asked("3500", step="send"))
    assert (sure.status_code, "Are you sure?" in sure.text) == (422, True)
    assert client.post(page_of(schedule), data=asked("3500", step="send", unusual="y")).status_code == 303


def test_outside_the_window_the_page_says_when(client: Any, schedule: Schedule) -> None:
    pricing.price_version(
        schedule.framework,
        schedule.organisation,
        {},
        number=2,
        modifiers=Modifiers(retainer_percent=Decimal(50)),
    )
    travel(date(2027, 2, 1) - clock.today())
    lead_in(client, schedule)
    answer = client.get(page_of(schedule))
    assert (answer.status_code, "from 1 October 2027 to 31 December 2027" in answer.text) == (409, True)


def test_the_councils_take_it_through_every_page(client: Any, schedule: Schedule) -> None:
    review_id = agreements.price_review(schedule=schedule).id
    address, cell_id = f"/price-reviews/{review_id}", pricing.cell().id
    manager, finance, approver = (
        accounts.person(role) for role in (R.CONTRACT_MANAGER, R.FINANCE_OFFICER, R.APPROVER)
    )
    ways = [
        (manager, "analyse", {"text": "Above the formula."}, "Write your analysis"),
        (
            finance,
            "check-funding",
            {"arithmetic": "y", "funding": "pay_and_price", "yearly_cost": "£12,500.00", "text": "Right."},
            "Choose what it would be paid from",
        ),
        (
            manager,
            "recommend",
            {
                "outcome": "approve",
                f"fee-{cell_id}": "830",
                "effective_from": "2027-04-01",
                "text": "As the formula.",
            },
            "Choose what you recommend",
        ),
        (
            approver,
            "decide",
            {"decision": "approve", "placed": "keep", "text": "Fair."},
            "Choose your decision",
        ),
    ]
    for person, name, data, missing in ways:
        client.sign_in(person)
        assert client.get(f"{address}/{name}").status_code == 200
        empty = client.post(f"{address}/{name}", data={})
        assert empty.status_code == 422
        assert missing in empty.text
        version = _version(client, f"{address}/{name}")
        assert client.post(f"{address}/{name}", data={**data, "version": version}).status_code == 303, name
        again = 200 if name == "analyse" else 409  # an analysis may be put right until Finance has checked it
        assert client.get(f"{address}/{name}").status_code == again
        assert client.get(address).status_code == 200
    lead_in(client, schedule)
    shown = client.get(address).text
    assert "Approved: new prices from 1 April 2027" in shown
    assert "Above the formula." not in shown
    letter = client.get(f"{address}/letter")
    assert (letter.status_code, letter.mimetype) == (200, "application/pdf")
    assert len(list_versions(schedule)) == 2
    assert (
        f"/price-reviews/{review_id}" in client.get(f"/prices/versions/{list_versions(schedule)[0].id}").text
    )


def _version(client: Any, address: str) -> str:
    return client.get(address).text.split('name="version" type="hidden" value="')[1].split('"')[0]


def test_a_recommendation_above_what_was_asked_goes_back_beside_its_field(
    client: Any, schedule: Schedule
) -> None:
    review_id = agreements.price_review("funded", schedule=schedule).id
    client.sign_in(accounts.person(R.CONTRACT_MANAGER))
    data = {
        "outcome": "approve",
        f"fee-{pricing.cell().id}": "851",
        "effective_from": "2027-04-01",
        "text": "More.",
    }
    answer = client.post(f"/price-reviews/{review_id}/recommend", data=data)
    assert answer.status_code == 422
    assert "The provider asked for £850.00" in answer.text
    assert f'href="#fee-{pricing.cell().id}"' in answer.text


def test_terms_are_shown_to_officers_and_set_by_those_who_may(client: Any, schedule: Schedule) -> None:
    address = f"/price-reviews/terms/{schedule.framework.id}"
    client.sign_in(accounts.person(R.FINANCE_OFFICER))
    assert "The formula gives no figure yet." in client.get(address).text
    client.sign_in(accounts.person(R.CONTRACT_MANAGER))
    data = {
        "version": "0",
        "opens_on": "2026-10-01",
        "closes_on": "2026-12-31",
        "takes_effect_on": "2027-04-01",
        "index_month": "9",
        "wage_band": "adult",
        "weight": "0.30",
        "cap": "10",
        "floor": "0",
        "decimals": "2",
        "cpi_percent": "3.4",
        "wage_percent": "4.1",
        "figures_source": "ONS, 21 October 2026",
    }
    assert client.post(address, data={**data, "weight": "1.5"}).status_code == 422
    assert client.post(address, data={**data, "figures_source": ""}).status_code == 422
    assert client.post(address, data=data).status_code == 303
    assert "<strong>3.61%</strong>" in client.get(address).text
    assert client.post(address, data=data).status_code == 409
    client.sign_in(accounts.person(R.AUDITOR))
    assert client.post(address, data=data).status_code == 403


def members_with(fees: list[str]) -> list[Schedule]:
    framework = frameworks.framework()
    return [agreements.member({pricing.cell().id: Decimal(fee)}, framework=framework) for fee in fees]


def test_rule_09_no_median_where_fewer_than_five_price_a_cell(client: Any) -> None:
    four = members_with(["800", "810", "820", "830"])
    lead_in(client, four[0])
    shown = client.get(page_of(four[0], "median")).text
    assert "Fewer than 5 providers" in shown
    for leaked in ("£810.00", "£815.00", "£820.00", "£830.00"):
        assert leaked not in shown
    for other in four[1:]:
        assert other.organisation.legal_name not in shown


def test_rule_09_a_provider_sees_a_median_that_is_nobodys_price_and_no_names(client: Any) -> None:
    five = members_with(["801", "812.50", "823", "834", "845"])
    lead_in(client, five[0])
    shown = client.get(page_of(five[0], "median")).text
    assert "About £825.00" in shown
    assert "£823.00" not in shown
    for other in five[1:]:
        assert other.organisation.legal_name not in shown
    assert client.get(page_of(five[1], "median")).status_code == 404
    assert client.get(f"/price-reviews/providers/{five[0].framework.id}").status_code == 404
    client.sign_in(accounts.person(R.CONTRACT_MANAGER))
    assert "£823.00" in client.get(page_of(five[0], "median")).text
    by_name = client.get(f"/price-reviews/providers/{five[0].framework.id}?type=standard").text
    assert all(other.organisation.name in by_name for other in five)
    for role in (R.PLACEMENT_OFFICER, R.EVALUATOR, R.APPROVER):
        client.sign_in(accounts.person(role))
        assert client.get(f"/price-reviews/providers/{five[0].framework.id}").status_code == 403


def test_rule_09_who_leaves_within_the_month_tells_nothing_by_leaving(client: Any) -> None:
    """Two medians, with and without one provider, would tell on which side of the middle it was."""
    six = members_with(["801", "812", "823", "834", "845", "956"])
    lead_in(client, six[0])
    before = client.get(page_of(six[0], "median")).text
    assert "About £830.00" in before
    with as_worker():
        left = session.scalars(
            sa.select(Agreement).where(Agreement.organisation_id == six[5].organisation.id)
        ).one()
        left.state = AgreementState.ENDED
    agreements.change(left, became=AgreementState.ENDED)
    session.commit()
    assert "About £830.00" in client.get(page_of(six[0], "median")).text
    travel(timedelta(days=10))
    assert "About £825.00" in client.get(page_of(six[0], "median")).text


def test_rule_09_another_providers_review_is_not_there(client: Any, schedule: Schedule) -> None:
    review_id = agreements.price_review("approved").id
    lead_in(client, schedule)
    for page in ("", "/evidence", "/letter", "/withdraw", "/recommend"):
        assert client.get(f"/price-reviews/{review_id}{page}").status_code == 404
    assert str(review_id) not in client.get("/price-reviews").text


def test_start_pages_lead_to_what_waits(client: Any, schedule: Schedule) -> None:
    lead_in(client, schedule)
    assert (
        "Ask for a price review" in client.get("/start").text
        or "Ask for a price review" in client.get("/home").text
    )
    agreements.price_review("requested", schedule=schedule)
    agreements.price_review("analysed")
    agreements.price_review("recommended")
    for role, words in (
        (R.CONTRACT_MANAGER, "Analyse price reviews"),
        (R.FINANCE_OFFICER, "Check price reviews for Finance"),
        (R.APPROVER, "Decide price reviews"),
    ):
        client.sign_in(accounts.person(role))
        assert words in client.get("/start").text
    acting_as(None)
    session.expunge_all()
    assert queries.list_frameworks()
