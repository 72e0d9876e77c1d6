"""Reads of extensions of a framework: proposals, what stands in their way, and which moved its end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.agreements.models import Agreement, FrameworkExtension
from portal.agreements.states import STANDING, ExtensionState
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.models import Framework

MOVED = frozenset({ExtensionState.DECIDED, ExtensionState.NOTIFIED})


def get_framework(person: Person, framework_id: uuid.UUID) -> Framework:
    """The framework, for the councils' people. Raises `NotFound`."""
    found = session.get(Framework, framework_id) if person.is_council else None
    if found is None:
        raise NotFound
    return found


def get_extension(person: Person, extension_id: uuid.UUID) -> FrameworkExtension:
    """One extension with the people who made its steps, for the councils. Raises `NotFound`."""
    found = None
    if person.is_council:
        found = (
            session.scalars(_with_people().where(FrameworkExtension.id == extension_id))
            .unique()
            .one_or_none()
        )
    if found is None:
        raise NotFound
    return found


def list_extensions(framework: Framework) -> Sequence[FrameworkExtension]:
    """Every extension of a framework, newest first."""
    return (
        session.scalars(
            _with_people()
            .where(FrameworkExtension.framework_id == framework.id)
            .order_by(FrameworkExtension.proposed_at.desc(), FrameworkExtension.id)
        )
        .unique()
        .all()
    )


def list_extensions_to_decide(person: Person) -> Sequence[FrameworkExtension]:
    """Consulted on, waiting for an approver who had no part in them."""
    return (
        session.scalars(
            _with_people()
            .where(
                FrameworkExtension.state == ExtensionState.CONSULTED,
                FrameworkExtension.proposed_by_id != person.id,
                FrameworkExtension.consultation_by_id != person.id,
                FrameworkExtension.framework.has(Framework.ends_on == FrameworkExtension.extends_from),
            )
            .order_by(FrameworkExtension.proposed_at)
        )
        .unique()
        .all()
    )


def list_extensions_to_notify() -> Sequence[FrameworkExtension]:
    """Decided, and the providers not yet told."""
    return (
        session.scalars(_with_people().where(FrameworkExtension.state == ExtensionState.DECIDED))
        .unique()
        .all()
    )


def list_moves(framework_id: uuid.UUID) -> Sequence[FrameworkExtension]:
    """The extensions that moved the framework's end, oldest first."""
    return (
        session.scalars(
            _with_people()
            .where(FrameworkExtension.framework_id == framework_id, FrameworkExtension.state.in_(MOVED))
            .order_by(FrameworkExtension.decided_at)
        )
        .unique()
        .all()
    )


def list_standing_agreements(framework_id: uuid.UUID) -> Sequence[Agreement]:
    """Agreements of a framework that have not lapsed or ended."""
    return session.scalars(
        sa.select(Agreement)
        .where(Agreement.framework_id == framework_id, Agreement.state.in_(sorted(STANDING)))
        .order_by(Agreement.id)
    ).all()


def _with_people() -> sa.Select[FrameworkExtension]:
    return sa.select(FrameworkExtension).options(
        joinedload(FrameworkExtension.framework),
        joinedload(FrameworkExtension.proposed_by),
        joinedload(FrameworkExtension.consultation_by),
        joinedload(FrameworkExtension.decided_by),
        joinedload(FrameworkExtension.notified_by),
    )
