"""What a consensus meeting asks again and again: what is agreed now, what comes next, who was there (rule 4)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations.models import ConflictDeclaration, ConsensusScore, EvaluationSheet, Score
from portal.evaluations.queries.applications import COMPLIANT
from portal.evaluations.queries.conflicts import READERS
from portal.evaluations.queries.naming import is_anonymous, numbered
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation


@dataclass(frozen=True)
class Watched:
    """The agreed score on one question as it stands, and what decides whether this person may see it.

    `version` is 0 and `value` None while nothing is agreed. `has_conflict` None: not declared.
    """

    application_id: uuid.UUID
    question_id: uuid.UUID
    round_state: RoundState
    is_locked: bool
    has_conflict: bool | None
    has_sheet: bool
    is_finished: bool
    is_assigned: bool
    version: int
    value: int | None
    reason: str
    attended: str
    agreed_at: datetime | None
    agreed_by: str
    record_id: uuid.UUID | None

    @property
    def is_live(self) -> bool:
        """Whether it can still change."""
        return self.round_state == RoundState.CONSENSUS and not self.is_locked

    @property
    def mark(self) -> str:
        """Differs whenever what is shown differs: a page that has seen this mark has nothing new to see."""
        record = self.record_id.hex[-12:] if self.record_id is not None else "none"
        return f"{record}-{self.version}-{'live' if self.is_live else 'final'}"


@dataclass(frozen=True)
class Applicant:
    """One application that a meeting can turn to, for one question: by its number where the round says so."""

    application_id: uuid.UUID
    name: str
    is_agreed: bool


@dataclass(frozen=True)
class Meeting:
    """One question of one application on the table, with what is agreed on it."""

    application: Application
    watched: Watched


def get_watched(person: Person, application_id: uuid.UUID, question_id: uuid.UUID) -> Watched:
    """What is agreed on one question of one application: one statement, because open pages ask every few seconds.

    Raises `NotFound` where there is no such application of an opened round, or no such question in it.
    """
    row = session.execute(_watching(person, application_id, question_id)).one_or_none()
    if row is None:
        raise NotFound
    return Watched(*row)


def get_meeting(person: Person, application_id: uuid.UUID, question_id: uuid.UUID) -> Meeting:
    """The same with the application, its applicant and round; one statement.

    Raises `NotFound` also for a question that an evaluator of this application was not assigned (rule 3).
    """
    row = session.execute(
        _watching(person, application_id, question_id)
        .add_columns(Application)
        .options(contains_eager(Application.round), joinedload(Application.organisation, innerjoin=True))
    ).one_or_none()
    if row is None:
        raise NotFound
    *columns, application = row
    watched = Watched(*columns)
    if watched.has_sheet and not watched.is_assigned and not person.holds(Role.COMMISSIONER):
        raise NotFound
    return Meeting(application, watched)


def _watching(person: Person, application_id: uuid.UUID, question_id: uuid.UUID) -> sa.Select[Any]:
    columns: list[Any] = [
        Application.id,
        Question.id,
        Round.state,
        Round.quality_locked_at.is_not(None),
        ConflictDeclaration.has_conflict,
        EvaluationSheet.id.is_not(None),
        EvaluationSheet.finished_at.is_not(None),
        Score.id.is_not(None),
        sa.func.coalesce(ConsensusScore.version, 0),
        ConsensusScore.value,
        sa.func.coalesce(ConsensusScore.reason, ""),
        sa.func.coalesce(ConsensusScore.attended, ""),
        ConsensusScore.agreed_at,
        sa.func.coalesce(Person.full_name, ""),
        ConsensusScore.id,
    ]
    return (
        sa.select(*columns)
        .select_from(Application)
        .join(Round, Round.id == Application.round_id)
        .join(Section, Section.round_id == Round.id)
        .join(Question, Question.section_id == Section.id)
        .outerjoin(ConflictDeclaration, _declared_by(person))
        .outerjoin(EvaluationSheet, _scored_by(person))
        .outerjoin(Score, sa.and_(Score.sheet_id == EvaluationSheet.id, Score.question_id == Question.id))
        .outerjoin(ConsensusScore, _standing())
        .outerjoin(Person, Person.id == ConsensusScore.agreed_by_id)
        .where(
            Application.id == application_id,
            Question.id == question_id,
            Question.weight.is_not(None),
            sa.literal(person.is_council),
            Round.opened_at.is_not(None),
            Application.submitted_at.is_not(None),
        )
    )


def list_turns(person: Person, application: Application, question: Question) -> Sequence[Applicant]:
    """The compliant applications on which this person may see this question's scores, by name, or else by number.

    Whoever may not read before declaring sees only those that they declared no conflict on; an evaluator only those
    that they were assigned this question of, and finished. One statement.
    """
    mine = sa.select(EvaluationSheet.id).where(_scored_by(person)).correlate(Application)
    allowed = [~mine.where(EvaluationSheet.finished_at.is_(None)).exists()]
    if person.holds(*READERS):
        allowed.append(ConflictDeclaration.has_conflict.is_(False))
        if not person.holds(Role.COMMISSIONER):
            assigned = sa.and_(Score.sheet_id == EvaluationSheet.id, Score.question_id == question.id)
            allowed.append(mine.join(Score, assigned).exists())
    agreed = sa.exists().where(
        ConsensusScore.application_id == Application.id,
        ConsensusScore.question_id == question.id,
        ConsensusScore.voided_at.is_(None),
    )
    by_number = is_anonymous(application)  # an order by name would tell which is which
    rows = session.execute(
        sa.select(Application.id, Organisation.legal_name, Application.applicant_number, agreed)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(ConflictDeclaration, _declared_by(person))
        .where(Application.round_id == application.round_id, Application.state.in_(COMPLIANT), *allowed)
        .order_by(Application.applicant_number if by_number else Organisation.legal_name, Application.id)
    )
    return [
        Applicant(application_id, numbered(number) if by_number else legal_name, is_agreed)
        for application_id, legal_name, number, is_agreed in rows
    ]


def find_attended(round_: Round, person: Person) -> str:
    """Who took part in the score that this person agreed last today in this round; empty where there is none."""
    latest = session.execute(
        sa.select(ConsensusScore.attended, ConsensusScore.agreed_at)
        .join(Application, Application.id == ConsensusScore.application_id)
        .where(Application.round_id == round_.id, ConsensusScore.agreed_by_id == person.id)
        .order_by(ConsensusScore.agreed_at.desc(), ConsensusScore.id.desc())
        .limit(1)
    ).one_or_none()
    if latest is None or latest.agreed_at.astimezone(clock.LONDON).date() != clock.today():
        return ""
    return str(latest.attended)


def _declared_by(person: Person) -> sa.ColumnElement[bool]:
    return sa.and_(
        ConflictDeclaration.application_id == Application.id, ConflictDeclaration.person_id == person.id
    )


def _scored_by(person: Person) -> sa.ColumnElement[bool]:
    return sa.and_(
        EvaluationSheet.application_id == Application.id,
        EvaluationSheet.evaluator_id == person.id,
        EvaluationSheet.voided_at.is_(None),
    )


def _standing() -> sa.ColumnElement[bool]:
    return sa.and_(
        ConsensusScore.application_id == Application.id,
        ConsensusScore.question_id == Question.id,
        ConsensusScore.voided_at.is_(None),
    )
