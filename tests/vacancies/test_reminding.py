"""Each Monday whoever keeps vacancies is told which households wait, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.notifications.models import Notification
from portal.providers.states import OrganisationState
from portal.vacancies import queries, services
from tests.factories import accounts, providers, vacancies
from tests.support.acting import as_worker, travel


def to_monday() -> None:
    travel(timedelta(days=(7 - clock.today().weekday()) % 7))


def remind() -> list[bool]:
    with as_worker():
        told = [services.remind_to_confirm(person) for person in queries.list_leads_to_remind()]
        session.commit()
    return told


def notifications() -> list[Notification]:
    with as_worker():
        return list(session.scalars(sa.select(Notification)))


def test_a_lead_is_told_once_a_week_which_households_wait(outbox: Any) -> None:
    to_monday()
    organisation = providers.organisation()
    lead = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    accounts.person(Role.FINANCE_LEAD, organisation=organisation)
    for reference, days, state in (("B-2", 8, "held"), ("A-1", 20, "available"), ("C-3", 20, "filled")):
        vacancies.vacancy(
            state, organisation=organisation, carer_reference=reference, confirmed_days_ago=days
        )
    fresh = vacancies.vacancy(organisation=organisation, carer_reference="D-4", confirmed_days_ago=6)
    assert remind() == [True]
    assert remind() == [False]
    (told,) = notifications()
    assert (told.person_id, told.title) == (lead.id, "2 households are to be confirmed this week")
    assert "A-1, B-2\n" in told.body
    assert fresh.carer_reference not in told.body
    travel(timedelta(days=1))
    assert remind() == [False]
    travel(timedelta(days=6))
    assert remind() == [True]
    assert len(notifications()) == 2


def test_nobody_is_told_of_what_they_cannot_confirm_or_when_nothing_waits() -> None:
    to_monday()
    waiting = providers.organisation(state=OrganisationState.REGISTERED)
    accounts.person(Role.PLACEMENTS_LEAD, organisation=waiting)
    vacancies.vacancy(organisation=waiting, confirmed_days_ago=20)
    done = providers.organisation()
    accounts.person(Role.PLACEMENTS_LEAD, organisation=done)
    vacancies.vacancy(organisation=done)
    assert remind() == []


def test_a_long_list_names_forty_and_counts_the_rest() -> None:
    to_monday()
    organisation = providers.organisation()
    accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    for number in range(42):
        vacancies.vacancy(organisation=organisation, carer_reference=f"L-{number:02}", confirmed_days_ago=9)
    assert remind() == [True]
    (told,) = notifications()
    assert "L-39 and 2 more" in told.body
    assert "L-40" not in told.body
