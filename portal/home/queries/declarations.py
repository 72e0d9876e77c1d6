"""Conflicts of interest still to be declared: whoever reads, scores or decides declares first (rule 3)."""

from __future__ import annotations

import uuid
from functools import cache

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import session
from portal.evaluations.models import ConflictDeclaration
from portal.evaluations.policy import BEFORE_DECISION
from portal.evaluations.queries.applications import STANDING
from portal.frameworks.models import Round
from portal.home.queries.todo import Todo


def count_undeclared(person: Person) -> dict[uuid.UUID, int]:
    """By round, how many applications this person has not declared on; only opened ones can be seen."""
    rows = session.execute(_undeclared(), {"person_id": person.id})
    return {round_id: count for round_id, count in rows}  # noqa: C416 - rows are not pairs to the type checker


@cache
def _undeclared() -> sa.Select[uuid.UUID, int]:
    declared = sa.exists().where(
        ConflictDeclaration.application_id == Application.id,
        ConflictDeclaration.person_id == sa.bindparam("person_id"),
    )
    return (
        sa.select(Application.round_id, sa.func.count())
        .join(Round, Round.id == Application.round_id)
        .where(Round.state.in_(BEFORE_DECISION), Application.state.in_(STANDING), ~declared)
        .group_by(Application.round_id)
    )


def declare(round_: Round, count: int) -> Todo:
    """Declarations come before everything else in a round."""
    return Todo(
        f"Declare conflicts of interest: {round_.title}",
        "evaluations.conflicts",
        {"round_id": round_.id},
        count,
        "Applicants to declare on before you can read anything of theirs.",
        tone="warning",
    )
