"""How far each evaluator has got, in numbers alone (rule 4), and when scores are due."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import session
from portal.evaluations.models import EvaluationSheet, EvaluationTimetable, EvaluatorReminder
from portal.evaluations.queries.applications import COMPLIANT, active_sheet
from portal.evaluations.queries.assignment import Assignment, list_assignments, list_evaluators
from portal.evaluations.queries.conflicts import Declared, list_declared
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState


@dataclass(frozen=True)
class Workload:
    """One evaluator's share of a round. `declared` and `conflicts` count applicants."""

    person: Person
    declared: int
    conflicts: int
    applications: int
    questions: int
    scored: int
    finished: int
    reminded_on: date | None

    @property
    def left(self) -> int:
        return self.questions - self.scored


def list_workloads(round_: Round) -> list[Workload]:
    """Every evaluator with their share, the unassigned too: six statements for any number."""
    assigned: defaultdict[uuid.UUID, list[Assignment]] = defaultdict(list)
    for one in list_assignments(round_):
        assigned[one.evaluator_id].append(one)
    declared = {one.person.id: one for one in list_declared(round_)}
    finished, reminded = _count_finished(round_), _list_reminded(round_)
    return [
        _workload(
            person,
            declared.get(person.id),
            assigned[person.id],
            finished.get(person.id, 0),
            reminded.get(person.id),
        )
        for person in list_evaluators()
    ]


def find_due_date(round_: Round) -> date | None:
    """When the round's scores are due, if a date was set."""
    return session.scalars(
        sa.select(EvaluationTimetable.scores_due_on).where(EvaluationTimetable.round_id == round_.id)
    ).one_or_none()


def was_reminded(round_: Round, person: Person, day: date) -> bool:
    """Whether this evaluator was reminded on that day."""
    return session.execute(
        sa.select(
            sa.exists().where(
                EvaluatorReminder.round_id == round_.id,
                EvaluatorReminder.evaluator_id == person.id,
                EvaluatorReminder.reminded_on == day,
            )
        )
    ).scalar_one()


def list_rounds_with_due_date() -> Sequence[uuid.UUID]:
    """The rounds being scored whose scores are due on a date."""
    return session.scalars(
        sa.select(Round.id)
        .join(EvaluationTimetable, EvaluationTimetable.round_id == Round.id)
        .where(
            EvaluationTimetable.scores_due_on.is_not(None),
            Round.state.in_((RoundState.EVALUATING, RoundState.CONSENSUS)),
        )
    ).all()


def _workload(
    person: Person,
    declared: Declared | None,
    assigned: list[Assignment],
    finished: int,
    reminded_on: date | None,
) -> Workload:
    return Workload(
        person,
        declared=declared.declared if declared is not None else 0,
        conflicts=declared.conflicts if declared is not None else 0,
        applications=len({one.application_id for one in assigned}),
        questions=len(assigned),
        scored=sum(one.is_scored for one in assigned),
        finished=finished,
        reminded_on=reminded_on,
    )


def _count_finished(round_: Round) -> dict[uuid.UUID, int]:
    rows = session.execute(
        sa.select(EvaluationSheet.evaluator_id, sa.func.count())
        .join(Application, Application.id == EvaluationSheet.application_id)
        .where(
            Application.round_id == round_.id,
            Application.state.in_(COMPLIANT),
            EvaluationSheet.finished_at.is_not(None),
            active_sheet(),
        )
        .group_by(EvaluationSheet.evaluator_id)
    )
    return {evaluator_id: count for evaluator_id, count in rows}  # noqa: C416 - rows are no pairs to the type checker


def _list_reminded(round_: Round) -> dict[uuid.UUID, date]:
    rows = session.execute(
        sa.select(EvaluatorReminder.evaluator_id, sa.func.max(EvaluatorReminder.reminded_on))
        .where(EvaluatorReminder.round_id == round_.id)
        .group_by(EvaluatorReminder.evaluator_id)
    )
    return {evaluator_id: day for evaluator_id, day in rows}  # noqa: C416 - rows are no pairs to the type checker
