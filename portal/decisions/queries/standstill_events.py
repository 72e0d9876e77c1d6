"""Reads of what happened in standstill. Providers know of a claim only that there is one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from portal.core.db import session
from portal.decisions.models import StandstillEvent
from portal.decisions.states import EventKind
from portal.frameworks.models import Round


def list_events(round_: Round) -> Sequence[StandstillEvent]:
    """Complaints, extensions, claims and their ends, oldest first."""
    return (
        session.scalars(
            sa.select(StandstillEvent)
            .where(StandstillEvent.round_id == round_.id)
            .order_by(StandstillEvent.happened_on, StandstillEvent.recorded_at)
        )
        .unique()
        .all()
    )


def find_open_claim(round_: Round) -> StandstillEvent | None:
    """The oldest claim that was neither lifted nor ended."""
    events = list_events(round_)
    ended = {event.claim_id for event in events}
    return next((e for e in events if e.kind == EventKind.CLAIM and e.id not in ended), None)


def has_open_claim(round_id: uuid.UUID) -> bool:
    """Does a claim stand in the way of conclusion and signatures? Asked for providers too."""
    return bool(session.execute(sa.select(sa.func.has_open_claim(round_id))).scalar_one())
