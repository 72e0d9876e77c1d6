"""The grid: cells changed in place with and without script, undo, what is shown and in which order."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.vacancies import queries, services
from portal.vacancies.forms import CELLS, GROUPS
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.services import Household
from portal.vacancies.states import VacancyState
from tests.factories import accounts, pricing, providers, vacancies
from tests.support.acting import acting_as
from tests.vacancies.test_services import HOUSEHOLD, changed

HX = {"HX-Request": "true"}


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
def vacancy(organisation: Any, lead: Any) -> Vacancy:
    made = services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    session.commit()
    return made


@pytest.fixture
def signed_in(client: Any, lead: Any) -> Any:
    client.sign_in(lead)
    return client


def save(
    client: Any, vacancy: Vacancy, name: str, *, headers: Any = HX, seen: Any = None, **typed: Any
) -> Any:
    shown = {field: queries.as_json(getattr(vacancy, field)) for field in CELLS[name].fields}
    data = {**typed, "seen": json.dumps(shown if seen is None else seen)}
    columns = next((group for group, (_, names) in GROUPS.items() if name in names), "places")
    answer = client.post(
        f"/vacancies/{vacancy.id}/cells/{name}?columns={columns}", data=data, headers=headers
    )
    session.refresh(vacancy)
    return answer


def test_every_field_has_a_cell_that_is_shown() -> None:
    shown = {field for _, names in GROUPS.values() for name in names for field in CELLS[name].fields}
    assert shown == set(Household.__dataclass_fields__) - {"carer_reference"}


def test_a_cell_saves_by_itself_and_offers_to_undo_it(signed_in: Any, vacancy: Vacancy) -> None:
    answer = save(signed_in, vacancy, "placed_now", placed_now="2")
    assert (answer.status_code, vacancy.placed_now, vacancy.free_places) == (200, 2, 1)
    assert answer.text.lstrip().startswith("<tr")
    assert "Placed now from 1 to 2; Places free from 2 to 1" in answer.text
    address = re.search(r'action="(/vacancies/changes/[^"]+)"', answer.text)
    assert address is not None
    undone = signed_in.post(address[1], headers=HX)
    session.refresh(vacancy)
    assert (undone.status_code, vacancy.placed_now, vacancy.free_places) == (200, 1, 2)
    assert "Undone" in undone.text
    assert signed_in.post(address[1], headers=HX).status_code == 409


def test_a_wrong_cell_says_so_beside_itself_and_keeps_what_was_typed(
    signed_in: Any, vacancy: Vacancy
) -> None:
    for name, typed, says in (
        ("free_places", "3", "With 1 of 3 places taken, at most 2 can be free"),
        ("placed_now", "many", "Children placed now must be a whole number, in figures"),
        ("available_from", "2026-02-30", "Available from: enter a real date"),
    ):
        answer = save(signed_in, vacancy, name, **{name: typed})
        assert answer.status_code == 422
        assert says in answer.text
        assert f'value="{typed}"' in answer.text
    answer = save(signed_in, vacancy, "ages", age_from="9", age_to="5")
    assert answer.status_code == 422
    assert "The oldest age must be from the youngest age" in answer.text


def test_cells_of_several_fields_open_in_place(signed_in: Any, vacancy: Vacancy) -> None:
    opened = signed_in.get(f"/vacancies/{vacancy.id}/cells/driving?columns=carers", headers=HX).text
    assert f'id="school_run_miles-{vacancy.id}"' in opened
    assert save(signed_in, vacancy, "driving", is_driver="yes", school_run_miles="8").status_code == 200
    assert (vacancy.is_driver, vacancy.school_run_miles) == (True, 8)
    assert save(signed_in, vacancy, "driving", is_driver="no", school_run_miles="8").status_code == 422
    assert save(signed_in, vacancy, "languages", languages=["urdu", "dari"]).status_code == 200
    assert save(signed_in, vacancy, "languages").status_code == 200
    assert vacancy.languages == []
    approved = {"approved_places": "4", "over_usual_limit": "siblings", "over_usual_limit_from": "2026-05-03"}
    assert save(signed_in, vacancy, "approved", **approved).status_code == 200
    assert vacancy.over_usual_limit == "siblings"
    assert (
        save(signed_in, vacancy, "where", district_code="outside", outward_postcode="TN22").status_code == 200
    )
    assert vacancy.district_code is None
    assert signed_in.get(f"/vacancies/{vacancy.id}/cells/nothing").status_code == 404


def test_rule_10_a_whole_postcode_is_refused_beside_its_cell(signed_in: Any, vacancy: Vacancy) -> None:
    answer = save(signed_in, vacancy, "where", district_code=vacancies.SWALE, outward_postcode="ME10 3AB")
    assert answer.status_code == 422
    assert "we never hold a carer’s full postcode" in answer.text
    assert vacancy.outward_postcode == "ME10"


def test_a_colleagues_change_of_the_same_cell_is_not_overwritten(signed_in: Any, vacancy: Vacancy) -> None:
    assert save(signed_in, vacancy, "free_places", free_places="1").status_code == 200
    assert (
        save(signed_in, vacancy, "free_places", free_places="2", seen={"free_places": 2}).status_code == 409
    )
    assert save(signed_in, vacancy, "placed_now", placed_now="0", seen={"placed_now": 1}).status_code == 200
    assert (vacancy.free_places, vacancy.placed_now) == (1, 0)


def test_the_week_s_three_figures_without_script(signed_in: Any, organisation: Any, vacancy: Vacancy) -> None:
    typed = {"placed_now": "3", "free_places": "0", "available_from": "2026-06-01"}
    answer = save(signed_in, vacancy, "week", headers={}, **typed)
    assert answer.status_code == 303
    assert vacancy.state == VacancyState.FILLED
    page = signed_in.get(answer.location).text
    assert "State from available to filled" in page.replace("Available", "available").replace(
        "Filled", "filled"
    )
    change = session.scalars(sa.select(VacancyChange).order_by(VacancyChange.id.desc())).first()
    assert change is not None
    assert signed_in.post(f"/vacancies/changes/{change.id}/undo").status_code == 303
    session.refresh(vacancy)
    assert (vacancy.state, vacancy.free_places) == (VacancyState.AVAILABLE, 2)
    wrong = save(signed_in, vacancy, "week", headers={}, **{**typed, "placed_now": "4"})
    assert wrong.status_code == 422
    assert "There is a problem" in wrong.text
    assert signed_in.get(f"/vacancies/{vacancy.id}/cells/pets").status_code == 200


def test_confirming_the_shown_ones_leaves_the_others(signed_in: Any, organisation: Any) -> None:
    made = [vacancies.vacancy(organisation=organisation, confirmed_days_ago=20) for _ in range(3)]
    data = {"only": f"{made[0].id},{made[1].id}", "seen_versions": sum(one.version for one in made[:2])}
    address = f"/organisations/{organisation.id}/vacancies/confirm"
    assert signed_in.post(address, data={**data, "seen_versions": 99}).status_code == 409
    assert signed_in.post(address, data=data).status_code == 303
    assert queries.count_for_organisation(organisation.id).to_confirm == 1
    assert signed_in.post(address, data={"only": "nonsense"}).status_code == 422


def test_what_is_shown_and_in_which_order(signed_in: Any, organisation: Any) -> None:
    for number, (days, free, district) in enumerate([(1, 1, vacancies.THANET), (9, 2, None), (20, 0, None)]):
        vacancies.vacancy(
            "filled" if free == 0 else "available",
            organisation=organisation,
            carer_reference=f"AB-{number}",
            confirmed_days_ago=days,
            approved_places=3,
            free_places=free,
            district_code=district,
        )
    address = f"/organisations/{organisation.id}/vacancies"

    def shown(query: str) -> list[str]:
        answer = signed_in.get(f"{address}?{query}")
        assert answer.status_code == 200
        return re.findall(r">(AB-\d)</a>", answer.text)

    assert shown("") == ["AB-1", "AB-0"]
    assert shown("sort=reference") == ["AB-0", "AB-1"]
    assert shown("state=all&sort=free") == ["AB-1", "AB-0", "AB-2"]
    assert shown("state=current&sort=available") == ["AB-0", "AB-1", "AB-2"]
    assert shown("search=b-1") == ["AB-1"]
    assert shown("search=%25") == []
    assert shown(f"district={vacancies.THANET}") == ["AB-0"]
    assert shown("district=outside&state=all") == ["AB-2", "AB-1"]
    for columns in GROUPS:
        assert shown(f"columns={columns}&state=all&show=all") == ["AB-2", "AB-1", "AB-0"]
    for nonsense in ("columns=x&sort=x&state=x&show=x&page=x", "changed=x", "search=%00&district=%00"):
        assert signed_in.get(f"{address}?{nonsense}").status_code == 200


def test_all_are_shown_on_one_page_at_the_same_cost(
    signed_in: Any, organisation: Any, lead: Any, count_queries: Any
) -> None:
    address = f"/organisations/{organisation.id}/vacancies?show=all&columns=carers"
    services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    session.commit()
    signed_in.get(address)
    with count_queries() as one:
        signed_in.get(address)
    for number in range(60):
        services.add_vacancy(organisation, changed(carer_reference=f"KF-1{number:03}"), by=lead)
    session.commit()
    signed_in.get(address)
    with count_queries() as many:
        answer = signed_in.get(address)
    assert "61 households in this list" in answer.text
    rest = signed_in.get(f"{address}&page=2", headers=HX).text
    assert (answer.text.count("data-open-version"), rest.count("data-open-version")) == (50, 11)
    assert ("Show more households" in answer.text, "Show more households" in rest) == (True, False)
    assert many.number == one.number, many.statements


def test_a_copy_is_a_new_household_with_its_own_reference(
    signed_in: Any, organisation: Any, vacancy: Vacancy
) -> None:
    save(signed_in, vacancy, "pets", pets=["dog"])
    page = signed_in.get(f"/organisations/{organisation.id}/vacancies/add?copy={vacancy.id}").text
    assert "Filled in as KF-0142 is" in page
    assert re.search(r'name="carer_reference" type="text" value=""', page)
    assert re.search(r'value="dog" checked', page)


def test_history_is_shown_with_undo_for_the_last_change(signed_in: Any, vacancy: Vacancy, lead: Any) -> None:
    until = clock.today() + timedelta(days=3)
    signed_in.post(f"/vacancies/{vacancy.id}/hold", data={"until": until, "version": vacancy.version})
    page = signed_in.get(f"/vacancies/{vacancy.id}").text
    assert "State: Available → Held" in page
    assert f"by {lead.name}" in page
    change = session.scalars(sa.select(VacancyChange).order_by(VacancyChange.id.desc())).first()
    assert change is not None
    answer = signed_in.post(f"/vacancies/changes/{change.id}/undo", data={"back": "household"})
    assert answer.location == f"/vacancies/{vacancy.id}"
    assert "(undone since)" in signed_in.get(answer.location).text


def test_an_administrator_sees_the_grid_but_opens_no_cell(
    client: Any, organisation: Any, vacancy: Vacancy
) -> None:
    client.sign_in(accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation))
    page = client.get(f"/organisations/{organisation.id}/vacancies").text
    assert "data-saves" not in page
    assert "data-opens" not in page
    assert client.get(f"/vacancies/{vacancy.id}/cells/pets").status_code == 403
    assert client.post(f"/vacancies/{vacancy.id}/cells/pets", data={}).status_code == 403
    change = session.scalars(sa.select(VacancyChange)).one()
    assert client.post(f"/vacancies/changes/{change.id}/undo").status_code == 403
