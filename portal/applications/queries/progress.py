"""How far an application is: what each section asks, what is answered, and every gap with its reason."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.applications.models import Answer, Application, BidPrice
from portal.applications.queries.reading import list_answers, list_prices
from portal.applications.states import Exclusion
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.queries import CellRow
from portal.frameworks.states import QuestionKind, SectionKind


@dataclass(frozen=True)
class AskedCell:
    """A cell of the price schedule that this round asks for. `ceiling`: pounds a week, or None."""

    cell: CellRow
    ceiling: Decimal | None

    @property
    def id(self) -> int:
        return self.cell.id

    @property
    def label(self) -> str:
        return (
            f"{self.cell.placement_type}, {self.cell.need_category.lower()} need, aged {self.cell.age_band}"
        )


@dataclass(frozen=True)
class Schedule:
    """The price schedule of a round and what the applicant has filled in, by cell id."""

    cells: Sequence[AskedCell]
    prices: Mapping[int, BidPrice]

    @property
    def missing(self) -> list[AskedCell]:
        return [cell for cell in self.cells if cell.id not in self.prices]

    @property
    def above_ceiling(self) -> list[AskedCell]:
        return [cell for cell in self.cells if self._breaks(cell)]

    def of_type(self, code: str) -> Schedule:
        return Schedule([cell for cell in self.cells if cell.cell.type_code == code], self.prices)

    @property
    def types(self) -> dict[str, str]:
        """Placement types asked for, in order: label by code."""
        return {cell.cell.type_code: cell.cell.placement_type for cell in self.cells}

    @property
    def fees(self) -> dict[int, Decimal | None]:
        """What is filled in; None means not offered."""
        asked = {cell.id for cell in self.cells}
        return {cell_id: price.weekly_fee for cell_id, price in self.prices.items() if cell_id in asked}

    @property
    def problem(self) -> str | None:
        """Why the schedule cannot be submitted, or None."""
        if self.missing:
            return f"{len(self.missing)} of {len(self.cells)} cells have neither a price nor “not offered”"
        if self.above_ceiling:
            return f"{len(self.above_ceiling)} prices are above the ceiling of this round"
        if not any(fee is not None for fee in self.fees.values()):
            return "Nothing is offered: give at least one price"
        return None

    def _breaks(self, cell: AskedCell) -> bool:
        price = self.prices.get(cell.id)
        fee = price.weekly_fee if price is not None else None
        return fee is not None and cell.ceiling is not None and fee > cell.ceiling


@dataclass(frozen=True)
class Gap:
    """What keeps a question from being ready to submit."""

    question: Question
    problem: str


@dataclass(frozen=True)
class SectionProgress:
    """One row of the task list."""

    section: Section
    asked: int
    answered: int
    gaps: list[Gap] = field(default_factory=list)

    @property
    def status(self) -> str:
        if not self.gaps:
            return "Complete"
        if not self.answered:
            return "Not started"
        return "Needs attention" if self.answered == self.asked else "In progress"

    @property
    def tone(self) -> str | None:
        tones = {"In progress": "info", "Not started": "neutral", "Needs attention": "warning"}
        return tones.get(self.status)


@dataclass(frozen=True)
class Progress:
    """The whole working copy: sections with their state, the answers and the price schedule behind them."""

    sections: list[SectionProgress]
    answers: Mapping[uuid.UUID, Answer]
    schedule: Schedule

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


def asked_sections(round_: Round) -> list[Section]:
    """The sections of the round that ask questions, with their questions."""
    return [section for section in frameworks.list_sections(round_) if asks_something(section)]


def asks_something(section: Section) -> bool:
    """The declaration is signed on a page of its own, and an empty section asks nothing."""
    return bool(section.questions) and section.kind != SectionKind.DECLARATION


def list_asked_cells(round_: Round) -> list[AskedCell]:
    """The cells of the round's basket, or the whole schedule where it has none, in the lists' order."""
    volumes = frameworks.list_volumes(round_)
    return [
        AskedCell(cell, volumes[cell.id].ceiling if cell.id in volumes else None)
        for cell in frameworks.list_cells()
        if not volumes or cell.id in volumes
    ]


def get_schedule(application: Application) -> Schedule:
    """The price schedule with the working prices."""
    return Schedule(list_asked_cells(application.round), list_prices(application))


def get_progress(application: Application) -> Progress:
    """How far the working copy is, read afresh."""
    answers, schedule = list_answers(application), get_schedule(application)
    sections = [_progress_of(section, answers, schedule) for section in asked_sections(application.round)]
    return Progress(sections, answers, schedule)


def problem_with(question: Question, answer: Answer | None, schedule: Schedule) -> str | None:
    """Why this question is not ready to submit, or None."""
    if question.kind == QuestionKind.PRICE_SCHEDULE:
        return schedule.problem
    if question.kind == QuestionKind.FILE:
        return _problem_with_files(question, answer)
    value = answer.value if answer is not None else None
    if is_blank(value):
        return "Not answered" if question.is_required else None
    if question.kind == QuestionKind.EXCLUSION:
        return _problem_with_exclusion(value)
    over = words_over(question, value)
    return (
        f"{over} {'word' if over == 1 else 'words'} over the limit of {question.word_limit}" if over else None
    )


def is_answered(question: Question, answer: Answer | None, schedule: Schedule) -> bool:
    """Has anything been said to this question?"""
    if question.kind == QuestionKind.PRICE_SCHEDULE:
        return not schedule.missing
    if answer is None:
        return False
    return bool(answer.evidence) if question.kind == QuestionKind.FILE else not is_blank(answer.value)


def is_blank(value: Any) -> bool:
    """Nothing said: false is an answer, an empty text, list or choice is not."""
    if isinstance(value, dict):
        return not value.get("applies")
    return value is None or value in ("", [])


def count_words(text: str) -> int:
    """Words as the page counts them: runs of anything but space."""
    return len(text.split())


def words_over(question: Question, value: Any) -> int:
    """By how many words a text is over its limit; 0 where there is none."""
    if question.word_limit is None or not isinstance(value, str):
        return 0
    return max(0, count_words(value) - question.word_limit)


def _progress_of(
    section: Section, answers: Mapping[uuid.UUID, Answer], schedule: Schedule
) -> SectionProgress:
    gaps = []
    for question in section.questions:
        problem = problem_with(question, answers.get(question.id), schedule)
        if problem is not None:
            gaps.append(Gap(question, problem))
    if section.kind == SectionKind.PRICE:
        asked, answered = len(schedule.cells), len(schedule.cells) - len(schedule.missing)
    else:
        asked = len(section.questions)
        answered = sum(is_answered(one, answers.get(one.id), schedule) for one in section.questions)
    return SectionProgress(section, asked, answered, gaps)


def _problem_with_files(question: Question, answer: Answer | None) -> str | None:
    documents = [evidence.document for evidence in answer.evidence] if answer is not None else []
    if not documents:
        return "No file uploaded" if question.is_required else None
    states = {document.state for document in documents}
    if DocumentState.INFECTED in states:
        return "A file is infected: remove it and upload a clean one"
    if DocumentState.UNREADABLE in states:
        return "A file could not be read by the scanner: remove it and upload it again"
    return None


def _problem_with_exclusion(value: Any) -> str | None:
    explained = bool(str(value.get("explanation", "")).strip())
    if value["applies"] != Exclusion.NO and not explained:
        return "Say what happened and what was done about it"
    return None
