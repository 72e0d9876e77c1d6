"""Searches on record, whom the call-off order asks about them, and what was answered.

The published order: the council's own carers first, then every suitable framework provider at once, spot
providers last and with a reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement
from portal.agreements.queries import find_framework_on, in_force_on
from portal.agreements.states import AgreementState
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound, Refused
from portal.frameworks.models import Framework
from portal.matching.models import CallOff, Enquiry, InHouseAnswer, Placement, Search
from portal.matching.needs import Needs
from portal.matching.queries.finding import fits_by_organisation
from portal.matching.queries.scope import councils_of
from portal.matching.states import EnquiryState, PlacementState, Tier
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState, Standing

MOST_PROVIDERS = 400
NOT_ON_THE_SPOT = (AgreementState.ACTIVE, AgreementState.SUSPENDED, AgreementState.ENDED)


@dataclass(frozen=True)
class Candidate:
    """A provider that could be asked, and how many of its households fit.

    `is_waiting`: it was asked, and its answer is awaited or stands. `was_asked`: it has had its say.
    """

    organisation: Organisation
    households: int
    is_waiting: bool
    was_asked: bool

    @property
    def is_suitable(self) -> bool:
        return self.households > 0


def search_visible_to(person: Person) -> sa.ColumnElement[bool]:
    """The searches of the councils this person is a placement officer of; an auditor's are all."""
    return Search.council.in_(councils_of(person, Role.PLACEMENT_OFFICER))


def _by(who: Any) -> Any:
    """Whoever did it, in the same statement: a name to show, without the roles they hold."""
    return joinedload(who).lazyload(Person.grants)


def get_search(person: Person, search_id: uuid.UUID) -> Search:
    """A search of this person's own council; the other council's is not found."""
    found = session.scalars(
        sa.select(Search)
        .options(_by(Search.saved_by))
        .where(Search.id == search_id, search_visible_to(person))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def find_search(person: Person, search_id: uuid.UUID) -> Search | None:
    """The same, or None for whoever may not see it."""
    return session.scalars(
        sa.select(Search).where(Search.id == search_id, search_visible_to(person))
    ).one_or_none()


def list_searches(
    person: Person, *, is_open: bool = True, limit: int = 25, offset: int = 0
) -> Sequence[sa.Row[Search, int, int, int]]:
    """Searches, newest first, each with how many providers were asked, still wait and have offered."""

    def counted(*states: EnquiryState) -> sa.ScalarSelect[int]:
        statement = sa.select(sa.func.count()).where(Enquiry.search_id == Search.id)
        if states:
            statement = statement.where(Enquiry.state.in_(states))
        return statement.correlate(Search).scalar_subquery()

    return session.execute(
        sa.select(Search, counted(), counted(EnquiryState.SENT), counted(EnquiryState.OFFERED))
        .options(_by(Search.saved_by))
        .where(
            search_visible_to(person),
            Search.closed_at.is_(None) if is_open else Search.closed_at.is_not(None),
        )
        .order_by(Search.created_at.desc(), Search.id)
        .limit(limit)
        .offset(offset)
    ).all()


def find_in_house(search: Search) -> InHouseAnswer | None:
    """What the council's own fostering service answered last, or None before it was asked."""
    return session.scalars(
        sa.select(InHouseAnswer)
        .options(_by(InHouseAnswer.recorded_by))
        .where(InHouseAnswer.search_id == search.id)
        .order_by(InHouseAnswer.recorded_at.desc(), InHouseAnswer.id.desc())
        .limit(1)
    ).one_or_none()


def list_call_offs(search: Search) -> Sequence[CallOff]:
    """Every sending of enquiries, oldest first."""
    return session.scalars(
        sa.select(CallOff)
        .options(_by(CallOff.sent_by))
        .where(CallOff.search_id == search.id)
        .order_by(CallOff.sent_at, CallOff.id)
    ).all()


def list_enquiries_of(search: Search) -> Sequence[Enquiry]:
    """A search's enquiries: offers first, then those that wait, then the rest; by provider."""
    order = sa.case(
        {state.value: place for place, state in enumerate(_ANSWERS_FIRST)}, value=Enquiry.state, else_=9
    )
    name = sa.func.coalesce(Organisation.trading_name, Organisation.legal_name)
    return session.scalars(
        sa.select(Enquiry)
        .join(Enquiry.organisation)
        .options(joinedload(Enquiry.vacancy))
        .where(Enquiry.search_id == search.id)
        .order_by(order, name, Enquiry.sent_at)
    ).all()


_ANSWERS_FIRST = (
    EnquiryState.CHOSEN,
    EnquiryState.OFFERED,
    EnquiryState.SENT,
    EnquiryState.CANNOT,
    EnquiryState.NOT_CHOSEN,
    EnquiryState.LAPSED,
)


def list_children_placed(search: Search) -> dict[int, Placement]:
    """The placements that stand, by the number of the child in the search."""
    found = session.scalars(
        sa.select(Placement).where(Placement.search_id == search.id, Placement.state != PlacementState.ENDED)
    )
    return {placement.child_number: placement for placement in found}


def list_active(needs: Needs, search: Search | None = None) -> list[Candidate]:
    """Every provider whose agreement is in force today, those with households that fit first."""
    framework = find_framework_on(clock.today())
    if framework is None:
        return []
    active = (
        sa.select(Organisation)
        .join(Agreement, Agreement.organisation_id == Organisation.id)
        .where(Agreement.framework_id == framework.id, in_force_on(clock.today()))
    )
    return _candidates(active, fits_by_organisation(needs), search)


def list_spot(search: Search | None = None) -> list[Candidate]:
    """Verified spot providers outside the framework; never one that is suspended from it or has left it."""
    bound = sa.exists().where(
        Agreement.organisation_id == Organisation.id, Agreement.state.in_(NOT_ON_THE_SPOT)
    )
    spot = sa.select(Organisation).where(
        Organisation.state == OrganisationState.VERIFIED,
        Organisation.standing == Standing.SPOT_PROVIDER,
        ~bound,
    )
    return _candidates(spot, {}, search)


def _candidates(
    statement: sa.Select[Organisation], fitting: dict[uuid.UUID, int], search: Search | None
) -> list[Candidate]:
    name = sa.func.coalesce(Organisation.trading_name, Organisation.legal_name)
    found = session.scalars(
        statement.order_by(name, Organisation.town, Organisation.id).limit(MOST_PROVIDERS)
    )
    asked = {} if search is None else _asked(search)
    candidates = [
        Candidate(one, fitting.get(one.id, 0), asked.get(one.id, False), one.id in asked) for one in found
    ]
    return sorted(candidates, key=lambda one: not one.is_suitable)


def _asked(search: Search) -> dict[uuid.UUID, bool]:
    """The providers asked about this search, each with whether an answer is awaited or an offer stands."""
    rows = session.execute(
        sa.select(
            Enquiry.organisation_id,
            sa.func.bool_or(Enquiry.state.in_((EnquiryState.SENT, EnquiryState.OFFERED))),
        )
        .where(Enquiry.search_id == search.id)
        .group_by(Enquiry.organisation_id)
    )
    return {row[0]: row[1] for row in rows}


def may_place_with(enquiry: Enquiry) -> bool:
    """May a placement be made with this provider today: in force for the framework, not suspended for the spot?"""
    if enquiry.tier == Tier.SPOT:
        barred = sa.exists().where(
            Agreement.organisation_id == enquiry.organisation_id,
            Agreement.state.in_((AgreementState.SUSPENDED, AgreementState.ENDED)),
        )
        return not session.execute(sa.select(barred)).scalar_one()
    framework = find_framework_on(clock.today())
    if framework is None:
        return False
    in_force = sa.exists().where(
        Agreement.organisation_id == enquiry.organisation_id,
        Agreement.framework_id == framework.id,
        in_force_on(clock.today()),
    )
    return session.execute(sa.select(in_force)).scalar_one()


def is_still_looked_for(enquiry: Enquiry) -> bool:
    """Does the council still look for this place? A provider may not see the search, and learns no more of it."""
    return bool(session.execute(sa.select(sa.func.app_search_is_open(enquiry.search_id))).scalar_one())


def list_overdue() -> Sequence[uuid.UUID]:
    """Enquiries not answered by the time asked for, and not yet on record as lapsed."""
    return session.scalars(
        sa.select(Enquiry.id).where(
            Enquiry.state == EnquiryState.SENT, Enquiry.answer_by < sa.func.portal_now()
        )
    ).all()


def get_framework_on(day: date) -> Framework:
    """The framework that placements are made under on `day`. Raises `Refused` where there is none."""
    framework = find_framework_on(day)
    if framework is None:
        raise Refused("There is no framework on that day under which a placement could be made.")
    return framework


def list_names_of_others_asked(enquiry: Enquiry) -> Sequence[str]:
    """The legal and short names of the other providers that were asked about the same child."""
    rows = session.execute(
        sa.select(Organisation.legal_name, Organisation.trading_name)
        .join(Enquiry, Enquiry.organisation_id == Organisation.id)
        .where(Enquiry.search_id == enquiry.search_id, Organisation.id != enquiry.organisation_id)
        .distinct()
    )
    return [name for row in rows for name in row if name]
