"""Who scores which application, and where evaluators are missing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.evaluations.models import ConflictDeclaration, EvaluationSheet
from portal.evaluations.queries.applications import COMPLIANT, active_sheet
from portal.frameworks.models import Question, Round, Section

FEWEST_EVALUATORS = 2


def list_evaluators() -> Sequence[Person]:
    """Everybody who may be asked to score, by name."""
    return (
        session.scalars(
            sa.select(Person)
            .where(
                ~Person.is_disabled,
                sa.exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.EVALUATOR),
            )
            .order_by(Person.full_name, Person.id)
            .options(joinedload(Person.grants))
        )
        .unique()
        .all()
    )


def list_sheets(applications: Sequence[Application]) -> Sequence[EvaluationSheet]:
    """The sheets of these applications, shut-out ones too."""
    ids = [application.id for application in applications]
    return session.scalars(
        sa.select(EvaluationSheet)
        .where(EvaluationSheet.application_id.in_(ids))
        .order_by(EvaluationSheet.created_at)
    ).all()


def has_conflict(application_ids: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Pairs of application and person where a conflict is declared."""
    rows = session.execute(
        sa.select(ConflictDeclaration.application_id, ConflictDeclaration.person_id).where(
            ConflictDeclaration.has_conflict, ConflictDeclaration.application_id.in_(application_ids)
        )
    )
    return {(row[0], row[1]) for row in rows}


def list_to_reassign(round_: Round) -> Sequence[EvaluationSheet]:
    """Sheets whose evaluator has declared a conflict: somebody else has to score these."""
    return (
        session.scalars(
            sa.select(EvaluationSheet)
            .join(EvaluationSheet.application)
            .where(
                Application.round_id == round_.id,
                Application.state.in_(COMPLIANT | {ApplicationState.SUBMITTED}),
                ~active_sheet(),
            )
            .options(
                contains_eager(EvaluationSheet.application).joinedload(Application.organisation),
                joinedload(EvaluationSheet.evaluator),
            )
        )
        .unique()
        .all()
    )


def count_short_of_evaluators(round_: Round) -> int:
    """How many scored questions of compliant applications have fewer than two evaluators that count."""
    scorers = sa.func.count_scorers(round_.id).table_valued("application_id", "question_id", "scorers")
    return session.execute(
        sa.select(sa.func.count())
        .select_from(Application)
        .join(Section, Section.round_id == Application.round_id)
        .join(Question, Question.section_id == Section.id)
        .outerjoin(
            scorers,
            sa.and_(
                sa.type_coerce(scorers.c.application_id, sa.Uuid) == Application.id,
                sa.type_coerce(scorers.c.question_id, sa.Uuid) == Question.id,
            ),
        )
        .where(
            Application.round_id == round_.id,
            Application.state.in_(COMPLIANT),
            Question.weight.is_not(None),
            sa.func.coalesce(sa.type_coerce(scorers.c.scorers, sa.BigInteger), 0) < FEWEST_EVALUATORS,
        )
    ).scalar_one()


def count_unfinished_sheets(round_: Round) -> int:
    """How many sheets of compliant applications, without a conflict, are not finished."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(EvaluationSheet)
        .join(EvaluationSheet.application)
        .where(
            Application.round_id == round_.id,
            Application.state.in_(COMPLIANT),
            EvaluationSheet.finished_at.is_(None),
            active_sheet(),
        )
    ).scalar_one()
