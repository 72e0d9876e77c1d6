"""What a placements lead may do with a household, and what the domain and the database refuse."""

from __future__ import annotations

import ast
import dataclasses
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import audit, clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.core.transitions import apply
from portal.vacancies import queries, services
from portal.vacancies.models import District, Vacancy
from portal.vacancies.services import Household
from portal.vacancies.services.checks import clean_household
from portal.vacancies.services.references import clean_outward, clean_reference
from portal.vacancies.states import Freshness, Gender, VacancyState
from portal.vacancies.workflow import RESTORING, VACANCY
from tests.conventions.source import PORTAL, name_of, tree_of
from tests.factories import accounts, pricing, providers, vacancies
from tests.support.acting import acting_as, as_worker, travel

S = VacancyState
HOUSEHOLD = Household(
    carer_reference="KF-0142",
    approved_places=3,
    placed_now=1,
    free_places=2,
    age_from=5,
    age_to=12,
    gender=Gender.ANY,
    placement_types=["standard"],
    need_categories=["standard"],
    available_from=date(2026, 5, 3),
    district_code=vacancies.SWALE,
    outward_postcode="ME10",
)


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


def changed(**changes: Any) -> Household:
    return dataclasses.replace(HOUSEHOLD, **changes)


def test_districts_are_kent_s_twelve_and_medway() -> None:
    for _ in range(2):
        vacancies.districts()
    names = set(session.scalars(sa.select(District.name)))
    assert len(names) == 13
    assert {"Medway", "Swale", "Folkestone and Hythe"} <= names


def test_add(organisation: Any, lead: Any) -> None:
    made = services.add_vacancy(organisation, changed(outward_postcode=" me10 "), by=lead)
    assert (made.state, made.outward_postcode) == (S.AVAILABLE, "ME10")
    assert queries.freshness(made.confirmed_at, clock.now()) == Freshness.FRESH


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"approved_places": 0}, "approved_places"),
        ({"approved_places": 13}, "approved_places"),
        ({"approved_places": 4}, "over_usual_limit_from"),
        ({"placed_now": 4}, "placed_now"),
        ({"placed_now": -1}, "placed_now"),
        ({"free_places": 3}, "free_places"),
        ({"free_places": 0}, "free_places"),
        ({"age_from": 19, "age_to": 20}, "age_from"),
        ({"age_from": 13}, "age_to"),
        ({"age_to": 22}, "age_to"),
        ({"siblings_together": 4}, "siblings_together"),
        ({"siblings_together": 0}, "siblings_together"),
        ({"is_solo_only": True, "siblings_together": 2}, "siblings_together"),
        ({"is_solo_only": True}, "free_places"),
        ({"placement_types": []}, "placement_types"),
        ({"placement_types": ["castle"]}, "placement_types"),
        ({"need_categories": ["standard", "none"]}, "need_categories"),
        ({"district_code": "E99999999"}, "district_code"),
        ({"outward_postcode": "ME"}, "outward_postcode"),
        ({"over_usual_limit_from": date(2026, 5, 3)}, "over_usual_limit"),
        ({"over_usual_limit": "siblings"}, "over_usual_limit_from"),
        ({"bedrooms": 0}, "bedrooms"),
        ({"carers": 3}, "carers"),
        ({"ethnicity": "martian"}, "ethnicity"),
        ({"religion": "jedi"}, "religion"),
        ({"languages": ["klingon"]}, "languages"),
        ({"pets": ["dog", "dragon"]}, "pets"),
        ({"other_children": ["99"]}, "other_children"),
        ({"accessibility": ["moat"]}, "accessibility"),
        ({"skills": ["magic"]}, "skills"),
        ({"school_run_miles": 51}, "school_run_miles"),
        ({"school_run_miles": 5, "is_driver": False}, "school_run_miles"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    organisation: Any, lead: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.add_vacancy(organisation, changed(**changes), by=lead)
    assert refused.value.field == field


def test_more_than_the_usual_limit_with_an_exemption(organisation: Any, lead: Any) -> None:
    household = changed(
        approved_places=4, free_places=3, over_usual_limit="exemption", over_usual_limit_from=clock.today()
    )
    assert services.add_vacancy(organisation, household, by=lead).approved_places == 4


def test_everything_wrong_is_told_at_once_and_lists_keep_their_order() -> None:
    pricing.load_lists()
    vacancies.districts()
    lists = queries.get_lists()
    wrong = changed(carer_reference="Jane Smith", age_from=30, pets=["dragon"], bedrooms=0)
    assert set(services.check_household(wrong, lists)) == {"carer_reference", "age_from", "pets", "bedrooms"}
    assert services.check_household(HOUSEHOLD, lists) == {}
    cleaned = clean_household(changed(languages=["urdu", "arabic", "urdu"]), lists)
    assert cleaned["languages"] == ["arabic", "urdu"]


def test_special_category_data_is_named_once_and_kept_from_what_others_get() -> None:
    special = {"ethnicity", "religion", "smoking", "accessibility"}
    shared = {column.key for column in queries.shareable_columns()}
    assert shared == {column.key for column in Vacancy.__table__.columns} - special
    for feature in ("public", "reports", "home", "agreements", "decisions"):
        for path in (PORTAL / feature).rglob("*.py"):
            read = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
            assert not read & special, f"{name_of(path)} reads special category data"


def test_references_are_unique_within_a_provider_until_withdrawn(organisation: Any, lead: Any) -> None:
    first = services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    session.commit()
    with pytest.raises(Invalid, match="already have") as refused:
        services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    assert refused.value.field == "carer_reference"
    session.rollback()
    other = providers.organisation()
    theirs = accounts.person(Role.PLACEMENTS_LEAD, organisation=other)
    acting_as(theirs)
    services.add_vacancy(other, HOUSEHOLD, by=theirs)
    session.commit()
    acting_as(lead)
    services.withdraw_vacancy(first, by=lead)
    assert services.add_vacancy(organisation, HOUSEHOLD, by=lead).id != first.id


@pytest.mark.parametrize(
    "reference",
    [
        "Jane Smith",
        "jane smith",
        "Smith",
        "Mr Okafor",
        "Mrs O'Brien 2",
        "Jane Smith 4",
        "Zoë Ångström",
        "12 High Street",
        "Flat 2, Acacia Avenue",
        "ME10 3AB",
        "KF me103ab",
        "03/05/2015",
        "KF 3 May 2015",
        "2015-05-03",
        "",
        "K" * 41,
    ],
)
def test_rule_10_no_names_addresses_or_dates_of_birth(reference: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_reference(reference)
    assert refused.value.field == "carer_reference"


@pytest.mark.parametrize(
    "reference",
    ["KF-0142", "0142", "KF/MED/22", "Household 12", "carer ref 7", "AB-3", "KFA-SWALE-0142", "F12B"],
)
def test_ordinary_references_are_taken(reference: str) -> None:
    assert clean_reference(f"  {reference} ") == reference


@pytest.mark.parametrize("postcode", ["ME10 3AB", "ME103AB", "me10 3ab", "Kent", "10ME", ""])
def test_rule_10_never_a_whole_postcode(postcode: str) -> None:
    with pytest.raises(Invalid):
        clean_outward(postcode)


@pytest.mark.parametrize("postcode", ["ME10", "me4", "CT1", "TN23", "E1W", "SE1"])
def test_outward_postcodes(postcode: str) -> None:
    assert clean_outward(postcode) == postcode.upper()
    assert queries.is_known_outward(postcode.upper())


def test_rule_10_the_database_takes_no_whole_postcode(organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    vacancy.outward_postcode = "ME10 3AB"
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, Freshness.FRESH),
        (7, Freshness.FRESH),
        (8, Freshness.AGEING),
        (14, Freshness.AGEING),
        (15, Freshness.STALE),
    ],
)
def test_freshness_follows_from_the_date_confirmed(days: int, expected: Freshness) -> None:
    now = clock.now()
    assert queries.freshness(now - timedelta(days=days), now) == expected


def test_counts_and_what_is_to_confirm(organisation: Any, lead: Any) -> None:
    for days, state in ((1, "available"), (9, "held"), (20, "available"), (20, "filled"), (20, "withdrawn")):
        vacancies.vacancy(state, organisation=organisation, confirmed_days_ago=days)
    vacancies.vacancy(confirmed_days_ago=20)
    counts = queries.count_for_organisation(organisation.id)
    assert (counts.open, counts.to_confirm, counts.free_places) == (3, 2, 2)
    assert counts.freshness == {Freshness.FRESH: 1, Freshness.AGEING: 1, Freshness.STALE: 1}
    assert queries.count_to_confirm(lead) == 2
    assert queries.count_to_confirm(accounts.person(Role.FINANCE_LEAD, organisation=organisation)) == 0
    assert queries.count_to_confirm(accounts.person(Role.PLACEMENT_OFFICER)) == 0


def test_time_makes_it_stale_and_confirming_fresh(organisation: Any, lead: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    travel(timedelta(days=15))
    assert queries.freshness(vacancy.confirmed_at, clock.now()) == Freshness.STALE
    version = vacancy.version
    services.confirm_vacancy(vacancy, by=lead, seen_version=version)
    services.confirm_vacancy(vacancy, by=lead, seen_version=version)
    assert queries.freshness(vacancy.confirmed_at, clock.now()) == Freshness.FRESH
    with pytest.raises(Stale):
        services.confirm_vacancy(vacancy, by=lead, seen_version=version + 1)


@pytest.mark.parametrize("state", [S.FILLED, S.WITHDRAWN])
def test_nothing_to_confirm_when_it_is_not_open(organisation: Any, lead: Any, state: S) -> None:
    with pytest.raises(Refused):
        services.confirm_vacancy(vacancies.vacancy(state, organisation=organisation), by=lead)


def test_confirm_all_leaves_others_alone(organisation: Any, lead: Any) -> None:
    mine = vacancies.vacancy(organisation=organisation, confirmed_days_ago=20)
    filled = vacancies.vacancy("filled", organisation=organisation, confirmed_days_ago=20)
    other = vacancies.vacancy(confirmed_days_ago=20)
    assert services.confirm_all_vacancies(organisation, by=lead) == 1
    for vacancy, fresh in ((mine, True), (filled, False), (other, False)):
        session.refresh(vacancy)
        assert (queries.freshness(vacancy.confirmed_at, clock.now()) == Freshness.FRESH) is fresh


def test_edit_records_which_fields_changed_and_no_content(organisation: Any, lead: Any) -> None:
    vacancy = services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    services.edit_vacancy(vacancy, changed(age_to=14, free_places=1), by=lead)
    session.commit()
    event = session.scalars(
        sa.select(audit.AuditEvent).where(audit.AuditEvent.verb == "vacancy.changed")
    ).one()
    assert event.details == {"fields": ["age_to", "free_places"]}


def test_a_solo_household_offered_again_has_nobody_placed(organisation: Any, lead: Any) -> None:
    household = changed(is_solo_only=True, placed_now=0, approved_places=2, free_places=1)
    vacancy = services.add_vacancy(organisation, household, by=lead)
    services.fill_vacancy(vacancy, by=lead)
    services.reopen_vacancy(vacancy, free_places=1, available_from=clock.today(), by=lead)
    assert (vacancy.placed_now, vacancy.free_places) == (0, 1)


def test_hold_needs_a_day_to_come(organisation: Any, lead: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    with pytest.raises(Refused):
        services.hold_vacancy(vacancy, until=clock.today() - timedelta(days=1), by=lead)


FROM = {
    "hold": {S.AVAILABLE},
    "release": {S.HELD},
    "fill": {S.AVAILABLE, S.HELD},
    "withdraw": {S.AVAILABLE, S.HELD},
    "reopen": {S.FILLED},
    **{name: set(S) - {state} for state, name in RESTORING.items()},
}


@pytest.mark.parametrize("name", sorted(FROM))
@pytest.mark.parametrize("state", list(S))
def test_every_transition_from_every_state_by_every_role(organisation: Any, name: str, state: S) -> None:
    vacancy = vacancies.vacancy(state, organisation=organisation)
    facts = {"until": clock.today(), "today": clock.today()}
    for role in Role:
        person = accounts.person(role, organisation=organisation if role.is_provider_role else None)
        with session.no_autoflush:
            if state not in FROM[name]:
                with pytest.raises(Refused):
                    apply(VACANCY, name, vacancy, by=person, facts=facts)
            elif role != Role.PLACEMENTS_LEAD:
                with pytest.raises(NotAllowed):
                    apply(VACANCY, name, vacancy, by=person, facts=facts)
            else:
                apply(VACANCY, name, vacancy, by=person, facts=facts)
                assert vacancy.state == VACANCY[name].target
            session.expire(vacancy)


def test_rule_09_another_providers_lead_cannot_touch_it(organisation: Any) -> None:
    vacancy = vacancies.vacancy(organisation=organisation)
    stranger = accounts.person(Role.PLACEMENTS_LEAD, organisation=providers.organisation())
    for act in (services.confirm_vacancy, services.fill_vacancy, services.withdraw_vacancy):
        with pytest.raises(NotAllowed):
            act(vacancy, by=stranger)
    with pytest.raises(NotAllowed):
        services.edit_vacancy(vacancy, HOUSEHOLD, by=stranger)
    with pytest.raises(NotAllowed):
        services.add_vacancy(organisation, HOUSEHOLD, by=stranger)
    with pytest.raises(NotAllowed):
        services.confirm_all_vacancies(organisation, by=stranger)
    with as_worker():
        assert session.execute(sa.select(sa.func.count()).select_from(Vacancy)).scalar_one() == 1
