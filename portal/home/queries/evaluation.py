"""What an evaluator has been assigned and has not finished, a line for each round."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import session
from portal.evaluations.models import ConflictDeclaration, EvaluationSheet, Score
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from portal.home.queries.todo import Todo


@dataclass(frozen=True)
class Assigned:
    """A round and, of this evaluator's sheets in it: undeclared applications, and questions left to score."""

    round: Round
    undeclared: int
    unscored: int
    unfinished: int


def list_todos(person: Person) -> list[Todo]:
    """Declarations first: an application cannot be read before (rule 3)."""
    return [todo for assigned in _list_assigned(person) for todo in _todos(assigned)]


def _todos(assigned: Assigned) -> list[Todo]:
    todos = []
    if assigned.undeclared:
        todos.append(
            _todo(
                assigned,
                "Declare conflicts of interest",
                assigned.undeclared,
                "to declare on before you can read them.",
            )
        )
    if assigned.unscored:
        todos.append(
            _todo(assigned, "Score", assigned.unscored, "questions left, each with a score and a reason.")
        )
    elif assigned.unfinished and not assigned.undeclared:
        todos.append(
            _todo(assigned, "Finish scoring", assigned.unfinished, "scored but not marked as finished.")
        )
    return todos


def _todo(assigned: Assigned, title: str, count: int, text: str) -> Todo:
    return Todo(
        f"{title}: {assigned.round.title}", "evaluations.index", count=count, text=text, tone="warning"
    )


def _list_assigned(person: Person) -> list[Assigned]:
    conflict = ConflictDeclaration.has_conflict
    unscored = (
        sa.select(sa.func.count())
        .where(Score.sheet_id == EvaluationSheet.id, Score.value.is_(None))
        .correlate(EvaluationSheet)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            Round,
            sa.func.count().filter(conflict.is_(None)),
            sa.func.coalesce(sa.func.sum(unscored).filter(conflict.is_(False)), 0),
            sa.func.count().filter(conflict.is_(False)),
        )
        .join(Application, Application.round_id == Round.id)
        .join(EvaluationSheet, EvaluationSheet.application_id == Application.id)
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
            Round.state == RoundState.EVALUATING,
        )
        .group_by(Round.id)
        .order_by(Round.submission_deadline)
        .options(sa.orm.lazyload(Round.framework))
    )
    return [Assigned(*row) for row in rows]
