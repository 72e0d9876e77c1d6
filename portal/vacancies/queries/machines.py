"""Reads of one provider's households by its own references, as machines ask for them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.core.rest import Admission
from portal.vacancies.models import Vacancy
from portal.vacancies.queries.households import fresh_since, shown_since
from portal.vacancies.states import OPEN, Freshness, VacancyState


def get_by_reference(admission: Admission, reference: str) -> Vacancy:
    """The household of the key's organisation with this reference that was not withdrawn; any other is not found."""
    found = find_by_reference(admission.organisation_id, reference)
    if found is None:
        raise NotFound
    return found


def find_by_reference(organisation_id: uuid.UUID, reference: str) -> Vacancy | None:
    """The organisation's household with this reference that was not withdrawn, or None."""
    if "\x00" in reference:
        return None  # the database holds no such text
    return session.scalars(
        sa.select(Vacancy).where(
            Vacancy.organisation_id == organisation_id,
            Vacancy.carer_reference == " ".join(reference.split()),
            Vacancy.state != VacancyState.WITHDRAWN,
        )
    ).one_or_none()


def list_by_reference(
    organisation_id: uuid.UUID,
    *,
    after: str | None,
    limit: int,
    state: VacancyState | None = None,
    freshness: Freshness | None = None,
) -> Sequence[Vacancy]:
    """Households that were not withdrawn, in the order of their references, those after `after`."""
    statement = sa.select(Vacancy).where(
        Vacancy.organisation_id == organisation_id, Vacancy.state != VacancyState.WITHDRAWN
    )
    if state is not None:
        statement = statement.where(Vacancy.state == state)
    if freshness is not None:
        statement = statement.where(Vacancy.state.in_(sorted(OPEN)), _is(freshness))
    if after is not None:
        statement = statement.where(Vacancy.carer_reference > after)
    return session.scalars(
        statement.options(sa.orm.lazyload(Vacancy.organisation), sa.orm.lazyload(Vacancy.district))
        .order_by(Vacancy.carer_reference)
        .limit(limit)
    ).all()


def _is(freshness: Freshness) -> sa.ColumnElement[bool]:
    fresh, shown = fresh_since(clock.now()), shown_since(clock.now())
    if freshness == Freshness.FRESH:
        return Vacancy.confirmed_at >= fresh
    if freshness == Freshness.STALE:
        return Vacancy.confirmed_at < shown
    return sa.and_(Vacancy.confirmed_at < fresh, Vacancy.confirmed_at >= shown)


def versions_of(organisation_id: uuid.UUID) -> dict[str, int]:
    """The version that each household not withdrawn has now, by reference."""
    rows = session.execute(
        sa.select(Vacancy.carer_reference, Vacancy.version).where(
            Vacancy.organisation_id == organisation_id, Vacancy.state != VacancyState.WITHDRAWN
        )
    )
    return {row.carer_reference: row.version for row in rows}
