"""Reads of carer households, and what follows from the date they were last confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState
from portal.vacancies.models import Vacancy
from portal.vacancies.states import AGEING_DAYS, FRESH_DAYS, OPEN, Freshness, VacancyState


@dataclass(frozen=True)
class Counts:
    """How many households an organisation has, by state, and of the open ones how many by freshness."""

    states: dict[VacancyState, int]
    freshness: dict[Freshness, int]
    free_places: int

    @property
    def open(self) -> int:
        return sum(self.states[state] for state in OPEN)

    @property
    def to_confirm(self) -> int:
        return self.freshness[Freshness.AGEING] + self.freshness[Freshness.STALE]


def freshness(confirmed_at: datetime, now: datetime) -> Freshness:
    """How far news of that instant can be relied on now."""
    if confirmed_at >= fresh_since(now):
        return Freshness.FRESH
    return Freshness.AGEING if confirmed_at >= shown_since(now) else Freshness.STALE


def fresh_since(now: datetime) -> datetime:
    """Confirmed at this instant or later is fresh."""
    return now - timedelta(days=FRESH_DAYS)


def shown_since(now: datetime) -> datetime:
    """Confirmed before this instant is stale, and hidden from matching."""
    return now - timedelta(days=AGEING_DAYS)


def is_free_on(day: date) -> sa.ColumnElement[bool]:
    """Open, and not held for somebody on `day`: a hold ends by itself after its last date."""
    return sa.and_(
        Vacancy.state.in_(sorted(OPEN)), sa.or_(Vacancy.held_until.is_(None), Vacancy.held_until < day)
    )


def get_vacancy(person: Person, vacancy_id: uuid.UUID) -> Vacancy:
    """A household of an organisation this person acts for; any other is not found (rule 9)."""
    found = session.get(Vacancy, vacancy_id)
    if found is None or not person.acts_for(found.organisation_id):
        raise NotFound
    return found


@dataclass(frozen=True)
class Wanted:
    """Which households of a list, and in what order. `district` "" is any, `OUTSIDE` none of ours."""

    states: Sequence[VacancyState] = tuple(VacancyState)
    only_to_confirm: bool = False
    search: str = ""
    district: str = ""
    sort: str = "confirmed"

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.district)


OUTSIDE = "outside"
# By which a list may be ordered; each ends with what makes the order certain.
SORTS: dict[str, tuple[Any, ...]] = {
    "confirmed": (Vacancy.confirmed_at, Vacancy.carer_reference, Vacancy.id),
    "reference": (Vacancy.carer_reference, Vacancy.id),
    "free": (Vacancy.free_places.desc(), Vacancy.carer_reference, Vacancy.id),
    "available": (Vacancy.available_from, Vacancy.carer_reference, Vacancy.id),
}


def list_for_organisation(
    organisation_id: uuid.UUID, wanted: Wanted | None = None, *, limit: int = 25, offset: int = 0
) -> Sequence[Vacancy]:
    """An organisation's households, longest unconfirmed first unless another order is wanted.

    Neither the organisation nor the district of each is read with it: pages have both in words.
    """
    wanted = wanted or Wanted()
    return session.scalars(
        _of(organisation_id, wanted)
        .options(sa.orm.lazyload(Vacancy.organisation), sa.orm.lazyload(Vacancy.district))
        .order_by(*SORTS[wanted.sort])
        .limit(limit)
        .offset(offset)
    ).all()


def count_wanted(organisation_id: uuid.UUID, wanted: Wanted) -> int:
    """How many households such a list has."""
    return int(
        session.execute(
            _of(organisation_id, wanted).with_only_columns(sa.func.count(), maintain_column_froms=True)
        ).scalar_one()
    )


def _of(organisation_id: uuid.UUID, wanted: Wanted) -> sa.Select[Vacancy]:
    statement = sa.select(Vacancy).where(
        Vacancy.organisation_id == organisation_id, Vacancy.state.in_(wanted.states)
    )
    if wanted.only_to_confirm:
        statement = statement.where(Vacancy.confirmed_at < fresh_since(clock.now()))
    if wanted.search:
        statement = statement.where(Vacancy.carer_reference.icontains(wanted.search, autoescape=True))
    if wanted.district:
        code = None if wanted.district == OUTSIDE else wanted.district
        statement = statement.where(Vacancy.district_code.is_not_distinct_from(code))
    return statement


def count_for_organisation(organisation_id: uuid.UUID) -> Counts:
    """All counts of the list page in one statement."""
    now = clock.now()
    is_open = Vacancy.state.in_(sorted(OPEN))
    fresh = Vacancy.confirmed_at >= fresh_since(now)
    stale = Vacancy.confirmed_at < shown_since(now)

    def counted(*conditions: Any) -> Any:
        return sa.func.count().filter(*conditions)

    row = session.execute(
        sa.select(
            *(counted(Vacancy.state == state) for state in VacancyState),
            counted(is_open, fresh),
            counted(is_open, sa.not_(fresh), sa.not_(stale)),
            counted(is_open, stale),
            sa.func.coalesce(
                sa.func.sum(Vacancy.free_places).filter(Vacancy.state == VacancyState.AVAILABLE), 0
            ),
        ).where(Vacancy.organisation_id == organisation_id)
    ).one()
    states = dict(zip(VacancyState, row[: len(VacancyState)], strict=True))
    return Counts(states, dict(zip(Freshness, row[len(VacancyState) : -1], strict=True)), row[-1])


def sum_open_versions(organisation_id: uuid.UUID) -> int:
    """A figure that changes when an open household is added, changed or closed: what "all" was."""
    total = sa.select(sa.func.coalesce(sa.func.sum(Vacancy.version), 0))
    return int(
        session.execute(
            total.where(Vacancy.organisation_id == organisation_id, Vacancy.state.in_(sorted(OPEN)))
        ).scalar_one()
    )


def count_to_confirm(person: Person) -> int:
    """Open households, ageing or stale, that this person is to confirm as placements lead."""
    organisations = list_kept_organisations(person)
    if not organisations:
        return 0
    return session.execute(
        sa.select(sa.func.count()).where(
            Vacancy.organisation_id.in_(organisations),
            Vacancy.state.in_(sorted(OPEN)),
            Vacancy.confirmed_at < fresh_since(clock.now()),
        )
    ).scalar_one()


def list_kept_organisations(person: Person) -> list[uuid.UUID]:
    """The organisations whose vacancies this person keeps as placements lead."""
    return [
        organisation_id
        for organisation_id in person.organisation_ids
        if person.acts_for(organisation_id, Role.PLACEMENTS_LEAD)
    ]


def list_leads_to_remind() -> Sequence[uuid.UUID]:
    """The placements leads of verified providers with open households that are ageing or stale."""
    return session.scalars(
        sa.select(RoleGrant.person_id)
        .distinct()
        .join(Vacancy, Vacancy.organisation_id == RoleGrant.organisation_id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(RoleGrant.role == Role.PLACEMENTS_LEAD, *_waiting())
    ).all()


def list_to_confirm(person: Person) -> list[tuple[str, list[str]]]:
    """What this person is to confirm as placements lead: each provider's name, and references in order."""
    rows = session.execute(
        sa.select(Organisation.legal_name, sa.func.array_agg(_in_order(Vacancy.carer_reference)))
        .join(Vacancy, Vacancy.organisation_id == Organisation.id)
        .where(Organisation.id.in_(list_kept_organisations(person)), *_waiting())
        .group_by(Organisation.id)
        .order_by(Organisation.legal_name)
    )
    return [(name, references) for name, references in rows]


def _in_order(column: Any) -> Any:
    return aggregate_order_by(column, column)


def _waiting() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Organisation.state == OrganisationState.VERIFIED,
        Vacancy.state.in_(sorted(OPEN)),
        Vacancy.confirmed_at < fresh_since(clock.now()),
    )
