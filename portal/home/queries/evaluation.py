"""What an evaluator has been assigned and has not finished, by round."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import session
from portal.evaluations.models import ConflictDeclaration, EvaluationSheet, Score
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from portal.home.queries.declarations import declare
from portal.home.queries.todo import Todo

# Who takes over from somebody with a conflict may still be scoring when consensus is open.
SCORING = (RoundState.OPENED, RoundState.EVALUATING, RoundState.CONSENSUS)


@dataclass(frozen=True)
class Assigned:
    """A round and this evaluator's open sheets in it: undeclared, readable, and their questions left."""

    round: Round
    undeclared: int
    readable: int
    unscored: int


def list_todos(person: Person) -> list[Todo]:
    """Declarations first: an application cannot be read before (rule 3)."""
    return [todo for assigned in _list_assigned(person) for todo in _todos(assigned)]


def _todos(assigned: Assigned) -> list[Todo]:
    todos = [declare(assigned.round, assigned.undeclared)] if assigned.undeclared else []
    if assigned.round.state == RoundState.OPENED:
        return todos
    if assigned.unscored:
        text = "Questions left, each with a score and a reason."
        todos.append(_todo("Score", assigned, assigned.unscored, text))
    elif assigned.readable:
        text = "Scored in full but not marked as finished."
        todos.append(_todo("Finish scoring", assigned, assigned.readable, text))
    return todos


def _todo(title: str, assigned: Assigned, count: int, text: str) -> Todo:
    return Todo(f"{title}: {assigned.round.title}", "evaluations.index", {}, count, text, tone="warning")


def _list_assigned(person: Person) -> list[Assigned]:
    conflict = ConflictDeclaration.has_conflict
    unscored = (
        sa.select(sa.func.count())
        .where(Score.sheet_id == EvaluationSheet.id, Score.value.is_(None))
        .correlate(EvaluationSheet)
        .scalar_subquery()
    )
    counted = (
        sa.select(
            Application.round_id,
            sa.func.count().filter(conflict.is_(None)).label("undeclared"),
            sa.func.count().filter(conflict.is_(False)).label("readable"),
            sa.func.coalesce(sa.func.sum(unscored).filter(conflict.is_(False)), 0).label("unscored"),
        )
        .select_from(EvaluationSheet)
        .join(Application, Application.id == EvaluationSheet.application_id)
        .outerjoin(
            ConflictDeclaration,
            sa.and_(
                ConflictDeclaration.application_id == Application.id,
                ConflictDeclaration.person_id == EvaluationSheet.evaluator_id,
            ),
        )
        .where(
            EvaluationSheet.evaluator_id == person.id,
            EvaluationSheet.finished_at.is_(None),
            EvaluationSheet.voided_at.is_(None),
        )
        .group_by(Application.round_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Round, counted.c.undeclared, counted.c.readable, counted.c.unscored)
        .join(counted, counted.c.round_id == Round.id)
        .where(Round.state.in_(SCORING))
        .order_by(Round.submission_deadline)
    )
    return [Assigned(*row) for row in rows]
