"""Questions to the chair and their answers, to each reader no more than they may know (rule 4)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations.models import ChairAnswer, ChairQuestion, ConflictDeclaration, Score
from portal.evaluations.queries.applications import PAGE, Page
from portal.evaluations.states import Audience
from portal.frameworks.models import Round


@dataclass(frozen=True)
class Heard:
    """One exchange as an evaluator reads it: what was asked is their own text, or the chair's wording."""

    chair_question_id: uuid.UUID
    is_own: bool
    asked: str
    audience: Audience | None
    answer: str | None
    asked_at: datetime
    answered_at: datetime | None


def list_heard(score: Score) -> list[Heard]:
    """What the evaluator who is signed in asked about this score's question and application, and answers to all."""
    rows = session.execute(
        sa.text("SELECT * FROM list_heard(:application, :question)"),
        {"application": score.sheet.application_id, "question": score.question_id},
    )
    return [
        Heard(key, is_own, asked, Audience(audience) if audience else None, answer, asked_at, answered_at)
        for key, is_own, asked, audience, answer, asked_at, answered_at in rows
    ]


def list_chair_questions(person: Person, round_: Round, page: int = 1) -> Page:
    """The round's questions to the chair that this person may read, those waiting first: two statements."""
    chosen = _readable(person).where(Application.round_id == round_.id)
    total = session.execute(sa.select(sa.func.count()).select_from(chosen.subquery())).scalar_one()
    rows = session.scalars(
        chosen.outerjoin(ChairQuestion.answer)
        .order_by(ChairAnswer.id.is_not(None), ChairQuestion.created_at.desc(), ChairQuestion.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .options(*_whole(), contains_eager(ChairQuestion.answer).joinedload(ChairAnswer.answered_by))
    ).unique()
    return Page(rows.all(), page, total)


def get_chair_question(person: Person, chair_question_id: uuid.UUID) -> ChairQuestion:
    """A question to the chair, for commissioners who declared no conflict and auditors; else `NotFound`."""
    found = (
        session.scalars(
            _readable(person)
            .where(ChairQuestion.id == chair_question_id)
            .options(*_whole(), joinedload(ChairQuestion.answer).joinedload(ChairAnswer.answered_by))
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        raise NotFound
    return found


def count_waiting(person: Person, round_: Round) -> int:
    """How many questions to the chair this person could answer."""
    waiting = (
        _readable(person)
        .outerjoin(ChairQuestion.answer)
        .where(Application.round_id == round_.id, ChairAnswer.id.is_(None))
    )
    return session.execute(sa.select(sa.func.count()).select_from(waiting.subquery())).scalar_one()


def list_chairs(application: Application) -> Sequence[Person]:
    """Who may answer about this application: commissioners who declared that they have no conflict with it."""
    return (
        session.scalars(
            sa.select(Person)
            .join(ConflictDeclaration, ConflictDeclaration.person_id == Person.id)
            .where(
                ConflictDeclaration.application_id == application.id,
                ~ConflictDeclaration.has_conflict,
                ~Person.is_disabled,
                sa.exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.COMMISSIONER),
            )
            .order_by(Person.full_name, Person.id)
        )
        .unique()
        .all()
    )


def _readable(person: Person) -> sa.Select[ChairQuestion]:
    """The database says which of them; an evaluator's own are on the evaluator's own pages."""
    return (
        sa.select(ChairQuestion)
        .join(ChairQuestion.application)
        .where(
            sa.literal(person.holds(Role.COMMISSIONER, Role.AUDITOR)), ChairQuestion.asked_by_id != person.id
        )
    )


def _whole() -> tuple[sa.orm.strategy_options._AbstractLoad, ...]:
    application = contains_eager(ChairQuestion.application)
    return (
        application.joinedload(Application.round, innerjoin=True),
        application.joinedload(Application.organisation, innerjoin=True),
        joinedload(ChairQuestion.question, innerjoin=True),
        joinedload(ChairQuestion.asked_by, innerjoin=True),
    )
