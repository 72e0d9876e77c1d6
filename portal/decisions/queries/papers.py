"""Reads of the papers of a decision, and of the records that are published."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import NotFound
from portal.decisions.models import DecisionRecord, PublishedRecord
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


def get_record(person: Person, round_id: uuid.UUID) -> DecisionRecord:
    """The papers of a round, for people at the councils. Raises `NotFound` before they are drafted."""
    found = find_record(get_round(person, round_id)) if person.is_council else None
    if found is None:
        raise NotFound
    return found


def find_record(round_: Round) -> DecisionRecord | None:
    """The papers of a round, or None before the first recommendation."""
    return session.scalars(
        sa.select(DecisionRecord).where(DecisionRecord.round_id == round_.id)
    ).one_or_none()


def find_published(round_: Round) -> PublishedRecord | None:
    """What was published of this round's decision."""
    return session.scalars(
        sa.select(PublishedRecord).where(PublishedRecord.round_id == round_.id)
    ).one_or_none()


def get_published(round_id: uuid.UUID) -> PublishedRecord:
    """A published record, for anybody. Raises `NotFound`."""
    found = session.scalars(
        sa.select(PublishedRecord).where(PublishedRecord.round_id == round_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_published() -> Sequence[PublishedRecord]:
    """Every published record, newest first."""
    return session.scalars(
        sa.select(PublishedRecord).order_by(PublishedRecord.published_on.desc(), PublishedRecord.id)
    ).all()
