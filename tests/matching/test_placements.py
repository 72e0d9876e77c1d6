"""A placement's life: moving in, ending as planned or not, never beginning; and who keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core import clock, transitions
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from portal.matching import queries, services
from portal.matching.models import Placement
from portal.matching.states import Ending, EndReason, PlacementState, SearchOutcome
from portal.matching.workflow import PLACEMENT
from portal.notifications.models import Message
from tests.factories import accounts, matching, providers
from tests.support.acting import acting_as, as_worker

P = PlacementState


@pytest.fixture
def officer() -> Any:
    made = matching.officer()
    session.commit()
    return made


def test_a_child_moves_in_on_a_day_that_has_come(officer: Any) -> None:
    placement = matching.placement(P.AGREED)
    acting_as(officer)
    today = clock.today()
    with pytest.raises(Refused, match="still to come"):
        services.start_placement(placement, started_on=today + timedelta(days=1), by=officer)
    with pytest.raises(Stale):
        services.start_placement(placement, started_on=today, by=officer, seen_version=7)
    services.start_placement(placement, started_on=today, by=officer)
    assert (placement.state, placement.started_on) == (P.LIVE, today)


def test_an_ending_says_how_and_why_and_tells_the_provider(officer: Any) -> None:
    placement = matching.placement(P.LIVE)
    lead = accounts.person(Role.PLACEMENTS_LEAD, organisation=placement.organisation)
    acting_as(officer)
    today = clock.today()
    how = {"ended_on": today, "by": officer}
    with pytest.raises(Invalid, match="Say what happened"):
        services.end_placement(placement, ending=Ending.UNPLANNED, reason=EndReason.CARERS, **how)
    with pytest.raises(Invalid, match="had moved in"):
        services.end_placement(placement, ending=Ending.PLANNED, reason=EndReason.NEVER_BEGAN, **how)
    with pytest.raises(Refused, match="before it began"):
        services.end_placement(
            placement,
            ended_on=today - timedelta(days=30),
            ending=Ending.PLANNED,
            reason=EndReason.HOME,
            by=officer,
        )
    services.end_placement(
        placement, ending=Ending.UNPLANNED, reason=EndReason.CARERS, words="The carers fell ill.", **how
    )
    assert (placement.state, placement.ended_on, placement.ending) == (P.ENDED, today, Ending.UNPLANNED)
    session.commit()
    with as_worker():
        assert session.scalars(sa.select(Message.recipient)).all() == [lead.email]


def test_a_child_who_never_moved_in_is_looked_for_again(officer: Any) -> None:
    search = matching.closed_search(SearchOutcome.PLACED)
    placement = matching.placement(P.AGREED, enquiry=matching.enquiry("chosen", search=search))
    acting_as(officer)
    with pytest.raises(Invalid, match="never moved in"):
        services.abandon_placement(placement, words=" ", by=officer)
    services.abandon_placement(placement, words="The family took the child in.", by=officer)
    assert (placement.state, placement.ending, placement.end_reason) == (
        P.ENDED,
        Ending.UNPLANNED,
        EndReason.NEVER_BEGAN,
    )
    assert (search.closed_at, queries.list_children_placed(search)) == (None, {})


MAY = {"start": {P.AGREED}, "end": {P.LIVE}, "abandon": {P.AGREED}}


@pytest.mark.parametrize("who", ["Kent", "Medway", *sorted(set(Role) - {Role.PLACEMENT_OFFICER})])
def test_each_transition_by_each_role_from_each_state(who: str) -> None:
    organisation = providers.organisation()
    if who in ("Kent", "Medway"):
        person = matching.officer(Council.KENT if who == "Kent" else Council.MEDWAY)
    else:
        person = accounts.person(Role(who), organisation=organisation)
    today = clock.today()
    facts = {"started_on": today, "ended_on": today, "today": today}
    for state in PlacementState:
        placement = matching.placement(state, organisation=organisation)
        for name, states in MAY.items():
            with as_worker():
                savepoint = session.begin_nested()
                if who == "Kent" and state in states:
                    transitions.apply(PLACEMENT, name, placement, by=person, facts=facts)
                else:
                    with pytest.raises(Refused if state not in states else NotAllowed):
                        transitions.apply(PLACEMENT, name, placement, by=person, facts=facts)
                savepoint.rollback()
                session.expire(placement)


@pytest.mark.parametrize(
    ("role", "council", "found"),
    [
        (Role.PLACEMENT_OFFICER, Council.KENT, True),
        (Role.PLACEMENT_OFFICER, Council.MEDWAY, False),
        (Role.FINANCE_OFFICER, Council.KENT, True),
        (Role.FINANCE_OFFICER, Council.MEDWAY, False),
        (Role.AUDITOR, Council.MEDWAY, True),
        (Role.EVALUATOR, Council.KENT, False),
    ],
)
def test_a_council_knows_of_its_own_placements_alone(role: Role, council: Council, found: bool) -> None:
    placement_id = matching.placement().id
    person = accounts.person(role, council=council)
    with as_worker():  # as though row-level security were not there
        assert [one.id for one in queries.list_placements(person)] == ([placement_id] if found else [])
        if not found:
            with pytest.raises(NotFound):
                queries.get_placement(person, placement_id)


@pytest.mark.parametrize("column", ["weekly_fee", "price_version_id", "organisation_id", "council"])
def test_what_was_agreed_never_changes(column: str) -> None:
    placement, other = matching.placement(), matching.placement(council=Council.MEDWAY)
    values = {
        "weekly_fee": 1,
        "price_version_id": other.price_version_id,
        "organisation_id": other.organisation_id,
        "council": Council.MEDWAY,
    }
    with as_worker(), pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(
            sa.update(Placement).where(Placement.id == placement.id).values({column: values[column]})
        )
