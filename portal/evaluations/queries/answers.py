"""Answers as submitted, in words fit to be shown beside a finding or a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.applications.models import Submission
from portal.applications.states import Exclusion
from portal.core.ui import money, uk_date
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind


@dataclass(frozen=True)
class AnswerShown:
    """An answer as text, what explains it, and its files (`id`, `name`, `kind`, `size`, `dates` in words)."""

    text: str
    explanation: str
    files: list[dict[str, Any]]
    is_exclusion_yes: bool
    is_obtained_on_award: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.files or self.is_obtained_on_award)


NOTHING = AnswerShown("", "", [], is_exclusion_yes=False)


def answer_to(submission: Submission | None, question: Question) -> AnswerShown:
    """What the standing submission answers to this question."""
    return list_answers(submission).get(str(question.id), NOTHING)


def list_answers(submission: Submission | None) -> dict[str, AnswerShown]:
    """Every answer of a submission, by the question's id as text. Prices are not among them."""
    if submission is None:
        return {}
    return {
        question["id"]: _shown(question)
        for section in submission.content["sections"]
        for question in section["questions"]
    }


def _shown(question: Mapping[str, Any]) -> AnswerShown:
    value = question["answer"]
    files = [{**file, "dates": _dates(file)} for file in question["files"]]
    if question["kind"] == QuestionKind.EXCLUSION and isinstance(value, dict):
        applies = Exclusion(value.get("applies") or Exclusion.NO)
        return AnswerShown(
            applies.label,
            str(value.get("explanation") or ""),
            files,
            is_exclusion_yes=applies != Exclusion.NO,
        )
    return AnswerShown(
        _words(question["kind"], value),
        "",
        files,
        is_exclusion_yes=False,
        is_obtained_on_award=bool(question.get("obtained_on_award")),
    )


def _dates(file: Mapping[str, Any]) -> str:
    """When a document was issued and when it expires, as far as the applicant said so."""
    said = [(words, file.get(name)) for words, name in (("issued", "issued_on"), ("expires", "expires_on"))]
    return ", ".join(f"{words} {uk_date(date.fromisoformat(day))}" for words, day in said if day)


def _words(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    if kind == QuestionKind.MONEY:
        return money(Decimal(str(value)))
    if kind == QuestionKind.DATE:
        return uk_date(date.fromisoformat(str(value)))
    return str(value)
