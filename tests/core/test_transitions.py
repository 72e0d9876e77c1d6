"""The one place where a state changes: every way it refuses, and the one event it writes."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import audit, transitions
from portal.core.access import ALLOWED, denied
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import NotAllowed, Refused, Stale
from portal.core.transitions import Lifecycle, Transition
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState as S
from tests.factories import accounts, providers


def commissioners_only(person, thing):
    return ALLOWED if person.holds(Role.COMMISSIONER) else denied("Only a commissioner may verify.")


def has_papers(thing, facts):
    return ALLOWED if facts.get("papers") else denied("The papers are missing.")


VERIFY = Transition(
    "verify",
    "Verify",
    frozenset({S.REGISTERED}),
    S.VERIFIED,
    commissioners_only,
    "organisation.verified",
    (has_papers,),
)
REFUSE = Transition(
    "refuse", "Refuse", frozenset({S.REGISTERED}), S.REFUSED, commissioners_only, "organisation.refused"
)
LIFECYCLE = Lifecycle("organisation", (VERIFY, REFUSE))
PAPERS = {"papers": True}


@pytest.fixture
def officer():
    return accounts.person(Role.COMMISSIONER)


@pytest.fixture
def organisation():
    return providers.organisation(state=S.REGISTERED)


def events_on(thing):
    return session.scalars(sa.select(AuditEvent).where(AuditEvent.subject_id == thing.id)).all()


def state_in_database(thing):
    return session.execute(sa.select(Organisation.state).where(Organisation.id == thing.id)).scalar_one()


def test_a_transition_assigns_the_state_and_writes_exactly_one_event(organisation, officer):
    transitions.apply(
        LIFECYCLE, "verify", organisation, by=officer, facts=PAPERS, details={"register": "2025"}
    )
    session.commit()
    (event,) = events_on(organisation)
    assert state_in_database(organisation) == S.VERIFIED
    assert (event.verb, event.actor_id, event.subject_type) == (
        "organisation.verified",
        officer.id,
        "organisation",
    )
    assert event.details == {"from": "registered", "to": "verified", "register": "2025"}


@pytest.mark.parametrize("state", sorted(set(S) - {S.REGISTERED}))
def test_any_other_state_is_refused_in_plain_words(officer, state):
    organisation = providers.organisation(state=state)
    with pytest.raises(Refused, match=f"“Verify” cannot be done: this organisation is {state.label.lower()}"):
        transitions.apply(LIFECYCLE, "verify", organisation, by=officer, facts=PAPERS)
    session.commit()
    assert state_in_database(organisation) == state
    assert events_on(organisation) == []


def test_the_third_net_asks_the_policy_again(organisation):
    stranger = accounts.person(Role.EVALUATOR)
    with pytest.raises(NotAllowed, match="Only a commissioner may verify"):
        transitions.apply(LIFECYCLE, "verify", organisation, by=stranger, facts=PAPERS)
    session.commit()
    assert events_on(organisation) == []


def test_a_guard_refuses_with_its_reason(organisation, officer):
    with pytest.raises(Refused, match="The papers are missing"):
        transitions.apply(LIFECYCLE, "verify", organisation, by=officer)
    session.commit()
    assert events_on(organisation) == []


def test_a_stale_version_is_told_and_nothing_is_overwritten(organisation, officer):
    seen = organisation.version
    organisation.telephone = "01632 960002"
    session.commit()
    with pytest.raises(Stale, match="Someone changed this"):
        transitions.apply(LIFECYCLE, "verify", organisation, by=officer, seen_version=seen, facts=PAPERS)
    transitions.apply(LIFECYCLE, "verify", organisation, by=officer, seen_version=seen + 1, facts=PAPERS)


def test_the_clock_acts_without_a_policy(organisation):
    transitions.apply(LIFECYCLE, "refuse", organisation, by=None)
    session.commit()
    assert events_on(organisation)[0].actor_id is None


def test_a_sealed_lifecycle_seals_its_events(organisation, officer):
    round_id = uuid.uuid4()
    sealed = Lifecycle("organisation", (REFUSE,), sealed=lambda thing: round_id)
    transitions.apply(sealed, "refuse", organisation, by=officer)
    assert [event.sealed_round_id for event in session.info["events"]] == [round_id]


def test_an_unknown_transition_is_a_programming_error(organisation, officer):
    with pytest.raises(StopIteration):
        transitions.apply(LIFECYCLE, "bless", organisation, by=officer)


def test_the_buttons_are_those_whose_state_and_policy_fit(organisation, officer):
    assert LIFECYCLE.available(officer, organisation) == [VERIFY, REFUSE]
    assert LIFECYCLE.available(accounts.person(Role.EVALUATOR), organisation) == []
    assert LIFECYCLE.available(officer, providers.organisation(state=S.VERIFIED)) == []


@pytest.mark.commits
def test_the_state_is_read_afresh_under_the_lock(committing):
    officer = accounts.person(Role.COMMISSIONER)
    organisation = providers.organisation(state=S.REGISTERED)
    session.expunge_all()
    stale = session.get(Organisation, organisation.id)
    with committing.connect() as rival:
        rival.execute(sa.text("UPDATE organisation SET state = 'refused', version = version + 1"))
        rival.commit()
    with pytest.raises(Refused, match="not verified"):
        transitions.apply(LIFECYCLE, "verify", stale, by=officer, facts=PAPERS)


def test_events_know_nothing_but_ids_and_states(organisation, officer):
    transitions.apply(LIFECYCLE, "verify", organisation, by=officer, facts=PAPERS)
    session.commit()
    (event,) = events_on(organisation)
    assert officer.full_name not in str(event.details)
    assert audit.verify().first_broken is None
