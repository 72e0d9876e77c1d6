"""The working copy as a Word file, to be drafted in and shared away from the portal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from portal.applications.models import Answer, Application
from portal.applications.queries import Progress, SectionProgress
from portal.applications.services.answers import clean_text
from portal.applications.states import Exclusion
from portal.core import clock
from portal.core.ui import money, uk_datetime
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind, SectionKind

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

K = QuestionKind


def compose_word_file(application: Application, progress: Progress) -> BinaryIO:
    """All questions with guidance, word limits and the answers as they stand, prices and names of files.

    The headings are Word's own, so that screen readers and the navigation pane find them. Writes nothing.
    """
    from docx import Document

    document = Document()
    _prepare(document, application)
    for one in progress.sections:
        _section(document, one, progress)
    file = BytesIO()
    document.save(file)
    file.seek(0)
    return file


def _prepare(document: WordDocument, application: Application) -> None:
    properties = document.core_properties
    properties.title = f"{application.round.title}: application {application.reference}"
    properties.author = application.organisation.name
    properties.language = "en-GB"
    properties.comments = ""
    document.add_heading(clean_text(application.round.title), level=0)
    _say(document, f"{application.organisation.name}, application {application.reference}")
    _say(document, f"As it stood on {uk_datetime(clock.now())}.")
    _say(
        document,
        f"The deadline is {uk_datetime(application.round.submission_deadline)}. This file is for drafting: what"
        " you write here is not part of the application until it is typed or pasted into the portal.",
    )


def _section(document: WordDocument, one: SectionProgress, progress: Progress) -> None:
    document.add_heading(clean_text(one.section.title), level=1)
    if one.section.guidance:
        _say(document, one.section.guidance, style="Intense Quote")
    if one.section.kind == SectionKind.PRICE:
        _prices(document, progress)
        return
    for question in one.questions:
        _question(document, question, progress.answers.get(question.id))


def _question(document: WordDocument, question: Question, answer: Answer | None) -> None:
    optional = "" if question.is_required else " (optional)"
    document.add_heading(clean_text(f"{question.number} {question.text}{optional}"), level=2)
    if question.guidance:
        _say(document, question.guidance, style="Quote")
    if question.word_limit is not None:
        _say(document, f"Up to {question.word_limit:,} words.", style="Quote")
    if question.choices:
        _say(document, f"Choose from: {'; '.join(question.choices)}.", style="Quote")
    said = answer_in_words(question, answer.value if answer is not None else None)
    if question.kind != K.FILE:
        _say(document, said or "Not answered yet.")
    _files(document, question, answer)


def _files(document: WordDocument, question: Question, answer: Answer | None) -> None:
    evidence = answer.evidence if answer is not None else []
    for one in evidence:
        document.add_paragraph(clean_text(one.document.original_name), style="List Bullet")
    if answer is not None and answer.obtained_on_award:
        _say(document, "To be obtained on award.")
    elif question.kind == K.FILE and not evidence:
        _say(document, "No file uploaded yet.")


def _prices(document: WordDocument, progress: Progress) -> None:
    fees = progress.schedule.fees
    for label in dict.fromkeys(cell.cell.placement_type for cell in progress.schedule.cells):
        document.add_heading(clean_text(label), level=2)
        table = document.add_table(rows=1, cols=3, style="Table Grid")
        _row(table.rows[0], "Age", "Need", "Weekly fee")
        for one in progress.schedule.cells:
            if one.cell.placement_type == label:
                fee = fees.get(one.id)
                said = (
                    "Not filled in yet"
                    if one.id not in fees
                    else "Not offered"
                    if fee is None
                    else money(fee)
                )
                _row(table.add_row(), one.cell.age_band, one.cell.need_category, said)


def _row(row: Any, *texts: str) -> None:
    for cell, text in zip(row.cells, texts, strict=True):
        cell.text = clean_text(text)


def answer_in_words(question: Question, value: Any) -> str:
    """An answer as somebody reads it; nothing for none."""
    if value is None:
        return ""
    return IN_WORDS.get(question.kind, str)(value)


def _exclusion(value: Any) -> str:
    applies = value.get("applies")
    label = Exclusion(applies).label if applies else "No choice made"
    return "\n\n".join(filter(None, (label, value.get("explanation"))))


IN_WORDS: dict[QuestionKind, Callable[[Any], str]] = {
    K.YES_NO: lambda value: "Yes" if value else "No",
    K.DECLARATION: lambda _: "Confirmed",
    K.SEVERAL_CHOICES: "\n".join,
    K.DATE: lambda value: "/".join(reversed(value.split("-"))),
    K.MONEY: lambda value: money(Decimal(value)),
    K.EXCLUSION: _exclusion,
}


def _say(document: WordDocument, text: str, style: str | None = None) -> None:
    for part in clean_text(text).split("\n\n"):
        document.add_paragraph(part.strip("\n"), style=style)
