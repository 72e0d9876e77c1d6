"""The start page: what waits for each kind of person, and that every door on it opens."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from portal.accounts.states import Council, Role
from portal.core.db import session
from portal.frameworks.states import RoundState
from portal.providers.states import OrganisationState
from tests.factories import accounts, agreements, applications, frameworks, providers, vacancies
from tests.support.acting import acting_as, save

R = Role
MOST_STATEMENTS = 12


class Doors(HTMLParser):
    """The addresses of the menu and of the cards."""

    def __init__(self):
        super().__init__()
        self.hrefs = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        classes = given.get("class", "")
        if tag == "a" and ("service-navigation__link" in classes or "app-card__link" in classes):
            self.hrefs.append(given["href"])


def doors(page):
    parser = Doors()
    parser.feed(page.text)
    return parser.hrefs


def start(client, person):
    client.sign_in(person)
    answer = client.get("/start")
    assert answer.status_code == 200
    return answer


def open_every_door(client, page):
    for href in doors(page):
        assert client.get(href, follow_redirects=True).status_code == 200, href


@pytest.fixture
def organisation():
    return providers.organisation(trading_name="Larkspur Fostering", town="Faversham")


@pytest.fixture
def administrator(organisation):
    return accounts.person(R.PROVIDER_ADMINISTRATOR, organisation=organisation)


@pytest.fixture
def writer(organisation):
    return accounts.person(R.BID_WRITER, organisation=organisation)


@pytest.fixture
def commissioner():
    return accounts.person(R.COMMISSIONER)


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get("/start").status_code == 303


def test_somebody_without_an_agency_is_led_to_the_register(client):
    page = start(client, accounts.person())
    assert "Find your agency" in page.text
    open_every_door(client, page)


def test_a_provider_is_told_where_its_registration_stands(client, writer, organisation):
    organisation.state = OrganisationState.REGISTERED
    save(organisation)
    assert "Awaiting verification" in start(client, writer).text


def test_a_refused_provider_reads_why(client, writer, organisation):
    organisation.state = OrganisationState.REFUSED
    organisation.decision_reason = "The URN belongs to another agency."
    save(organisation)
    assert "The URN belongs to another agency." in start(client, writer).text


def test_a_provider_with_nothing_to_do_is_told_so(client, writer):
    assert "Nothing needs doing now" in start(client, writer).text


def test_an_open_round_can_be_started(client, writer):
    round_ = frameworks.round_(title="Spring re-opening")
    page = start(client, writer)
    assert "Start your application: Spring re-opening" in page.text
    assert f"/rounds/{round_.id}/apply" in page.text
    open_every_door(client, page)


def test_a_draft_says_how_much_is_missing(client, writer, organisation):
    round_ = frameworks.round_(title="Spring re-opening")
    applications.application("draft", round_=round_, organisation=organisation, answered=False)
    page = start(client, writer)
    assert "Continue your application: Spring re-opening" in page.text
    assert "Questions not answered yet" in page.text
    open_every_door(client, page)


def test_a_complete_draft_is_ready_to_submit(client, writer, organisation):
    round_ = frameworks.round_()
    applications.application("draft", round_=round_, organisation=organisation, answered=True)
    assert "Every question is answered" in start(client, writer).text


def test_a_submitted_application_shows_its_receipt(client, writer, organisation):
    made = applications.application("submitted", round_=frameworks.round_(), organisation=organisation)
    page = start(client, writer)
    assert f"Reference {made.reference}" in page.text
    open_every_door(client, page)


def test_after_the_deadline_an_application_is_with_the_councils(client, writer, organisation):
    round_ = frameworks.closed_round(title="Spring re-opening")
    made = applications.application("submitted", round_=round_, organisation=organisation)
    page = start(client, writer)
    assert "With the councils: Spring re-opening" in page.text
    assert made.reference in page.text
    open_every_door(client, page)


def test_a_draft_that_was_not_submitted_can_still_be_read(client, writer, organisation):
    round_ = frameworks.closed_round(title="Spring re-opening")
    applications.application("draft", round_=round_, organisation=organisation)
    page = start(client, writer)
    assert "Not submitted: Spring re-opening" in page.text
    open_every_door(client, page)


def test_what_waits_for_one_comes_before_what_waits_for_others(client, commissioner):
    frameworks.round_(title="Open one")
    frameworks.closed_round(title="Closed one")
    text = start(client, commissioner).text
    assert text.index("Ask for opening: Closed one") < text.index("Accepting applications: Open one")


def test_nobody_sees_what_another_agency_does(client, writer):
    applications.application("submitted", round_=frameworks.round_(title="Spring re-opening"))
    page = start(client, writer)
    assert "Start your application: Spring re-opening" in page.text
    assert "Reference" not in page.text


def test_an_offered_agreement_waits_for_the_administrator_alone(client, administrator, writer, organisation):
    agreements.agreement("offered", organisation=organisation)
    page = start(client, administrator)
    assert "Sign your framework agreement" in page.text
    open_every_door(client, page)
    assert "Sign your framework agreement" not in start(client, writer).text


def test_a_request_to_join_waits_for_the_administrator(client, administrator, organisation):
    providers.join_request(organisation, accounts.person())
    page = start(client, administrator)
    assert "Answer requests to join" in page.text
    open_every_door(client, page)


def test_vacancies_to_confirm_wait_for_the_placements_lead(client, writer, organisation):
    vacancies.vacancy(organisation=organisation, confirmed_days_ago=9)
    vacancies.vacancy(organisation=organisation)
    lead = accounts.person(R.PLACEMENTS_LEAD, organisation=organisation)
    page = start(client, lead)
    assert "Confirm your vacancies" in page.text
    assert '<p class="app-card__count">1</p>' in page.text
    open_every_door(client, page)
    assert "Confirm your vacancies" not in start(client, writer).text


def test_the_page_says_for_whom_one_acts(client, writer, commissioner, organisation):
    assert "Larkspur Fostering" in start(client, writer).text
    assert "Kent County Council</span>" in start(client, commissioner).text
    twice = accounts.person(R.BID_WRITER, organisation=organisation)
    twice.grants.append(accounts._grant(R.BID_WRITER, providers.organisation(), None))
    save(twice)
    assert "2 agencies" in start(client, twice).text


@pytest.mark.parametrize("state", sorted(set(RoundState) - {RoundState.CONCLUDED, RoundState.CANCELLED}))
def test_a_round_in_any_state_has_a_next_step_for_the_commissioner(client, commissioner, state):
    frameworks.round_(state, title="Spring re-opening")
    page = start(client, commissioner)
    assert ": Spring re-opening" in page.text
    open_every_door(client, page)


@pytest.mark.parametrize("state", [RoundState.CONCLUDED, RoundState.CANCELLED])
def test_an_ended_round_asks_for_nothing(client, commissioner, state):
    frameworks.round_(state, title="Spring re-opening")
    assert "Spring re-opening" not in start(client, commissioner).text


def test_rule_01_before_opening_the_commissioner_sees_a_count_and_no_name(client, commissioner, organisation):
    round_ = frameworks.closed_round(title="Spring re-opening")
    applications.application("submitted", round_=round_, organisation=organisation)
    page = start(client, commissioner)
    assert '<p class="app-card__count">1</p>' in page.text
    assert "Larkspur" not in page.text


def test_the_second_officer_is_asked_to_confirm_the_opening(client, commissioner):
    round_ = frameworks.closed_round()
    round_.open_requested_by_id = accounts.person(R.COMMISSIONER).id
    save(round_)
    assert "Confirm the opening" in start(client, commissioner).text
    round_.open_requested_by_id = commissioner.id
    save(round_)
    assert "Asked to open" in start(client, commissioner).text


def test_registrations_wait_for_the_commissioner(client, commissioner):
    providers.organisation(state=OrganisationState.REGISTERED)
    page = start(client, commissioner)
    assert "Verify providers" in page.text
    open_every_door(client, page)


def test_a_signed_agreement_waits_to_be_countersigned(client, commissioner):
    made = agreements.agreement("signed")
    page = start(client, commissioner)
    assert f"Countersign: {made.organisation.name}" in page.text
    open_every_door(client, page)


def test_placement_officers_see_how_fresh_vacancies_are(client):
    vacancies.vacancy()
    vacancies.vacancy(confirmed_days_ago=9)
    vacancies.vacancy(confirmed_days_ago=20)
    page = start(client, accounts.person(R.PLACEMENT_OFFICER, council=Council.MEDWAY))
    for label in ("Fresh", "Ageing", "Stale"):
        assert label in page.text
    assert page.text.count('<dd class="app-stat__value">1</dd>') == 3


@pytest.mark.parametrize("role", sorted(R))
def test_every_role_has_a_start_page_whose_doors_open(client, role, organisation):
    person = accounts.person(role, organisation=organisation)
    page = start(client, person)
    assert len(doors(page)) >= 1
    open_every_door(client, page)


def test_several_roles_are_several_parts(client):
    page = start(client, accounts.person(R.COMMISSIONER, R.PLACEMENT_OFFICER, R.AUDITOR))
    for title in ("Commissioning", "Placements", "Audit"):
        assert f">{title}</h2>" in page.text


def test_the_menu_marks_where_one_is(client):
    client.sign_in(accounts.person(R.AUDITOR))
    text = client.get("/audit-log").text
    assert 'href="/audit-log" aria-current="true"' in text
    assert 'href="/start" aria-current="true"' not in text


def many_for_provider(organisation, count):
    for _ in range(count):
        round_ = frameworks.round_()
        applications.application("draft", round_=round_, organisation=organisation, answered=False)
        agreements.agreement("offered", organisation=organisation)
        vacancies.vacancy(organisation=organisation, confirmed_days_ago=9)
        providers.join_request(organisation, accounts.person())


@pytest.mark.parametrize("role", [R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD])
def test_a_providers_page_costs_the_same_for_one_row_as_for_three(client, count_queries, role):
    costs = []
    for rows in (1, 3):
        organisation = providers.organisation()
        many_for_provider(organisation, rows)
        person = accounts.person(role, organisation=organisation)
        costs.append(cost(client, count_queries, person))
    assert costs[0] == costs[1] <= MOST_STATEMENTS


def test_a_commissioners_page_costs_the_same_for_one_round_as_for_three(client, count_queries):
    costs = []
    for _ in range(2):
        for state in (RoundState.PUBLISHED, RoundState.OPENED, RoundState.EVALUATING):
            frameworks.round_(state, questions=False)
        agreements.agreement("signed")
        providers.organisation(state=OrganisationState.REGISTERED)
        costs.append(cost(client, count_queries, accounts.person(R.COMMISSIONER)))
    assert costs[0] == costs[1] <= MOST_STATEMENTS


def cost(client, count_queries, person):
    client.sign_in(person)
    client.get("/start")  # reads what the process keeps from then on
    acting_as(None)
    session.expunge_all()
    with count_queries() as counted:
        assert client.get("/start").status_code == 200
    return counted.number
