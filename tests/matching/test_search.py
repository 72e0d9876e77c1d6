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
from portal.matching.queries import Needs
from portal.pricing.models import Price
from portal.vacancies.states import Freshness, Gender, VacancyState
from tests.factories import agreements, frameworks, pricing, providers, vacancies
from tests.support.acting import save

NEEDS = Needs(age=8, gender=Gender.FEMALE, placement_type="standard", need_category="standard")


class Member:
    """A provider in the framework with a price for a child of 5 to 10, and its households."""

    def __init__(
        self, framework: Any, fee: Decimal | None = Decimal("800"), state: str = "active", **columns: Any
    ) -> None:
        self.framework = framework
        self.organisation = providers.organisation()
        self.agreement = agreements.agreement(
            state, framework=framework, organisation=self.organisation, **columns
        )
        self.cell = pricing.cell()
        self.version = pricing.price_version(framework, self.organisation, {self.cell.id: fee})

    def household(self, **columns: Any) -> Any:
        return vacancies.vacancy(organisation=self.organisation, **columns)


@pytest.fixture
def framework() -> Any:
    pricing.load_lists()
    return frameworks.framework()


@pytest.fixture
def member(framework: Any) -> Member:
    return Member(framework)


def found(needs: Needs = NEEDS) -> list[Any]:
    return [match.vacancy.id for match in queries.search(needs)]


def test_no_framework_finds_nothing() -> None:
    assert queries.search(NEEDS) == []


def test_a_household_that_fits_is_found_with_its_price_and_grade(member: Member) -> None:
    providers.agency(urn=member.organisation.urn, overall_grade="Outstanding")
    vacancy = member.household()
    (match,) = queries.search(NEEDS)
    assert match.vacancy.id == vacancy.id
    assert match.weekly_fee == Decimal("800.00")
    assert match.nightly_fee == Decimal("114.29")
    assert match.freshness == Freshness.FRESH
    assert (match.ofsted.grade, match.ofsted.as_at) == ("Outstanding", date(2025, 3, 31))


def test_not_inspected_yet_is_not_a_grade(member: Member) -> None:
    providers.agency(urn=member.organisation.urn, overall_grade=None, inspected_on=None)
    member.household()
    (match,) = queries.search(NEEDS)
    assert match.ofsted.grade is None
    assert match.ofsted.as_at is not None


@pytest.mark.parametrize(("age", "fits"), [(4, False), (5, True), (8, True), (12, True), (13, False)])
def test_ages_count_both_ends(member: Member, age: int, fits: bool) -> None:
    member.household(age_from=5, age_to=12)
    assert bool(found(replace(NEEDS, age=age))) is fits


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
    assert bool(found(replace(NEEDS, gender=child))) is fits


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
    assert found(replace(NEEDS, districts=(vacancies.MEDWAY,))) == [medway.id]
    assert set(found(replace(NEEDS, districts=(vacancies.MEDWAY, vacancies.SWALE)))) == {swale.id, medway.id}
    assert found(replace(NEEDS, districts=(vacancies.THANET,))) == []


@pytest.mark.parametrize(
    ("free", "together", "children", "fits"),
    [(1, 1, 1, True), (2, 1, 2, False), (2, 2, 2, True), (1, 3, 2, False), (3, 3, 3, True)],
)
def test_siblings_need_places_together(
    member: Member, free: int, together: int, children: int, fits: bool
) -> None:
    member.household(approved_places=3, placed_now=0, free_places=free, siblings_together=together)
    assert bool(found(replace(NEEDS, children=children))) is fits


@pytest.mark.parametrize(
    ("days", "freshness"),
    [(0, Freshness.FRESH), (6, Freshness.FRESH), (8, Freshness.AGEING), (13, Freshness.AGEING), (15, None)],
)
def test_stale_is_hidden(member: Member, days: int, freshness: Freshness | None) -> None:
    member.household(confirmed_days_ago=days)
    matches = queries.search(NEEDS)
    assert [match.freshness for match in matches] == ([freshness] if freshness else [])
    assert queries.count(NEEDS).stale == (0 if freshness else 1)


@pytest.mark.parametrize("state", [state for state in AgreementState if state != AgreementState.ACTIVE])
def test_only_members_with_an_agreement_in_force(framework: Any, state: AgreementState) -> None:
    Member(framework, state=state).household()
    assert found() == []
    assert queries.count(NEEDS).matches == 0


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
    notes = {match.vacancy.id: match.price_note for match in queries.search(NEEDS)}
    assert notes[last.id] == "Not offered by this provider"


def test_the_price_is_the_childs_age_band_today(member: Member) -> None:
    member.household()
    (match,) = queries.search(replace(NEEDS, age=12))
    assert (match.weekly_fee, match.price_note) == (None, "No price agreed for today")


def test_an_age_the_schedule_has_no_cell_for_is_explained(member: Member) -> None:
    member.household(age_to=18)
    (match,) = queries.search(replace(NEEDS, age=18))
    assert match.price_note == "The price schedule has no price for this age"


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
    (match,) = queries.search(NEEDS)
    assert match.weekly_fee == Decimal(800)


def test_miles_are_about(member: Member) -> None:
    member.household(outward_postcode="ME10")
    (near,) = queries.search(replace(NEEDS, outward_postcode="ME10"))
    (far,) = queries.search(replace(NEEDS, outward_postcode="CT11"))
    assert near.miles == 0
    assert far.miles is not None
    assert 20 < far.miles < 35


def test_relaxations_say_what_would_bring_matches(member: Member) -> None:
    member.household(district_code=vacancies.THANET)
    member.household(district_code=vacancies.THANET)
    member.household(need_categories=["complex"])
    needs = replace(NEEDS, districts=(vacancies.SWALE,))
    assert found(needs) == []
    relaxed = {one.words: (one.count, one.needs) for one in queries.list_relaxations(needs)}
    assert relaxed["in any district, or outside Kent and Medway"] == (2, replace(needs, districts=()))
    assert relaxed["for another level of need"][0] == 1
    assert len(relaxed) == 2


def test_siblings_apart_is_a_relaxation(member: Member) -> None:
    member.household()
    (only,) = queries.list_relaxations(replace(NEEDS, children=2))
    assert (only.words, only.count) == ("if the brothers and sisters can live apart", 1)


def test_count_is_capped(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_COUNTED", 2)
    for _ in range(5):
        member.household()
    totals = queries.count(NEEDS)
    assert totals.matches == 3
    assert totals.is_capped


def test_pages_do_not_overlap(member: Member) -> None:
    for _ in range(7):
        member.household()
    pages = [queries.search(NEEDS, limit=3, offset=offset) for offset in (0, 3, 6)]
    ids = [match.vacancy.id for page in pages for match in page]
    assert len(ids) == len(set(ids)) == 7
