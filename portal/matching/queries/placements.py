"""Placements: a council's own, or a provider's own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import NotFound
from portal.matching.models import Enquiry, Placement
from portal.matching.queries.scope import PLACEMENT_PROVIDER_READERS, PLACEMENT_READERS, councils_of
from portal.matching.states import PlacementState


def placement_visible_to(person: Person) -> sa.ColumnElement[bool]:
    """Those of the councils the person reads for, and those with the organisations it acts for."""
    organisations = [
        one for one in person.organisation_ids if person.acts_for(one, *PLACEMENT_PROVIDER_READERS)
    ]
    return sa.or_(
        Placement.council.in_(councils_of(person, *PLACEMENT_READERS)),
        Placement.organisation_id.in_(organisations),
    )


def get_placement(person: Person, placement_id: uuid.UUID) -> Placement:
    """A placement that this person may know of; any other is not found."""
    found = session.scalars(
        sa.select(Placement)
        .options(joinedload(Placement.enquiry), joinedload(Placement.vacancy))
        .where(Placement.id == placement_id, placement_visible_to(person))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_placements(
    person: Person, *, state: PlacementState | None = None, limit: int = 25, offset: int = 0
) -> Sequence[Placement]:
    """Placements this person may know of, the newest first."""
    statement = (
        sa.select(Placement)
        .options(
            joinedload(Placement.vacancy), *([joinedload(Placement.search)] if person.is_council else [])
        )
        .where(placement_visible_to(person))
    )
    if state is not None:
        statement = statement.where(Placement.state == state)
    return session.scalars(
        statement.order_by(Placement.starts_on.desc(), Placement.agreed_at.desc(), Placement.id)
        .limit(limit)
        .offset(offset)
    ).all()


def count_placements(person: Person) -> dict[PlacementState, int]:
    """How many placements this person may know of, by state."""
    rows = session.execute(
        sa.select(Placement.state, sa.func.count())
        .where(placement_visible_to(person))
        .group_by(Placement.state)
    )
    counted = dict(iter(rows))
    return {state: counted.get(state, 0) for state in PlacementState}


def list_placements_of(search_id: uuid.UUID) -> Sequence[Placement]:
    """The placements that one search has led to, also those that have ended."""
    return session.scalars(
        sa.select(Placement)
        .options(joinedload(Placement.vacancy))
        .where(Placement.search_id == search_id)
        .order_by(Placement.agreed_at, Placement.child_number)
    ).all()


def list_placements_from(enquiry: Enquiry) -> Sequence[Placement]:
    """The placements that an offer was chosen for, for its provider."""
    return session.scalars(
        sa.select(Placement).where(Placement.enquiry_id == enquiry.id).order_by(Placement.child_number)
    ).all()
