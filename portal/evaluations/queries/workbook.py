"""What the results workbook holds beside the results: every evaluator's own score, and whose price was rejected."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import session
from portal.evaluations.models import EvaluationSheet, PriceQuery, Score
from portal.evaluations.states import PriceOutcome
from portal.frameworks.models import Question, Round, Section


@dataclass(frozen=True)
class PlainScore:
    """One evaluator's own score on one question of one application."""

    application_id: uuid.UUID
    question_id: uuid.UUID
    evaluator: str
    value: int
    reason: str


def list_round_scores(round_: Round) -> Sequence[PlainScore]:
    """Every finished score of the round that is not void, by application, question and evaluator."""
    rows = session.execute(
        sa.select(
            EvaluationSheet.application_id, Score.question_id, Person.full_name, Score.value, Score.reason
        )
        .join(Score.sheet)
        .join(Application, Application.id == EvaluationSheet.application_id)
        .join(Person, Person.id == EvaluationSheet.evaluator_id)
        .join(Question, Question.id == Score.question_id)
        .join(Section, Section.id == Question.section_id)
        .where(
            Application.round_id == round_.id,
            EvaluationSheet.voided_at.is_(None),
            EvaluationSheet.finished_at.is_not(None),
            Score.value.is_not(None),
        )
        .order_by(Application.reference, Section.position, Question.position, Person.full_name, Score.id)
    )
    return [
        PlainScore(application_id, question_id, name, value, reason)
        for application_id, question_id, name, value, reason in rows
        if value is not None
    ]


def list_rejected_prices(round_: Round) -> set[uuid.UUID]:
    """Applications whose price an officer rejected as abnormally low: they take no part in price evaluation."""
    return set(
        session.scalars(
            sa.select(PriceQuery.application_id)
            .join(Application, Application.id == PriceQuery.application_id)
            .where(Application.round_id == round_.id, PriceQuery.outcome == PriceOutcome.REJECTED)
        )
    )
