"""Who scores which application, and where evaluators are missing."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations.models import ConflictDeclaration, EvaluationSheet, Score
from portal.evaluations.queries.applications import COMPLIANT, PAGE, Page, active_sheet
from portal.frameworks.models import Question, Round, Section
from portal.providers.models import Organisation

FEWEST_EVALUATORS = 2


@dataclass(frozen=True)
class Assignment:
    """One evaluator scores one question of one application; whether they have begun, never what they gave."""

    sheet_id: uuid.UUID
    application_id: uuid.UUID
    evaluator_id: uuid.UUID
    question_id: uuid.UUID
    is_begun: bool
    is_scored: bool

    @property
    def pair(self) -> tuple[uuid.UUID, uuid.UUID]:
        return (self.application_id, self.evaluator_id)


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
    """The sheets of these applications that were not made void."""
    ids = [application.id for application in applications]
    return session.scalars(
        sa.select(EvaluationSheet)
        .where(EvaluationSheet.application_id.in_(ids), EvaluationSheet.voided_at.is_(None))
        .order_by(EvaluationSheet.created_at)
    ).all()


def list_void_sheets(of: Round | Application) -> Sequence[EvaluationSheet]:
    """Sheets made void, newest first, with their evaluators and applicants."""
    here = Application.round_id if isinstance(of, Round) else Application.id
    return (
        session.scalars(
            sa.select(EvaluationSheet)
            .join(EvaluationSheet.application)
            .where(here == of.id, EvaluationSheet.voided_at.is_not(None))
            .order_by(EvaluationSheet.voided_at.desc(), EvaluationSheet.id)
            .options(
                contains_eager(EvaluationSheet.application).joinedload(Application.organisation),
                joinedload(EvaluationSheet.evaluator),
            )
        )
        .unique()
        .all()
    )


def list_void_scores(sheets: Sequence[EvaluationSheet]) -> dict[uuid.UUID, list[Score]]:
    """What was scored on void sheets, by sheet: kept for the record."""
    found: dict[uuid.UUID, list[Score]] = defaultdict(list)
    for score in session.scalars(
        sa.select(Score)
        .join(Score.question)
        .join(Question.section)
        .where(Score.sheet_id.in_([sheet.id for sheet in sheets]), Score.value.is_not(None))
        .order_by(Section.position, Question.position)
        .options(contains_eager(Score.question))
    ):
        found[score.sheet_id].append(score)
    return found


def get_sheet_to_replace(person: Person, sheet_id: uuid.UUID) -> EvaluationSheet:
    """Anybody's sheet, for whoever assigns evaluators, with its evaluator, applicant and round."""
    found = (
        session.scalars(
            sa.select(EvaluationSheet)
            .join(EvaluationSheet.application)
            .where(EvaluationSheet.id == sheet_id, sa.literal(person.holds(Role.COMMISSIONER)))
            .options(
                contains_eager(EvaluationSheet.application).joinedload(Application.organisation),
                contains_eager(EvaluationSheet.application).joinedload(Application.round),
                joinedload(EvaluationSheet.evaluator),
            )
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        raise NotFound
    return found


def list_assignments(round_: Round, applications: Sequence[Application] | None = None) -> list[Assignment]:
    """Every question that somebody scores, in sheets that count. Of the scores only whether there are any (rule 4).

    With `applications`, of these alone.
    """
    columns = [
        sa.column("sheet_id", sa.Uuid),
        sa.column("application_id", sa.Uuid),
        sa.column("evaluator_id", sa.Uuid),
        sa.column("question_id", sa.Uuid),
        sa.column("is_begun", sa.Boolean),
        sa.column("is_scored", sa.Boolean),
    ]
    found = sa.func.list_assignments(round_.id).table_valued(*columns)
    statement = sa.select(found)
    if applications is not None:
        statement = statement.where(found.c.application_id.in_([one.id for one in applications]))
    return [Assignment(*row) for row in session.execute(statement)]


def list_assignable(round_: Round) -> Sequence[Application]:
    """The applications that get evaluators, by legal name."""
    return session.scalars(_assignable(round_)).all()


def page_assignable(round_: Round, page: int = 1) -> Page:
    """One page of them: two statements."""
    total = session.execute(
        sa.select(sa.func.count()).select_from(_assignable(round_).order_by(None).subquery())
    ).scalar_one()
    return Page(session.scalars(_assignable(round_).limit(PAGE).offset((page - 1) * PAGE)).all(), page, total)


def _assignable(round_: Round) -> sa.Select[Application]:
    considered = COMPLIANT | {ApplicationState.SUBMITTED}
    return (
        sa.select(Application)
        .join(Application.organisation)
        .where(Application.round_id == round_.id, Application.state.in_(considered))
        .order_by(Organisation.legal_name, Application.id)
        .options(contains_eager(Application.organisation), joinedload(Application.round, innerjoin=True))
    )


def has_conflict(application_ids: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Pairs of application and person where a conflict is declared."""
    rows = session.execute(
        sa.select(ConflictDeclaration.application_id, ConflictDeclaration.person_id).where(
            ConflictDeclaration.has_conflict, ConflictDeclaration.application_id.in_(application_ids)
        )
    )
    return {(row[0], row[1]) for row in rows}


def list_to_reassign(round_: Round) -> Sequence[EvaluationSheet]:
    """Sheets shut out by a conflict or made void, of applications that are short of evaluators: to be filled."""
    short = _short_of_evaluators(round_, COMPLIANT | {ApplicationState.SUBMITTED})
    return (
        session.scalars(
            sa.select(EvaluationSheet)
            .join(EvaluationSheet.application)
            .where(
                Application.round_id == round_.id,
                ~active_sheet(),
                Application.id.in_(short.with_only_columns(Application.id)),
            )
            .order_by(EvaluationSheet.created_at)
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
    return session.execute(_short_of_evaluators(round_, COMPLIANT)).scalar_one()


def is_short_of_evaluators(application: Application) -> bool:
    """Whether a scored question of this application has fewer than two evaluators that count."""
    short = _short_of_evaluators(application.round, frozenset(ApplicationState))
    return session.execute(short.where(Application.id == application.id)).scalar_one() > 0


def _short_of_evaluators(round_: Round, states: frozenset[ApplicationState]) -> sa.Select[int]:
    scorers = sa.func.count_scorers(round_.id).table_valued("application_id", "question_id", "scorers")
    return (
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
            Application.state.in_(states),
            Question.weight.is_not(None),
            sa.func.coalesce(sa.type_coerce(scorers.c.scorers, sa.BigInteger), 0) < FEWEST_EVALUATORS,
        )
    )


def is_still_being_scored(application: Application) -> bool:
    """Whether somebody who counts has not finished this application."""
    return session.execute(
        sa.select(
            sa.exists().where(
                EvaluationSheet.application_id == application.id,
                EvaluationSheet.finished_at.is_(None),
                active_sheet(),
            )
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
