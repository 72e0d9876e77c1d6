"""What stands between a draft and its publication, as the guards of publishing ask about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.frameworks.models import Question, Round, Section
from portal.frameworks.queries.conditions import find_condition
from portal.frameworks.queries.prices import count_basket_weeks
from portal.frameworks.queries.questions import list_sections, total_questions
from portal.frameworks.states import QuestionKind, SectionKind


@dataclass(frozen=True)
class SetProblem:
    """Something wrong with the question set, and the section or question it is to be put right in."""

    text: str
    section: Section | None = None
    question: Question | None = None


def publication_facts(round_: Round, now: datetime) -> dict[str, Any]:
    """What the guards of publishing ask about."""
    totals = total_questions(round_)
    return {
        "now": now,
        "question_weight": totals.weight,
        "scored_questions": totals.scored,
        "basket_weeks": count_basket_weeks(round_),
        "set_problems": list_set_problems(round_),
    }


def list_set_problems(round_: Round) -> list[SetProblem]:
    """Every reason for which the question set cannot be published, but for its weights."""
    sections = list_sections(round_)
    return [*_missing(sections), *_empty(sections), *_broken_conditions(sections)]


def _missing(sections: Sequence[Section]) -> Iterator[SetProblem]:
    kinds = [question.kind for section in sections for question in section.questions]
    if QuestionKind.PRICE_SCHEDULE not in kinds:
        yield SetProblem("Nothing asks for the price schedule. Add a section of the kind “Price”.")
    if SectionKind.DECLARATION not in {section.kind for section in sections}:
        yield SetProblem("There is no declaration to sign. Add a section of that kind.")


def _empty(sections: Sequence[Section]) -> Iterator[SetProblem]:
    for section in sections:
        if section.kind == SectionKind.DECLARATION and not section.guidance.strip():
            yield SetProblem(f"The declaration in “{section.title}” has no words to sign.", section)
        if section.kind != SectionKind.DECLARATION and not section.questions:
            yield SetProblem(f"Section {section.position}, “{section.title}”, asks nothing.", section)


def _broken_conditions(sections: Sequence[Section]) -> Iterator[SetProblem]:
    asked = set()
    for section in sections:
        for question in section.questions:
            if question.shown_when_question_id is not None and (
                question.shown_when_question_id not in asked or find_condition(question) is None
            ):
                yield SetProblem(
                    f"Question {question.number} waits for an answer that cannot be given before it.",
                    question=question,
                )
            asked.add(question.id)
