"""Free places and what was looked for, counted exactly; the week's counts are kept once, by the worker alone."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core import clock
from portal.core.db import session
from portal.matching.models import WeeklyCount
from portal.matching.needs import Child, Needs
from portal.matching.queries import sufficiency
from portal.matching.services import keep_week
from portal.matching.states import CannotReason, PlacementState, SearchOutcome
from portal.vacancies.models import Vacancy
from portal.vacancies.states import Gender
from tests.factories import accounts, frameworks, matching, vacancies
from tests.support.acting import acting_as, as_worker, travel

GIRL, BOY, ANY = Gender.FEMALE, Gender.MALE, Gender.ANY


@pytest.fixture
def member():
    return matching.Member(frameworks.framework())


def free():
    return {
        (one.dimension, one.code, one.freshness): (one.households, one.places)
        for one in sufficiency.count_free()
    }


def sought(person, **asked):
    acting_as(person)
    today = clock.today()
    return {
        (one.dimension, one.code, one.outcome): (one.searches, one.children)
        for one in sufficiency.count_sought(today - timedelta(days=6), today, **asked)
    }


def test_free_places_are_counted_under_each_heading_they_fall_under(member):
    member.household(free_places=2, approved_places=3, placement_types=["standard", "siblings"], age_to=10)
    member.household(confirmed_days_ago=8, district_code=None, age_from=11, need_categories=["complex"])
    member.household(confirmed_days_ago=20, district_code=vacancies.THANET, age_from=5, age_to=5)
    member.household(state="held", held_until=clock.today() - timedelta(days=1), age_from=16)
    # None of these is free: held for somebody, without a place, filled, of a provider not in force.
    member.household(state="held")
    member.household(free_places=0)
    member.household(state="filled")
    vacancies.vacancy()
    matching.Member(member.framework, state="suspended").household()
    counted = free()
    assert {key[2]: value for key, value in counted.items() if key[0] == "all"} == {
        "fresh": (2, 3),
        "ageing": (1, 1),
        "stale": (1, 1),
    }
    assert {key[1:]: value for key, value in counted.items() if key[0] == "district"} == {
        (vacancies.SWALE, "fresh"): (2, 3),
        ("", "ageing"): (1, 1),
        (vacancies.THANET, "stale"): (1, 1),
    }
    assert {key[1:]: value for key, value in counted.items() if key[0] == "type"} == {
        ("standard", "fresh"): (2, 3),
        ("siblings", "fresh"): (1, 2),
        ("standard", "ageing"): (1, 1),
        ("standard", "stale"): (1, 1),
    }
    assert {key[1:]: value for key, value in counted.items() if key[0] == "category"} == {
        ("standard", "fresh"): (2, 3),
        ("complex", "ageing"): (1, 1),
        ("standard", "stale"): (1, 1),
    }
    assert {key[1:]: value for key, value in counted.items() if key[0] == "age"} == {
        ("0_4", "fresh"): (1, 2),
        ("5_10", "fresh"): (1, 2),
        ("16_17", "fresh"): (1, 1),
        ("11_15", "ageing"): (1, 1),
        ("16_17", "ageing"): (1, 1),
        ("5_10", "stale"): (1, 1),
    }
    of_siblings = sufficiency.count_free(placement_type="siblings")
    assert {(one.dimension, one.code) for one in of_siblings if one.dimension == "type"} == {
        ("type", "standard"),
        ("type", "siblings"),
    }
    assert sum(one.households for one in of_siblings if one.dimension == "all") == 1


def outcomes(counted):
    return {outcome: number for (dimension, _, outcome), number in counted.items() if dimension == "all"}


def test_each_search_has_one_outcome(member):
    commissioner = accounts.person(Role.COMMISSIONER)
    matching.search()  # nobody asked yet
    matching.closed_search(SearchOutcome.IN_HOUSE)
    matching.closed_search(SearchOutcome.NOT_NEEDED)
    matching.closed_search(SearchOutcome.NOT_FOUND)  # nobody was asked: nothing fitted
    matching.placement()  # placed, though the search stays open for the record
    matching.enquiry("sent")  # waiting
    matching.enquiry("offered")
    matching.enquiry("cannot")
    matching.enquiry("lapsed")
    late = matching.search()
    matching.enquiry("sent", search=late, answer_by=clock.now() - timedelta(minutes=1))
    unsuited = matching.search()
    matching.enquiry("cannot", search=unsuited, call_off=matching.call_off(unsuited, suitable=0))
    refused = matching.closed_search(SearchOutcome.NOT_FOUND)
    matching.enquiry("not_chosen", search=refused)
    abandoned = matching.placement(PlacementState.ENDED, started_on=None)
    counted = sought(commissioner)
    assert abandoned.state == PlacementState.ENDED
    assert outcomes(counted) == {
        "looking": (4, 4),
        "in_house": (1, 1),
        "not_needed": (1, 1),
        "no_match": (2, 2),
        "placed": (1, 1),
        "no_offer": (3, 3),
        "none_chosen": (1, 1),
    }


def test_searches_are_counted_by_what_is_needed_and_answers_by_reason(member):
    three = Needs(
        (Child(3, GIRL), Child(4, BOY), Child(9, ANY)),
        "siblings",
        "standard",
        wishes={"districts": (vacancies.SWALE, vacancies.THANET)},
    )
    matching.search(three)
    search = matching.search(Needs((Child(16, BOY),), "uasc", "complex"))
    matching.enquiry("cannot", search=search, cannot_reason=CannotReason.DISTANCE)
    matching.enquiry("cannot", search=search, cannot_reason=CannotReason.DISTANCE)
    matching.enquiry("lapsed", search=search)
    matching.enquiry("sent", search=search, answer_by=clock.now() - timedelta(minutes=1))
    matching.enquiry("lapsed", search=search, closed_early_at=clock.now())
    matching.enquiry("offered", search=search)
    counted = sought(accounts.person(Role.CONTRACT_MANAGER))
    monday = sufficiency.monday_of(clock.today()).isoformat()
    assert counted == {
        ("all", "", "looking"): (2, 4),
        ("week", monday, "looking"): (2, 4),
        ("type", "siblings", "looking"): (1, 3),
        ("type", "uasc", "looking"): (1, 1),
        ("category", "standard", "looking"): (1, 3),
        ("category", "complex", "looking"): (1, 1),
        ("district", vacancies.SWALE, "looking"): (1, 3),
        ("district", vacancies.THANET, "looking"): (1, 3),
        ("district", "", "looking"): (1, 1),
        ("age", "0_4", "looking"): (1, 2),
        ("age", "5_10", "looking"): (1, 1),
        ("age", "16_17", "looking"): (1, 1),
        ("answer", "distance", ""): (2, 0),
        ("answer", "lapsed", ""): (2, 0),
        ("answer", "closed_early", ""): (1, 0),
        ("answer", "offered", ""): (1, 0),
    }
    assert outcomes(sought(accounts.person(Role.AUDITOR), placement_type="uasc")) == {"looking": (1, 1)}
    acting_as(accounts.person(Role.AUDITOR))
    yesterday = clock.today() - timedelta(days=1)
    assert sufficiency.count_sought(yesterday - timedelta(days=30), yesterday) == []


def test_placement_officers_count_their_own_councils_searches_and_others_none(member):
    matching.search(council=Council.KENT)
    matching.search(council=Council.MEDWAY)
    matching.search(council=Council.MEDWAY)
    who = {
        "both": [accounts.person(role) for role in (Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.AUDITOR)],
        Council.KENT: [matching.officer(Council.KENT)],
        Council.MEDWAY: [matching.officer(Council.MEDWAY)],
        "none": [member.lead, accounts.person(Role.EVALUATOR), None],
    }
    expected = {"both": 3, Council.KENT: 1, Council.MEDWAY: 2, "none": 0}
    for kind, people in who.items():
        for person in people:
            assert sum(number for number, _ in outcomes(sought(person)).values()) == expected[kind], kind


def kept():
    rows = session.scalars(sa.select(WeeklyCount).order_by(WeeklyCount.week))
    return {
        (row.measure.value, row.dimension, row.code, row.freshness): (row.cases, row.places)
        for row in rows
        if row.dimension in ("all", "age")
    }


def test_a_week_is_counted_once_and_never_changed(member):
    day = clock.today()
    travel(timedelta(days=(2 - day.weekday()) % 7 + 7))  # a Wednesday
    member.household(free_places=1, age_from=16, confirmed_days_ago=9)
    matching.search(Needs((Child(3, GIRL), Child(4, BOY)), "siblings", "standard"))
    matching.search(council=Council.MEDWAY)
    with as_worker():
        assert keep_week() is True
    first = kept()
    assert first == {
        ("free", "all", "", "ageing"): (1, 1),
        ("free", "all", "", "fresh"): (0, 0),
        ("free", "age", "16_17", "ageing"): (1, 1),
    }
    member.household()
    with as_worker():
        assert keep_week() is False
    assert kept() == first
    travel(timedelta(days=7))
    with as_worker():
        assert keep_week() is True
    week = sufficiency.monday_of(clock.today())
    later = {
        (row.dimension, row.code): (row.cases, row.places)
        for row in session.scalars(
            sa.select(WeeklyCount).where(WeeklyCount.week == week, WeeklyCount.measure == "sought")
        )
    }
    assert later[("all", "")] == (2, 3)
    assert later[("age", "0_4")] == (1, 2)
    weeks = sufficiency.list_weeks(week - timedelta(days=21), clock.today())
    assert sorted(weeks) == [week - timedelta(days=7), week]
    assert weeks[week]["ageing"].cases == 1  # the one that was fresh a week ago
    assert weeks[week]["stale"].cases == 1
    may = sa.text("SELECT has_table_privilege(:role, 'weekly_count', :what)")
    for role, what in product(("portal_app", "portal_worker"), ("INSERT", "UPDATE", "DELETE", "TRUNCATE")):
        allowed = session.scalar(may, {"role": role, "what": what})
        assert allowed is ((role, what) == ("portal_worker", "INSERT")), (role, what)


def test_no_count_is_of_special_category():
    special = {column.key for column in sa.inspect(Vacancy).columns if column.info.get("special_category")}
    assert special == {"ethnicity", "religion", "smoking", "accessibility"}
    told = {column.key for column in sa.inspect(WeeklyCount).columns}
    assert told == {"week", "measure", "dimension", "code", "freshness", "cases", "places"}
    counting = session.scalar(
        sa.text(
            "SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE proname IN ('count_sought', 'sufficiency')"
        )
    )
    for name in (*special, "languages", "skills", "gender"):
        assert name not in sufficiency.FREE
        assert name not in counting
    assert set(sufficiency.Dimension) == {"all", "district", "type", "category", "age"}
