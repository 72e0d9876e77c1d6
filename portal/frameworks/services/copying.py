"""Giving a new round the question set and basket of another."""

from __future__ import annotations

import uuid
from typing import Any

from portal.core.db import session
from portal.frameworks import queries
from portal.frameworks.models import BasketVolume, Question, Round, Section
from portal.frameworks.services.weights import spread_quality_weight
from portal.frameworks.services.wording import QuestionTerms, SectionTerms


def copy_set(source: Round, into: Round) -> None:
    """Copy sections, questions as they stand amended, conditions and basket; weights fit the new quality weight."""
    copies: dict[uuid.UUID, Question] = {}
    for section in queries.list_sections(source):
        made = Section(round_id=into.id, position=section.position, **_values(section, SectionTerms))
        session.add(made)
        session.flush()
        for question in section.questions:
            copies[question.id] = _copy(question, made, copies)
    session.add_all(
        BasketVolume(round_id=into.id, cell_id=volume.cell_id, weeks=volume.weeks, ceiling=volume.ceiling)
        for volume in queries.list_volumes(source).values()
    )
    session.flush()
    session.expire(into, ["sections"])
    spread_quality_weight(into)


def _copy(question: Question, into: Section, copies: dict[uuid.UUID, Question]) -> Question:
    values = _values(question, QuestionTerms)
    if question.shown_when_question_id is not None:
        values["shown_when_question_id"] = copies[question.shown_when_question_id].id
    made = Question(section_id=into.id, position=question.position, number=question.number, **values)
    session.add(made)
    session.flush()
    return made


def _values(thing: Any, terms: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in terms.__dataclass_fields__}
