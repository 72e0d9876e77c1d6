"""The placement officer's pages, with and without htmx."""

from __future__ import annotations

from typing import Any

import pytest

from portal.accounts.states import Council, Role
from portal.core.db import session
from tests.factories import accounts, agreements, frameworks, pricing, providers, vacancies

SEARCH = "/find-a-placement"
ASKED = "?age=8&gender=female&placement_type=standard&need_category=standard"


@pytest.fixture
def framework() -> Any:
    pricing.load_lists()
    return frameworks.framework()


@pytest.fixture
def organisation(framework: Any) -> Any:
    made = providers.organisation()
    agreements.agreement(framework=framework, organisation=made)
    return made


@pytest.fixture
def officer(client: Any, framework: Any) -> Any:
    client.sign_in(accounts.person(Role.PLACEMENT_OFFICER, council=Council.MEDWAY))
    return client


def test_before_searching_only_the_form(officer: Any) -> None:
    answer = officer.get(SEARCH)
    assert answer.status_code == 200
    assert "Never enter a name" in answer.text
    assert "fits" not in answer.text


def test_results_name_the_provider_and_the_reference(officer: Any, organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    answer = officer.get(SEARCH + ASKED)
    assert "1 household fits" in answer.text
    for shown in (organisation.name, organisation.town, organisation.urn, vacancy.carer_reference, "Swale"):
        assert shown in answer.text


def test_stale_ones_are_hidden_and_said_so(officer: Any, organisation: Any) -> None:
    vacancies.vacancy(organisation=organisation)
    old = vacancies.vacancy(organisation=organisation, confirmed_days_ago=30)
    answer = officer.get(SEARCH + ASKED)
    assert old.carer_reference not in answer.text
    assert "1 more is hidden because nobody confirmed it in the last 14 days" in answer.text


def test_htmx_gets_the_fragment(officer: Any, organisation: Any) -> None:
    vacancies.vacancy(organisation=organisation)
    answer = officer.get(SEARCH + ASKED, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "<!doctype" not in answer.text.lower()
    assert "1 household fits" in answer.text


def test_wrong_needs_are_explained(officer: Any) -> None:
    answer = officer.get(f"{SEARCH}?age=many&gender=female&near=ZZ99")
    assert answer.status_code == 422
    assert "Enter the first part of a real postcode" in answer.text


def test_nothing_fits_offers_relaxations(officer: Any, organisation: Any) -> None:
    vacancies.vacancy(organisation=organisation, district_code=vacancies.THANET)
    answer = officer.get(f"{SEARCH}{ASKED}&districts={vacancies.SWALE}&must=districts")
    assert "Nothing fits" in answer.text
    assert "1 household if “district: Swale” were only a preference" in answer.text


def test_nothing_fits_at_all(officer: Any, organisation: Any) -> None:
    assert "would not bring one" in officer.get(SEARCH + ASKED).text


def test_a_household_with_and_without_the_childs_needs(
    officer: Any, framework: Any, organisation: Any
) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    pricing.price_version(framework, organisation, {pricing.cell().id: pricing.Decimal("812.50")})
    address = f"{SEARCH}/households/{vacancy.id}"
    assert "search with the child’s needs" in officer.get(address).text
    priced = officer.get(address + ASKED).text
    assert "£812.50" in priced
    assert "£116.07 a night" in priced


@pytest.mark.parametrize("state", ["suspended", "ended", "signed"])
def test_households_outside_agreements_in_force_are_not_found(
    officer: Any, framework: Any, state: str
) -> None:
    organisation = providers.organisation()
    agreements.agreement(state, framework=framework, organisation=organisation)
    vacancy = vacancies.vacancy(organisation=organisation)
    assert officer.get(f"{SEARCH}/households/{vacancy.id}").status_code == 404
    assert vacancy.carer_reference not in officer.get(SEARCH + ASKED).text


@pytest.mark.parametrize("state", ["held", "filled"])
def test_a_household_no_longer_free_says_so(officer: Any, organisation: Any, state: str) -> None:
    vacancy = vacancies.vacancy(state, organisation=organisation)
    assert "no free place now" in officer.get(f"{SEARCH}/households/{vacancy.id}").text


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PLACEMENT_OFFICER])
def test_rule_09_nobody_else_searches(client: Any, organisation: Any, role: Role) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    client.sign_in(accounts.person(role, organisation=organisation if role.is_provider_role else None))
    assert client.get(SEARCH + ASKED).status_code == 403
    assert client.get(f"{SEARCH}/households/{vacancy.id}").status_code == 404


def test_search_costs_the_same_for_one_and_many(
    officer: Any, framework: Any, organisation: Any, count_queries: Any
) -> None:
    vacancies.vacancy(organisation=organisation)
    officer.get(SEARCH + ASKED)
    session.remove()
    with count_queries() as one:
        officer.get(SEARCH + ASKED)
    for number in range(6):
        other = providers.organisation()
        agreements.agreement(framework=framework, organisation=other)
        for _ in range(5):
            vacancies.vacancy(organisation=other, district_code=[vacancies.THANET, None][number % 2])
    officer.get(SEARCH + ASKED)
    session.remove()
    with count_queries() as many:
        answer = officer.get(SEARCH + ASKED)
    assert many.number == one.number, many.statements
    assert one.number <= 12, one.statements
    assert "1 to 25 of 31" in answer.text
    assert "26 to 31 of 31" in officer.get(f"{SEARCH}{ASKED}&page=2").text
