"""How far an application is: what each section asks, what is answered, and every gap with its reason.

The one place that says what is missing: pages, submitting, reminders and the instruction to submit by itself
all ask here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.applications.models import Answer, Application
from portal.applications.queries.reading import (
    Said,
    list_answers,
    list_prices,
    list_prices_of,
    list_said_of,
)
from portal.applications.queries.schedule import Schedule, list_asked_cells
from portal.applications.states import Exclusion
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.queries import QuestionChange
from portal.frameworks.states import EvidenceRule, QuestionKind, SectionKind

Answers = Mapping[uuid.UUID, Answer] | Mapping[uuid.UUID, Said]
Changes = Mapping[uuid.UUID, QuestionChange]

# Runs of anything but what ECMAScript calls white space, so that the page counts the same words as it is typed.
WORD = re.compile(r"[^\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")


@dataclass(frozen=True)
class Gap:
    """What keeps a question from being ready to submit.

    `is_check`: it is answered, and somebody must look at the answer. `endpoint` and `ids` name the page and the
    place on it where it is put right, for `url_for` or `link`.
    """

    application_id: uuid.UUID
    section: Section
    question: Question
    problem: str
    is_check: bool

    @property
    def endpoint(self) -> str:
        is_price = self.question.kind == QuestionKind.PRICE_SCHEDULE
        return "applications.prices" if is_price else "applications.section"

    @property
    def ids(self) -> dict[str, Any]:
        of_application: dict[str, Any] = {"application_id": self.application_id}
        if self.question.kind == QuestionKind.PRICE_SCHEDULE:
            return of_application
        place = {"section_id": self.section.id, "_anchor": f"question-{self.question.id}"}
        return of_application | place


@dataclass(frozen=True)
class SectionProgress:
    """One row of the task list. `questions` are those asked, as the answers stand."""

    section: Section
    questions: Sequence[Question]
    asked: int
    answered: int
    gaps: Sequence[Gap]

    @property
    def status(self) -> str:
        if not self.gaps:
            return "Complete"
        if all(gap.is_check for gap in self.gaps):
            return "Check this"
        return "In progress" if self.answered else "Not started"

    @property
    def tone(self) -> str | None:
        return {"In progress": "info", "Not started": "neutral", "Check this": "warning"}.get(self.status)

    @property
    def to_check(self) -> int:
        return sum(gap.is_check for gap in self.gaps)


@dataclass(frozen=True)
class Survey:
    """How far a working copy is: its sections with their state."""

    sections: list[SectionProgress]

    @property
    def gaps(self) -> list[Gap]:
        return [gap for section in self.sections for gap in section.gaps]

    @property
    def is_complete(self) -> bool:
        return not self.gaps

    @property
    def asked(self) -> int:
        return sum(section.asked for section in self.sections)

    @property
    def answered(self) -> int:
        return sum(section.answered for section in self.sections)


@dataclass(frozen=True)
class Progress(Survey):
    """The same with the answers and the price schedule that it rests on."""

    answers: Mapping[uuid.UUID, Answer]
    schedule: Schedule


def list_gaps(application: Application) -> list[Gap]:
    """Everything that keeps the working copy from being submitted, in the order of the questions."""
    return get_progress(application).gaps


def get_progress(application: Application) -> Progress:
    """How far the working copy is, read afresh."""
    answers = list_answers(application)
    schedule = Schedule(list_asked_cells(application.round), list_prices(application))
    return Progress(_look_at(application, answers, schedule), answers, schedule)


def survey(application: Application) -> Survey:
    """How far the working copy is, for a page that shows none of the answers, at half the cost."""
    return survey_of([application])[application.id]


def survey_of(applications: Sequence[Application]) -> dict[uuid.UUID, Survey]:
    """How far each working copy is, by application id: as many statements as for one, but for their rounds'."""
    said, prices = list_said_of(applications), list_prices_of(applications)
    return {
        one.id: Survey(_look_at(one, said[one.id], Schedule(list_asked_cells(one.round), prices[one.id])))
        for one in applications
    }


def _look_at(application: Application, said: Answers, schedule: Schedule) -> list[SectionProgress]:
    changes = frameworks.changes_by_question(application.round)
    look = _Look(application, said, values_of(said), schedule, changes)
    return [look.at(section) for section in asked_sections(application.round)]


def values_of(answers: Answers) -> dict[uuid.UUID, Any]:
    """The answers' values alone, by question id: what decides which questions are asked."""
    return {question_id: answer.value for question_id, answer in answers.items()}


def asked_sections(round_: Round) -> list[Section]:
    """The sections that ask something, with their questions; the declaration is signed, not answered."""
    return [section for section in frameworks.list_sections(round_) if asks_something(section)]


def list_answered_questions(round_: Round) -> list[Question]:
    """The questions that are answered in words, choices or files: all but the price schedule."""
    return [
        question
        for section in asked_sections(round_)
        for question in section.questions
        if question.kind != QuestionKind.PRICE_SCHEDULE
    ]


def asks_something(section: Section) -> bool:
    """Is there anything to answer in this section?"""
    return bool(section.questions) and section.kind != SectionKind.DECLARATION


def problem_with(question: Question, answer: Answer | Said | None, schedule: Schedule) -> str | None:
    """Why this question is not ready to submit, or None."""
    if question.kind == QuestionKind.PRICE_SCHEDULE:
        return schedule.problem
    if question.kind != QuestionKind.FILE:
        problem = _problem_with_value(question, answer.value if answer is not None else None)
        if problem is not None:
            return problem
    return _problem_with_files(question, answer)


def reason_to_check(answer: Answer | Said | None, change: QuestionChange | None) -> str | None:
    """Why somebody must look at an answer again before it is submitted, or None."""
    if answer is None or not (answer.file_states or answer.obtained_on_award or not is_blank(answer.value)):
        return None
    if answer.carried_from is not None:
        return f"Check this: carried over from {answer.carried_from}"
    if change is not None and change.amended_at > answer.answered_at:
        return f"Check this: the question was changed by amendment {change.number}"
    return None


def is_answered(question: Question, answer: Answer | Said | None, schedule: Schedule) -> bool:
    """Has anything been said to this question?"""
    if question.kind == QuestionKind.PRICE_SCHEDULE:
        return not schedule.missing
    if answer is None:
        return False
    if question.kind == QuestionKind.FILE:
        return bool(answer.file_states) or answer.obtained_on_award
    return not is_blank(answer.value)


def is_blank(value: Any) -> bool:
    """Nothing said: false is an answer, an empty text, list or choice is not."""
    if isinstance(value, dict):
        return not value.get("applies")
    return value is None or value in ("", [])


def count_words(text: str) -> int:
    """Words as the page counts them: runs of anything but white space."""
    return len(WORD.findall(text))


def words_over(question: Question, value: Any) -> int:
    """By how many words a text is over its limit; 0 where there is none."""
    if question.word_limit is None or not isinstance(value, str):
        return 0
    return max(0, count_words(value) - question.word_limit)


@dataclass(frozen=True)
class _Look:
    """Everything that a section's progress follows from."""

    application: Application
    answers: Answers
    values: Mapping[uuid.UUID, Any]
    schedule: Schedule
    changes: Changes

    def at(self, section: Section) -> SectionProgress:
        asked = [question for question in section.questions if frameworks.is_asked(question, self.values)]
        gaps = [gap for question in asked if (gap := self._gap(section, question)) is not None]
        if section.kind == SectionKind.PRICE:
            cells = len(self.schedule.cells)
            return SectionProgress(section, asked, cells, cells - len(self.schedule.missing), gaps)
        answered = sum(is_answered(one, self.answers.get(one.id), self.schedule) for one in asked)
        return SectionProgress(section, asked, len(asked), answered, gaps)

    def _gap(self, section: Section, question: Question) -> Gap | None:
        answer = self.answers.get(question.id)
        problem = problem_with(question, answer, self.schedule)
        check = reason_to_check(answer, self.changes.get(question.id))
        if problem is None and check is None:
            return None
        is_said = is_answered(question, answer, self.schedule)
        return Gap(self.application.id, section, question, problem or check or "", is_said)


def _problem_with_value(question: Question, value: Any) -> str | None:
    if is_blank(value):
        return "Not answered" if question.is_required else None
    if question.kind == QuestionKind.EXCLUSION:
        return _problem_with_exclusion(value)
    if question.kind.has_choices:
        return _problem_with_choices(question, value)
    over = words_over(question, value)
    words = "word" if over == 1 else "words"
    return f"{over} {words} over the limit of {question.word_limit}" if over else None


def _problem_with_choices(question: Question, value: Any) -> str | None:
    """An answer that went back to what was submitted may be worded as before an amendment."""
    chosen = value if isinstance(value, list) else [value]
    return None if set(chosen) <= set(question.choices) else "Choose again: the choices have been corrected"


def _problem_with_files(question: Question, answer: Answer | Said | None) -> str | None:
    if answer is not None and answer.obtained_on_award and question.may_be_obtained_on_award:
        return None
    states = answer.file_states if answer is not None else []
    if not states:
        return "No file uploaded" if _needs_file(question, answer) else None
    if DocumentState.INFECTED in states:
        return "A file is infected: remove it and upload a clean one"
    if DocumentState.UNREADABLE in states:
        return "A file could not be read by the scanner: remove it and upload it again"
    return None


def _needs_file(question: Question, answer: Answer | Said | None) -> bool:
    if question.kind == QuestionKind.FILE:
        return question.is_required
    is_said = answer is not None and not is_blank(answer.value)
    return question.evidence == EvidenceRule.REQUIRED and (question.is_required or is_said)


def _problem_with_exclusion(value: Any) -> str | None:
    explained = bool(str(value.get("explanation", "")).strip())
    if value["applies"] != Exclusion.NO and not explained:
        return "Say what happened and what was done about it"
    return None
