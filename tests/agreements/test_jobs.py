"""The jobs as the worker runs them, on a database of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.agreements import jobs
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.core import clock
from portal.core.db import session
from portal.notifications.models import Message
from tests.factories import accounts, agreements, frameworks
from tests.factories.applications import application

pytestmark = pytest.mark.commits


@pytest.fixture
def as_worker_role(committing: Any) -> Any:
    """The worker's connection, which row-level security lets through."""
    # A factory leaves its connection in the web's role: every transaction gets a connection of its own.
    engine = sa.create_engine(committing.url.set(username="postgres"), poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "connect", _become_worker)
    session.remove()
    session.configure(bind=engine)
    yield engine
    session.remove()
    engine.dispose()


def _become_worker(connection: Any, _: Any) -> None:
    connection.autocommit = True
    connection.execute("SET ROLE portal_worker")
    connection.autocommit = False


def test_offers_follow_the_conclusion_once(as_worker_role: Any) -> None:
    admitted = application("admitted", round_=frameworks.round_("concluded"))
    accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=admitted.organisation_id)
    round_id = str(admitted.round_id)
    for _ in range(2):
        jobs.offer_for_round(round_id)
    (made,) = session.scalars(sa.select(Agreement)).all()
    assert (made.state, made.application_id) == (AgreementState.OFFERED, admitted.id)
    templates = session.scalars(sa.select(Message.template)).all()
    assert templates.count("agreements/offered") == 1


def test_offers_lapse_on_schedule_once(as_worker_role: Any) -> None:
    past = agreements.agreement("offered", lapses_on=clock.today() - timedelta(days=1))
    standing = agreements.agreement("offered")
    ids = past.id, standing.id
    for _ in range(2):
        jobs.lapse_offers()
    states = [session.get_one(Agreement, agreement_id).state for agreement_id in ids]
    assert states == [AgreementState.LAPSED, AgreementState.OFFERED]
