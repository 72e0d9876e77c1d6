"""The provider's vacancy pages, without JavaScript and with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core import clock
from portal.core.db import session
from portal.providers.states import OrganisationState
from portal.vacancies import queries, services
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.states import VacancyState
from tests.factories import accounts, pricing, providers, vacancies
from tests.support.acting import acting_as
from tests.vacancies.test_services import HOUSEHOLD


@pytest.fixture
def organisation() -> Any:
    pricing.load_lists()
    vacancies.districts()
    return providers.organisation()


@pytest.fixture
def lead(organisation: Any) -> Any:
    made = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    acting_as(made)
    return made


@pytest.fixture
def signed_in(client: Any, lead: Any) -> Any:
    client.sign_in(lead)
    return client


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "once": "0197a6f2-0000-7000-8000-000000000001",
        "carer_reference": "KF-0142",
        "approved_places": "2",
        "placed_now": "1",
        "free_places": "1",
        "age_from": "5",
        "age_to": "12",
        "gender": "any",
        "siblings_together": "1",
        "placement_types": ["standard"],
        "need_categories": ["standard", "enhanced"],
        "available_from": "2026-05-03",
        "district_code": vacancies.SWALE,
        "outward_postcode": "me10",
        **changes,
    }


HX = {"HX-Request": "true"}


def households(organisation: Any) -> list[Vacancy]:
    return list(queries.list_for_organisation(organisation.id))


def test_empty_list_invites_to_add(signed_in: Any, organisation: Any) -> None:
    answer = signed_in.get(f"/organisations/{organisation.id}/vacancies")
    assert answer.status_code == 200
    assert "No household has a free place on record." in answer.text


def test_start_leads_to_the_only_organisation(signed_in: Any, organisation: Any) -> None:
    answer = signed_in.get("/vacancies")
    assert answer.location == f"/organisations/{organisation.id}/vacancies"


def test_start_asks_which_of_several(client: Any, organisation: Any) -> None:
    other = providers.organisation(town="Deal")
    person = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    person.grants.extend(accounts.person(Role.PLACEMENTS_LEAD, organisation=other).grants)
    session.commit()
    client.sign_in(person)
    assert "Deal" in client.get("/vacancies").text


def test_add_a_household(signed_in: Any, organisation: Any) -> None:
    assert signed_in.get(f"/organisations/{organisation.id}/vacancies/add").status_code == 200
    answer = signed_in.post(f"/organisations/{organisation.id}/vacancies/add", data=typed())
    assert answer.status_code == 303, answer.text
    (made,) = households(organisation)
    assert (made.carer_reference, made.outward_postcode, made.district.name) == ("KF-0142", "ME10", "Swale")
    assert "KF-0142" in signed_in.get(answer.location).text


def test_adding_twice_adds_once(signed_in: Any, organisation: Any) -> None:
    address = f"/organisations/{organisation.id}/vacancies/add"
    signed_in.post(address, data=typed())
    again = signed_in.post(address, data=typed())
    assert again.status_code == 303
    assert len(households(organisation)) == 1


def test_wrong_fields_keep_what_was_typed(signed_in: Any, organisation: Any) -> None:
    answer = signed_in.post(
        f"/organisations/{organisation.id}/vacancies/add",
        data=typed(carer_reference="KF-0999", age_from="a lot", district_code=""),
    )
    assert answer.status_code == 422
    assert "KF-0999" in answer.text
    assert "There is a problem" in answer.text


def test_rule_10_a_name_is_refused_beside_its_field(signed_in: Any, organisation: Any) -> None:
    answer = signed_in.post(
        f"/organisations/{organisation.id}/vacancies/add", data=typed(carer_reference="Jane Smith")
    )
    assert answer.status_code == 422
    assert "This looks like a name" in answer.text
    assert households(organisation) == []


def test_change_a_household(signed_in: Any, organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation, confirmed_days_ago=20)
    assert signed_in.get(f"/vacancies/{vacancy.id}/edit").status_code == 200
    data = typed(version=str(vacancy.version), age_to="16")
    answer = signed_in.post(f"/vacancies/{vacancy.id}/edit", data=data)
    assert answer.status_code == 303, answer.text
    session.refresh(vacancy)
    assert vacancy.age_to == 16
    assert vacancy.confirmed_at == clock.now() or clock.now() - vacancy.confirmed_at < timedelta(minutes=1)


def test_what_is_said_of_home_and_carers_is_kept_and_shown(signed_in: Any, organisation: Any) -> None:
    said = {
        "bedrooms": "2",
        "carers": "2",
        "ethnicity": "carers_differ",
        "religion": "muslim",
        "languages": ["urdu", "dari"],
        "pets": ["dog"],
        "smoking": "outside",
        "other_children": ["5_10"],
        "is_driver": "yes",
        "school_run_miles": "8",
        "accessibility": ["hoist"],
        "skills": ["autism"],
        "no_younger_child": "y",
        "district_code": "outside",
    }
    signed_in.post(f"/organisations/{organisation.id}/vacancies/add", data=typed(**said))
    (made,) = households(organisation)
    kept = (made.bedrooms, made.carers, made.ethnicity, made.religion, made.languages, made.pets)
    assert kept == (2, 2, "carers_differ", "muslim", ["dari", "urdu"], ["dog"])
    kept = (made.smoking, made.other_children, made.is_driver, made.school_run_miles, made.accessibility)
    assert kept == ("outside", ["5_10"], True, 8, ["hoist"])
    assert (made.skills, made.no_younger_child, made.district_code) == (["autism"], True, None)
    shown = signed_in.get(f"/vacancies/{made.id}").text
    for words in (
        "The carers are of different groups",
        "Dari, Urdu",
        "Outside only",
        "Hoist",
        "up to 8 miles",
    ):
        assert words in shown
    form = signed_in.get(f"/vacancies/{made.id}/edit").text
    for chosen in ('value="outside" selected', 'value="carers_differ" selected', 'value="hoist" checked'):
        assert chosen in form


def test_stale_form_is_told(signed_in: Any, organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    answer = signed_in.post(f"/vacancies/{vacancy.id}/edit", data=typed(version=str(vacancy.version + 7)))
    assert answer.status_code == 409
    assert "KF-0142" in answer.text
    session.refresh(vacancy)
    assert vacancy.carer_reference != "KF-0142"


def test_confirm_in_place_answers_the_row(signed_in: Any, organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation, confirmed_days_ago=20)
    address = f"/vacancies/{vacancy.id}/confirm"
    answer = signed_in.post(address, data={"version": vacancy.version}, headers=HX)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<tr")
    assert "Fresh" in answer.text


def test_confirm_without_script_goes_back_to_the_list(signed_in: Any, organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation, confirmed_days_ago=20)
    for _ in range(2):
        answer = signed_in.post(f"/vacancies/{vacancy.id}/confirm", data={"version": vacancy.version})
        assert answer.location == f"/organisations/{organisation.id}/vacancies"


def test_confirm_all(signed_in: Any, organisation: Any) -> None:
    for days in (3, 10, 20):
        vacancies.vacancy(organisation=organisation, confirmed_days_ago=days)
    address = f"/organisations/{organisation.id}/vacancies/confirm"
    seen = queries.sum_open_versions(organisation.id)
    assert signed_in.post(address, data={"seen_versions": seen}).status_code == 303
    assert queries.count_for_organisation(organisation.id).to_confirm == 0


def test_confirm_all_tells_when_a_colleague_changed_one(signed_in: Any, organisation: Any) -> None:
    vacancies.vacancy(organisation=organisation, confirmed_days_ago=20)
    seen = queries.sum_open_versions(organisation.id)
    vacancies.vacancy(organisation=organisation, confirmed_days_ago=20)
    address = f"/organisations/{organisation.id}/vacancies/confirm"
    assert signed_in.post(address, data={"seen_versions": seen}).status_code == 409
    assert queries.count_for_organisation(organisation.id).to_confirm == 2


def test_hold_release_fill_reopen_and_withdraw(signed_in: Any, organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    until = clock.today() + timedelta(days=3)

    def act(name: str, **data: Any) -> int:
        session.refresh(vacancy)
        answer = signed_in.post(f"/vacancies/{vacancy.id}/{name}", data={"version": vacancy.version, **data})
        session.refresh(vacancy)
        return int(answer.status_code)

    assert act("hold", until=clock.today() - timedelta(days=1)) == 422
    assert act("hold", until=until) == 303
    assert (vacancy.state, vacancy.held_until) == (VacancyState.HELD, until)
    assert act("hold", until=until) == 409
    assert act("release") == 303
    assert act("fill") == 303
    assert (vacancy.state, vacancy.free_places, vacancy.placed_now) == (VacancyState.FILLED, 0, 2)
    assert act("reopen", free_places="9", available_from="2026-05-03") == 422
    assert act("reopen", free_places="1", available_from="2026-05-03") == 303
    assert (vacancy.state, vacancy.free_places, vacancy.placed_now) == (VacancyState.AVAILABLE, 1, 1)
    assert act("withdraw") == 303
    assert act("fill") == 409


@pytest.mark.parametrize("state", ["available", "held", "filled", "withdrawn"])
def test_pages_of_one_household(signed_in: Any, organisation: Any, state: str) -> None:
    vacancy = vacancies.vacancy(state, organisation=organisation)
    for page in ("", "/hold", "/fill", "/withdraw", "/reopen"):
        assert signed_in.get(f"/vacancies/{vacancy.id}{page}").status_code == 200


def test_administrator_looks_but_does_not_change(client: Any, organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    client.sign_in(accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation))
    assert "Nothing has changed" not in client.get(f"/organisations/{organisation.id}/vacancies").text
    assert client.get(f"/vacancies/{vacancy.id}").status_code == 200
    assert client.post(f"/vacancies/{vacancy.id}/fill", data={"version": 1}).status_code == 403


def test_unverified_organisation_waits(client: Any) -> None:
    organisation = providers.organisation(state=OrganisationState.REGISTERED)
    client.sign_in(accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation))
    assert (
        "once a council officer has verified"
        in client.get(f"/organisations/{organisation.id}/vacancies").text
    )
    assert client.get(f"/organisations/{organisation.id}/vacancies/add").status_code == 403


def test_rule_09_another_providers_vacancies_are_not_found(client: Any, organisation: Any, lead: Any) -> None:
    vacancy = services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    change_id = session.scalars(sa.select(VacancyChange)).one().id
    session.commit()
    own = providers.organisation()
    client.sign_in(accounts.person(Role.PLACEMENTS_LEAD, organisation=own))
    for page in ("", "/edit", "/hold", "/fill", "/withdraw", "/reopen", "/cells/pets"):
        assert client.get(f"/vacancies/{vacancy.id}{page}").status_code == 404
    for action in ("confirm", "release", "fill", "withdraw", "cells/pets"):
        assert client.post(f"/vacancies/{vacancy.id}/{action}", data={"version": 1}).status_code == 404
    assert client.post(f"/vacancies/changes/{change_id}/undo").status_code == 404
    assert client.get(f"/organisations/{own.id}/vacancies/add?copy={vacancy.id}").status_code == 404
    assert "KF-0142" not in client.get(f"/organisations/{own.id}/vacancies?changed={change_id}").text
    client.post(f"/organisations/{own.id}/vacancies/confirm", data={"only": str(vacancy.id)})
    was = vacancy.confirmed_at
    session.refresh(vacancy)
    assert vacancy.confirmed_at == was
    assert client.get(f"/organisations/{organisation.id}/vacancies").status_code == 404
    assert client.post(f"/organisations/{organisation.id}/vacancies/confirm").status_code == 404


@pytest.mark.parametrize("role", [Role.PLACEMENT_OFFICER, Role.COMMISSIONER])
def test_council_people_do_not_use_the_providers_pages(client: Any, organisation: Any, role: Role) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    client.sign_in(accounts.person(role, council=Council.MEDWAY))
    assert client.get(f"/vacancies/{vacancy.id}").status_code == 404
    assert client.get(f"/organisations/{organisation.id}/vacancies").status_code == 403


def test_list_costs_the_same_for_one_and_many(signed_in: Any, organisation: Any, count_queries: Any) -> None:
    address = f"/organisations/{organisation.id}/vacancies"
    vacancies.vacancy(organisation=organisation)
    signed_in.get(address)
    session.remove()
    with count_queries() as one:
        signed_in.get(address)
    for number in range(29):
        vacancies.vacancy(organisation=organisation, district_code=[vacancies.THANET, None][number % 2])
    signed_in.get(address)
    session.remove()
    with count_queries() as many:
        answer = signed_in.get(address)
    assert many.number == one.number, many.statements
    assert one.number <= 9
    assert "1 to 25 of 30" in answer.text
    assert "26 to 30 of 30" in signed_in.get(f"{address}?page=2").text
