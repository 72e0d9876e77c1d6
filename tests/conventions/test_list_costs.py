"""Every list page costs the same number of statements for one row as for many.

To `LISTS` belongs each page that lists things: whoever adds one adds a line, with the maker of its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from portal.accounts.states import Role
from portal.applications.models import AccessRegister
from portal.core import audit
from portal.core.db import session
from portal.frameworks import queries
from portal.providers.queries import list_people
from portal.providers.states import OrganisationState
from tests.factories import (
    accounts,
    agreements,
    applications,
    clarifications,
    decisions,
    frameworks,
    keys,
    matching,
    notifications,
    providers,
    vacancies,
)
from tests.support.acting import acting_as, save

R = Role
FEW, MANY = 2, 5
MOST_STATEMENTS = 12


@dataclass(frozen=True)
class List:
    """A list page: its path, who looks, and what makes one more row for a given organisation."""

    path: str
    role: Role
    make: Callable[[Any], object]


def _event(organisation):
    audit.record("organisation.counted", organisation, by=None)
    session.commit()


def _colleague(organisation):
    accounts.person(R.BID_WRITER, organisation=organisation)


def _keyed(organisation):
    keys.Machine(organisation=organisation)


def _told(organisation):
    for colleague in list_people(organisation):
        notifications.notification(colleague)


def _sent(organisation):
    vacancies.import_(organisation, accounts.person(R.PLACEMENTS_LEAD, organisation=organisation))


def _searched(_):
    vacancies.districts()  # the lists that the page's words come from are read anew each time
    matching.search()


LISTS = [
    List("/audit-log", R.AUDITOR, _event),
    List("/rounds", R.COMMISSIONER, lambda organisation: frameworks.round_(questions=False)),
    List("/framework/rounds", R.COMMISSIONER, lambda organisation: frameworks.round_(questions=False)),
    List("/organisations", R.COMMISSIONER, lambda organisation: providers.organisation()),
    List(
        "/organisations?state=registered",
        R.COMMISSIONER,
        lambda organisation: providers.organisation(state=OrganisationState.REGISTERED),
    ),
    List("/agreements", R.CONTRACT_MANAGER, lambda organisation: agreements.agreement()),
    List(
        "/agreements",
        R.PROVIDER_ADMINISTRATOR,
        lambda organisation: agreements.agreement(organisation=organisation),
    ),
    List("/members", R.COMMISSIONER, lambda organisation: agreements.agreement()),
    List("/prices", R.FINANCE_OFFICER, lambda organisation: agreements.agreement()),
    List("/price-reviews", R.CONTRACT_MANAGER, lambda organisation: agreements.price_review()),
    List(
        "/applications",
        R.BID_WRITER,
        lambda organisation: applications.application(
            round_=frameworks.round_(questions=False), organisation=organisation, answered=False
        ),
    ),
    List(
        "/organisations/{organisation}/vacancies",
        R.PLACEMENTS_LEAD,
        lambda organisation: vacancies.vacancy(organisation=organisation),
    ),
    List("/organisations/{organisation}/vacancies/imports", R.PLACEMENTS_LEAD, _sent),
    List("/organisations/{organisation}/people", R.PROVIDER_ADMINISTRATOR, _colleague),
    List("/organisations/{organisation}/keys", R.PROVIDER_ADMINISTRATOR, _keyed),
    List("/decisions", R.APPROVER, lambda organisation: decisions.recommended()),
    List("/decision-records", R.APPROVER, lambda organisation: decisions.published()),
    List(
        "/agreements/countersign",
        R.COMMISSIONER,
        lambda organisation: agreements.agreement("signed"),
    ),
    List("/searches", R.PLACEMENT_OFFICER, _searched),
    List("/enquiries", R.PLACEMENTS_LEAD, lambda organisation: matching.enquiry(organisation=organisation)),
    List("/placements", R.PLACEMENT_OFFICER, lambda organisation: matching.placement()),
    List("/placements", R.FINANCE_LEAD, lambda organisation: matching.placement(organisation=organisation)),
    List("/framework/sufficiency", R.CONTRACT_MANAGER, _searched),
    List("/notifications", R.BID_WRITER, _told),
    List("/undelivered-mail", R.COMMISSIONER, lambda organisation: notifications.message(state="failed")),
    List("/council-accounts", R.SYSTEM_ADMINISTRATOR, lambda organisation: accounts.person(R.EVALUATOR)),
]


@pytest.mark.parametrize("page", [pytest.param(page, id=f"{page.path} as {page.role}") for page in LISTS])
def test_a_list_costs_the_same_for_few_as_for_many(client, count_queries, page):
    organisation = providers.organisation()
    person = accounts.person(page.role, organisation=organisation)
    costs = []
    for rows in (FEW, MANY - FEW):
        for _ in range(rows):
            page.make(organisation)
        costs.append(_cost(client, count_queries, person, page.path.format(organisation=organisation.id)))
    assert costs[0] == costs[1] <= MOST_STATEMENTS


def _received(round_):
    applications.application("submitted", round_=round_)


def _read_once(round_):
    made = applications.application("submitted", round_=round_)
    save(AccessRegister(application_id=made.id, person_id=accounts.person(R.AUDITOR).id, what="submission 1"))


def _asked(round_):
    clarifications.clarification(round_=round_)


def _published(round_):
    clarifications.note(round_=round_, number=queries.last_note_number(round_) + 1)


# Pages that list things of one round; the maker gets the round.
LISTS_OF_A_ROUND = [
    List("/rounds/{round}/applications", R.COMMISSIONER, _received),
    List("/rounds/{round}/access-register", R.COMMISSIONER, _read_once),
    List("/access-register", R.AUDITOR, _read_once),
    List("/rounds/{round}/clarifications", R.COMMISSIONER, _asked),
    List("/framework/rounds/{round}/clarifications", R.COMMISSIONER, _published),
]


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=f"{page.path} as {page.role}") for page in LISTS_OF_A_ROUND]
)
def test_a_list_of_a_round_costs_the_same_for_few_as_for_many(client, count_queries, page):
    # Questions are asked while a round is published, applications read once it is opened.
    state = "published" if "clarifications" in page.path else "opened"
    round_, person = frameworks.round_(state, questions=False), accounts.person(page.role)
    costs = []
    for rows in (FEW, MANY - FEW):
        for _ in range(rows):
            page.make(round_)
        costs.append(_cost(client, count_queries, person, page.path.format(round=round_.id)))
    assert costs[0] == costs[1] <= MOST_STATEMENTS


def test_a_providers_own_questions_cost_the_same_for_few_as_for_many(client, count_queries):
    organisation, round_ = providers.organisation(), frameworks.round_(questions=False)
    writer = accounts.person(R.BID_WRITER, organisation=organisation)
    costs = []
    for rows in (FEW, MANY - FEW):
        for _ in range(rows):
            clarifications.clarification(round_=round_, organisation=organisation, by=writer)
        costs.append(_cost(client, count_queries, writer, f"/framework/rounds/{round_.id}/your-questions"))
    assert costs[0] == costs[1] <= MOST_STATEMENTS


def _cost(client, count_queries, person, path):
    client.sign_in(person)
    acting_as(None)
    session.expunge_all()
    with count_queries() as counted:
        assert client.get(path).status_code == 200
    return counted.number
