"""What the search finds, hides, prices and orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import Range

from portal.agreements.states import AgreementState
from portal.core import clock
from portal.core.db import session
from portal.matching import queries
from portal.matching.needs import Child, Needs
from portal.matching.queries import Found, finding
from portal.pricing.models import Price
from portal.pricing.modifiers import Modifiers
from portal.vacancies.states import Freshness, Gender, VacancyState
from tests.factories import agreements, frameworks, pricing, providers, vacancies
from tests.factories.matching import GIRL_OF_8, Member
from tests.support.acting import save

NEEDS = GIRL_OF_8
OUTSIDE = {"district_code": None, "outward_postcode": "TN34"}


@pytest.fixture
def framework() -> Any:
    pricing.load_lists()
    return frameworks.framework()


@pytest.fixture
def member(framework: Any) -> Member:
    return Member(framework)


def found(needs: Needs = NEEDS) -> list[Any]:
    return [match.vacancy.id for match in queries.search(needs).matches]


def only(needs: Needs = NEEDS) -> Any:
    (match,) = queries.search(needs).matches
    return match


def wishing(must: bool = True, **wishes: Any) -> Needs:
    return replace(NEEDS, wishes=wishes, musts=frozenset(wishes) if must else frozenset())


def of(age: int, gender: Gender = Gender.FEMALE) -> Needs:
    return replace(NEEDS, children=(Child(age, gender),))


def test_no_framework_finds_nothing() -> None:
    assert queries.search(NEEDS) == Found([], 0)
    assert queries.list_relaxations(NEEDS) == []


def test_a_household_that_fits_is_found_with_its_price_and_grade(member: Member) -> None:
    providers.agency(urn=member.organisation.urn, overall_grade="Outstanding")
    vacancy = member.household()
    match = only()
    assert match.vacancy.id == vacancy.id
    assert match.fees.weekly == Decimal("800.00")
    assert match.fees.nightly == Decimal("114.29")
    assert match.freshness == Freshness.FRESH
    assert (match.ofsted.grade, match.ofsted.as_at) == ("Outstanding", date(2025, 3, 31))


def test_not_inspected_yet_is_not_a_grade(member: Member) -> None:
    providers.agency(urn=member.organisation.urn, overall_grade=None, inspected_on=None)
    member.household()
    match = only()
    assert match.ofsted.grade is None
    assert match.ofsted.as_at is not None


@pytest.mark.parametrize(("age", "fits"), [(4, False), (5, True), (8, True), (12, True), (13, False)])
def test_ages_count_both_ends(member: Member, age: int, fits: bool) -> None:
    member.household(age_from=5, age_to=12)
    assert bool(found(of(age))) is fits


@pytest.mark.parametrize(
    ("approved", "child", "fits"),
    [
        (Gender.ANY, Gender.FEMALE, True),
        (Gender.FEMALE, Gender.FEMALE, True),
        (Gender.MALE, Gender.FEMALE, False),
        (Gender.FEMALE, Gender.MALE, False),
        (Gender.ANY, Gender.ANY, True),
        (Gender.FEMALE, Gender.ANY, False),
    ],
)
def test_gender(member: Member, approved: Gender, child: Gender, fits: bool) -> None:
    member.household(gender=approved)
    assert bool(found(of(8, child))) is fits


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"placement_types": ["standard", "emergency"]}, True),
        ({"placement_types": ["emergency"]}, False),
        ({"need_categories": ["enhanced", "standard"]}, True),
        ({"need_categories": ["enhanced"]}, False),
    ],
)
def test_type_and_level_of_need(member: Member, change: dict[str, Any], fits: bool) -> None:
    member.household(**change)
    assert bool(found()) is fits


def test_districts(member: Member) -> None:
    swale = member.household()
    medway = member.household(district_code=vacancies.MEDWAY, outward_postcode="ME4")
    outside = member.household(district_code=None, outward_postcode="TN34")
    assert set(found()) == {swale.id, medway.id, outside.id}
    assert found(wishing(districts=(vacancies.MEDWAY,))) == [medway.id]
    assert set(found(wishing(districts=(vacancies.MEDWAY, vacancies.SWALE)))) == {swale.id, medway.id}
    assert found(wishing(districts=(vacancies.THANET,))) == []


@pytest.mark.parametrize(
    ("free", "together", "children", "fits"),
    [(1, 1, 1, True), (2, 1, 2, False), (2, 2, 2, True), (1, 3, 2, False), (3, 3, 3, True)],
)
def test_siblings_need_places_together(
    member: Member, free: int, together: int, children: int, fits: bool
) -> None:
    member.household(approved_places=3, placed_now=0, free_places=free, siblings_together=together)
    assert bool(found(replace(NEEDS, children=NEEDS.children * children))) is fits


@pytest.mark.parametrize(
    ("days", "freshness"),
    [(0, Freshness.FRESH), (6, Freshness.FRESH), (8, Freshness.AGEING), (13, Freshness.AGEING), (15, None)],
)
def test_stale_is_hidden(member: Member, days: int, freshness: Freshness | None) -> None:
    member.household(confirmed_days_ago=days)
    matches = queries.search(NEEDS).matches
    assert [match.freshness for match in matches] == ([freshness] if freshness else [])
    assert queries.count_stale(NEEDS) == (0 if freshness else 1)


@pytest.mark.parametrize("state", [state for state in AgreementState if state != AgreementState.ACTIVE])
def test_only_members_with_an_agreement_in_force(framework: Any, state: AgreementState) -> None:
    Member(framework, state=state).household()
    assert found() == []


def test_an_agreement_that_begins_later_is_not_in_force(framework: Any) -> None:
    Member(framework, starts_on=clock.today() + timedelta(days=1)).household()
    assert found() == []


def test_a_provider_without_agreement_is_never_found(member: Member) -> None:
    vacancies.vacancy()
    assert found() == []


@pytest.mark.parametrize("state", [VacancyState.FILLED, VacancyState.WITHDRAWN, VacancyState.HELD])
def test_what_is_not_free_is_not_found(member: Member, state: VacancyState) -> None:
    member.household(state=state)
    assert found() == []


def test_a_hold_ends_by_itself_after_its_last_day(member: Member) -> None:
    today = clock.today()
    member.household(state="held", held_until=today)
    ended = member.household(state="held", held_until=today - timedelta(days=1))
    assert found() == [ended.id]


def test_fresh_first_then_price_then_those_without(framework: Any) -> None:
    cheap, dear, silent = (
        Member(framework, Decimal(700)),
        Member(framework, Decimal(900)),
        Member(framework, None),
    )
    ageing = cheap.household(confirmed_days_ago=9)
    last = silent.household()
    second, first = dear.household(), cheap.household()
    assert found() == [first.id, second.id, last.id, ageing.id]
    notes = {match.vacancy.id: match.fees.note for match in queries.search(NEEDS).matches}
    assert notes[last.id] == "Not offered by this provider"


def test_the_price_is_the_childs_age_band_today(member: Member) -> None:
    member.household()
    match = only(of(12))
    assert (match.fees.weekly, match.fees.note) == (None, "No price agreed for that day")


def test_an_age_the_schedule_has_no_cell_for_is_explained(member: Member) -> None:
    member.household(age_to=18)
    match = only(of(18))
    assert match.fees.note == "The price schedule has no price for this age"


def test_a_lower_price_to_come_is_not_todays(member: Member) -> None:
    member.household()
    starts, change = clock.today() - timedelta(days=30), clock.today() + timedelta(days=1)
    (price,) = session.query(Price).all()
    price.period = Range(starts, change)
    save(price)
    save(
        Price(
            agreed_cell_id=price.agreed_cell_id,
            price_version_id=member.version.id,
            weekly_fee=Decimal(700),
            period=Range(change, None),
        )
    )
    match = only()
    assert match.fees.weekly == Decimal(800)


def test_miles_are_about_and_nearer_comes_first(member: Member) -> None:
    far = member.household(outward_postcode="CT11")
    near = member.household(outward_postcode="ME10")
    matches = queries.search(wishing(must=False, near=("ME10", 30))).matches
    assert [match.vacancy.id for match in matches] == [near.id, far.id]
    assert matches[0].miles == 0
    assert 20 < matches[1].miles < 35
    assert found(wishing(near=("ME10", 10))) == [near.id]


# Each wish: what a household has that meets it, what it has that does not.
WISHES = {
    "near": (("ME10", 5), {}, {"outward_postcode": "CT11"}),
    "needed_from": ("2000-01-01", {"available_from": date(2000, 1, 1)}, {}),
    "school": (
        "ME10",
        {"outward_postcode": "CT1", "is_driver": True, "school_run_miles": 30},
        {"outward_postcode": "CT1"},
    ),
    "languages": (("urdu", "polish"), {"languages": ["tamil", "polish"]}, {"languages": ["tamil"]}),
    "religion": ("muslim", {"religion": "muslim"}, {"religion": "sikh"}),
    "ethnicity": ("indian", {"ethnicity": "indian"}, {}),
    "accessibility": (
        ("hoist", "lift"),
        {"accessibility": ["lift", "hoist", "step_free"]},
        {"accessibility": ["lift"]},
    ),
    "skills": (("autism",), {"skills": ["autism"]}, {"skills": []}),
    "solo": (True, {"placed_now": 0}, {"placed_now": 1}),
    "no_other_children": (True, {}, {"other_children": ["0_4"]}),
    "avoid_pets": (("dog",), {"pets": ["cat"]}, {"pets": ["cat", "dog"]}),
    "smoke_free": (True, {}, {"smoking": "outside"}),
    "two_carers": (True, {"carers": 2}, {"carers": None}),
    "driver": (True, {"is_driver": True}, {"is_driver": None}),
}


def test_every_wish_is_tried() -> None:
    assert set(queries.WISHES) == {*WISHES, "districts"}


@pytest.mark.parametrize("name", WISHES)
def test_a_must_have_filters_and_a_preference_ranks_and_explains(member: Member, name: str) -> None:
    value, having, lacking = WISHES[name]
    without = member.household(**lacking)
    meets = member.household(**having)
    assert found(wishing(**{name: value})) == [meets.id]
    matches = queries.search(wishing(must=False, **{name: value})).matches
    assert [match.vacancy.id for match in matches] == [meets.id, without.id]
    assert [[line.fits for line in match.lines] for match in matches] == [[True], [False]]
    assert all(line.asked and line.has for match in matches for line in match.lines)


def test_each_preference_counts_one_point_before_freshness_and_price(framework: Any) -> None:
    cheap, dear = Member(framework, Decimal(700)), Member(framework, Decimal(900))
    none = cheap.household()
    one = dear.household(languages=["urdu"])
    both = dear.household(languages=["urdu"], religion="muslim", confirmed_days_ago=9)
    assert found(wishing(must=False, languages=("urdu",), religion="muslim")) == [both.id, one.id, none.id]


def test_brothers_and_sisters_must_each_fit_where_they_live_together(member: Member) -> None:
    room = {"approved_places": 3, "placed_now": 0, "free_places": 3, "siblings_together": 3}
    children = (Child(4, Gender.MALE), Child(9, Gender.FEMALE))
    fits = member.household(**room)
    member.household(**room, age_from=5)
    member.household(**room, gender=Gender.FEMALE)
    one_place = member.household(gender=Gender.FEMALE, age_from=5)
    together = replace(NEEDS, children=children)
    assert found(together) == [fits.id]
    apart = found(replace(together, apart=True))
    assert set(apart) >= {fits.id, one_place.id}
    assert len(apart) == 4


def test_the_price_of_siblings_has_each_childs_lines(framework: Any) -> None:
    organisation = providers.organisation()
    agreements.agreement(framework=framework, organisation=organisation)
    discount = Modifiers(sibling_from=2, sibling_percent=Decimal(10), solo_amount=Decimal(75))
    pricing.price_version(framework, organisation, {pricing.cell().id: Decimal(800)}, modifiers=discount)
    vacancies.vacancy(
        organisation=organisation, approved_places=3, placed_now=0, free_places=2, siblings_together=2
    )
    match = only(replace(NEEDS, children=NEEDS.children * 2))
    assert [one.price.weekly for one in match.fees.children if one.price] == [Decimal(800), Decimal(720)]
    assert match.fees.weekly == Decimal(1520)
    alone = only(wishing(solo=True))
    assert alone.fees.weekly == Decimal(875)
    assert alone.fees.has_modifiers


def test_relaxations_say_what_would_bring_matches(member: Member) -> None:
    member.household(district_code=vacancies.THANET)
    member.household(district_code=vacancies.THANET)
    member.household(need_categories=["complex"])
    needs = wishing(districts=(vacancies.SWALE,))
    assert found(needs) == []
    relaxed = {one.words: (one.count, one.needs) for one in queries.list_relaxations(needs)}
    assert relaxed["if “district: Swale” were only a preference"] == (2, replace(needs, musts=frozenset()))
    assert relaxed["for another level of need"] == (1, None)
    assert len(relaxed) == 2


def test_siblings_apart_is_a_relaxation(member: Member) -> None:
    member.household()
    (one,) = queries.list_relaxations(replace(NEEDS, children=NEEDS.children * 2))
    assert one.words == "for one of them, if the brothers and sisters can live apart"
    assert (one.count, one.needs.apart) == (1, True)


def test_the_count_is_capped_and_only_so_many_are_ranked(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_RANKED", 2)
    for _ in range(5):
        member.household()
    capped = queries.search(NEEDS)
    assert capped.total == 3
    assert capped.is_capped


def test_pages_do_not_overlap(member: Member) -> None:
    for _ in range(7):
        member.household()
    pages = [queries.search(NEEDS, limit=3, offset=offset).matches for offset in (0, 3, 6)]
    ids = [match.vacancy.id for page in pages for match in page]
    assert len(ids) == len(set(ids)) == 7
    assert queries.search(NEEDS, limit=3, offset=9) == Found([], 7)


def test_nothing_is_left_out_without_a_reason(member: Member, framework: Any) -> None:
    member.household()
    member.household(district_code=vacancies.THANET, confirmed_days_ago=20)
    member.household(state="held")
    member.household(gender=Gender.MALE, district_code=vacancies.MEDWAY)
    Member(framework, state="suspended").household()
    left_out = queries.explain_left_out(wishing(districts=(vacancies.SWALE,)))
    assert (left_out.looked_at, left_out.count, left_out.is_capped) == (5, 4, False)
    counted = {reason.words: (reason.count, reason.alone) for reason in left_out.reasons}
    assert counted == {
        "District: not Swale": (2, 0),
        "Held for another child": (1, 1),
        "Nobody confirmed it in the last 14 days": (1, 0),
        "Not approved for this gender": (1, 0),
        "The provider’s agreement is not in force today": (1, 1),
    }
    assert [len(household.reasons) for household in left_out.households] == [1, 1, 2, 2]


def test_needs_survive_being_kept(member: Member) -> None:
    needs = replace(
        wishing(districts=(vacancies.SWALE,), near=("ME10", 5), solo=True),
        apart=True,
        children=NEEDS.children * 2,
    )
    assert Needs.from_json(needs.as_json()) == needs
