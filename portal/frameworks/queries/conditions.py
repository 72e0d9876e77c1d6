"""Conditional questions: when one is asked, and which answers a question may wait for. Pure functions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind

# An exclusion ground that applies, put right or not: the two answers that an officer has to read about.
APPLIES = frozenset({"yes", "self_cleaned"})


@dataclass(frozen=True)
class Condition:
    """An answer that another question may wait for. `label` is how the answer reads."""

    question: Question
    value: str
    label: str


def is_asked(question: Question, answers: Mapping[uuid.UUID, Any]) -> bool:
    """Does the question apply, given the values answered so far by question id?

    One that waits for another is asked only when that one is asked itself and answered as it should be.
    """
    awaited = question.shown_when_question
    if awaited is None:
        return True
    return is_asked(awaited, answers) and _is_answered(
        awaited.kind, answers.get(awaited.id), question.shown_when_value
    )


def _is_answered(kind: QuestionKind, value: Any, wanted: str | None) -> bool:
    if kind == QuestionKind.YES_NO:
        return value is (wanted == "yes")
    if kind == QuestionKind.EXCLUSION:
        applies = value.get("applies") if isinstance(value, dict) else None
        return applies in APPLIES if wanted == "yes" else applies == wanted
    if kind == QuestionKind.SEVERAL_CHOICES:
        return wanted in (value or ())
    return bool(value == wanted)


def list_conditions(question: Question) -> list[Condition]:
    """The answers to this question that a later one may wait for. None for what is not chosen from a list."""
    return [Condition(question, value, label) for value, label in _answers(question)]


def _answers(question: Question) -> Sequence[tuple[str, str]]:
    if question.kind == QuestionKind.YES_NO:
        return [("yes", "Yes"), ("no", "No")]
    if question.kind == QuestionKind.EXCLUSION:
        return [("yes", "Yes, put right or not"), ("no", "No")]
    return [(choice, choice) for choice in question.choices] if question.kind.has_choices else []


def find_condition(question: Question) -> Condition | None:
    """What the question waits for, or None when it is always asked or waits for what can no longer be said."""
    awaited = question.shown_when_question
    if awaited is None:
        return None
    return next((one for one in list_conditions(awaited) if one.value == question.shown_when_value), None)


def list_depending(question: Question, among: Iterable[Question]) -> list[Question]:
    """The questions that are asked only because of an answer to this one."""
    return [one for one in among if one.shown_when_question_id == question.id]
