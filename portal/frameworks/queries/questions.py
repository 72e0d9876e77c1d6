"""Reads of a round's sections and questions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from portal.accounts.models import Person
from portal.core.catalogue import kept
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.queries.rounds import get_round


@dataclass(frozen=True)
class QuestionTotals:
    """How many questions are scored, and what their weights add up to."""

    scored: int
    weight: Decimal


def list_sections(round_: Round) -> Sequence[Section]:
    """The round's sections in order, each with its questions in order."""
    return _list_sections(round_.id)


@kept
def _list_sections(round_id: uuid.UUID) -> Sequence[Section]:
    found = session.scalars(
        sa.select(Section)
        .where(Section.round_id == round_id)
        .order_by(Section.position)
        .options(selectinload(Section.questions))
    ).all()
    known = {question.id: question for section in found for question in section.questions}
    for section in found:
        for question in section.questions:
            set_committed_value(question, "section", section)
            awaited = known.get(question.shown_when_question_id) if question.shown_when_question_id else None
            set_committed_value(question, "shown_when_question", awaited)
    return found


def list_scored_questions(round_: Round) -> Sequence[Question]:
    """The scored questions in the order they are asked."""
    return session.scalars(
        sa.select(Question)
        .join(Section)
        .where(Section.round_id == round_.id, Question.weight.is_not(None))
        .order_by(Section.position, Question.position)
    ).all()


def total_questions(round_: Round) -> QuestionTotals:
    """What the scored questions add up to."""
    counted, weight = session.execute(
        sa.select(sa.func.count(Question.weight), sa.func.sum(Question.weight))
        .join(Section)
        .where(Section.round_id == round_.id)
    ).one()
    return QuestionTotals(counted, weight or Decimal(0))


def get_section(person: Person, section_id: uuid.UUID) -> Section:
    """A section of a round this person may know of. Raises `NotFound`."""
    found = session.get(Section, section_id)
    if found is None:
        raise NotFound
    get_round(person, found.round_id)
    return found


def get_question(person: Person, question_id: uuid.UUID) -> Question:
    """A question of a round this person may know of. Raises `NotFound`."""
    found = session.get(Question, question_id)
    if found is None:
        raise NotFound
    get_section(person, found.section_id)
    return found


def list_questions(round_: Round) -> list[Question]:
    """Every question of the round in the order it is asked."""
    return [question for section in list_sections(round_) for question in section.questions]
