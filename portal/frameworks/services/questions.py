"""Editing a draft's question set: sections and questions added, changed, moved and removed.

Who: commissioners, while the round is a draft. The database refuses the same afterwards (`set_frozen`).
"""

from __future__ import annotations

from typing import Any

from portal.accounts.models import Person
from portal.core import audit
from portal.core.db import session
from portal.core.errors import Refused, on_constraint
from portal.frameworks import queries
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.services.layout import begin_editing, lay_out, layout_of
from portal.frameworks.services.wording import (
    QuestionTerms,
    SectionTerms,
    check_awaited,
    check_question,
    check_section,
    check_seen,
    columns_of,
)

on_constraint(
    "set_frozen", "This round has been published, so its questions can change only by an amendment."
)


def add_section(round_: Round, terms: SectionTerms, *, by: Person) -> Section:
    """Add a section at the end. Raises `Invalid` beside the field."""
    begin_editing(round_, by)
    sections = queries.list_sections(round_)
    check_section(terms, sections)
    made = Section(round_id=round_.id, position=len(sections) + 1, **vars(terms))
    session.add(made)
    session.flush()
    session.expire(round_, ["sections"])
    _record("section.added", made, round_, by)
    return made


def edit_section(section: Section, terms: SectionTerms, *, by: Person, seen: str | None = None) -> None:
    """Change a section's title and words; its kind stays. Raises `Invalid` beside the field, or `Stale`."""
    round_ = section.round
    begin_editing(round_, by)
    session.refresh(section)
    check_seen(section, seen)
    check_section(terms, [other for other in queries.list_sections(round_) if other != section])
    section.title, section.guidance = terms.title, terms.guidance
    session.flush()
    _record("section.edited", section, round_, by)


def move_section(section: Section, step: int, *, by: Person, seen_position: int) -> None:
    """Move a section one place up (-1) or down (1). A second press of the same button changes nothing."""
    round_ = section.round
    begin_editing(round_, by)
    session.refresh(section)
    if section.position != seen_position:
        return
    layout = layout_of(round_)
    _swap(layout, section.position - 1, step)
    lay_out(round_, layout)
    _record("section.moved", section, round_, by)


def remove_section(section: Section, *, by: Person) -> None:
    """Remove a section with its questions, unless a question elsewhere waits for one of them: `Refused`."""
    round_ = section.round
    begin_editing(round_, by)
    layout = [(other, questions) for other, questions in layout_of(round_) if other != section]
    for question in section.questions:
        _refuse_if_awaited(question, [one for _, questions in layout for one in questions])
    _record("section.removed", section, round_, by)
    for question in section.questions:
        session.delete(question)
    session.flush()
    session.delete(section)
    session.flush()
    lay_out(round_, layout)


def add_question(section: Section, terms: QuestionTerms, *, by: Person) -> Question:
    """Add a question at the end of a section. Raises `Invalid` beside the field."""
    round_ = section.round
    begin_editing(round_, by)
    check_question(terms, section, _asked_before(section, None))
    place = len(section.questions) + 1
    made = Question(
        section_id=section.id,
        position=place,
        number=f"{section.position}.{place}",
        **columns_of(terms),
    )
    session.add(made)
    session.flush()
    session.expire(section, ["questions"])
    _record("question.added", made, round_, by)
    return made


def edit_question(question: Question, terms: QuestionTerms, *, by: Person, seen: str | None = None) -> None:
    """Change a question in any way. Raises `Invalid` beside the field, or `Stale`.

    Refused where other questions wait for an answer that could no longer be given.
    """
    section, round_ = question.section, question.section.round
    begin_editing(round_, by)
    session.refresh(question)
    check_seen(question, seen)
    check_question(terms, section, _asked_before(section, question), own=question)
    check_awaited(question, terms, queries.list_questions(round_))
    for name, value in columns_of(terms).items():
        setattr(question, name, value)
    session.flush()
    session.expire(question, ["shown_when_question"])
    _record("question.edited", question, round_, by)


def move_question(question: Question, step: int, *, by: Person, seen_position: int) -> None:
    """Move a question one place up (-1) or down (1) in its section. A second press changes nothing."""
    section, round_ = question.section, question.section.round
    begin_editing(round_, by)
    session.refresh(question)
    if question.position != seen_position:
        return
    layout = layout_of(round_)
    own = next(questions for other, questions in layout if other == section)
    _swap(own, question.position - 1, step)
    lay_out(round_, layout)
    _record("question.moved", question, round_, by)


def remove_question(question: Question, *, by: Person) -> None:
    """Remove a question, unless another waits for its answer: `Refused`."""
    section, round_ = question.section, question.section.round
    begin_editing(round_, by)
    layout = layout_of(round_)
    _refuse_if_awaited(question, [one for _, questions in layout for one in questions])
    _record("question.removed", question, round_, by)
    for other, questions in layout:
        if other == section:
            questions.remove(question)
    session.delete(question)
    session.flush()
    lay_out(round_, layout)


def _asked_before(section: Section, question: Question | None) -> list[Question]:
    before: list[Question] = []
    for one in queries.list_questions(section.round):
        if one == question or one.section.position > section.position:
            break
        before.append(one)
    return before


def _refuse_if_awaited(question: Question, among: list[Question]) -> None:
    waiting = [one.number for one in queries.list_depending(question, among)]
    if waiting:
        raise Refused(
            f"Question {', '.join(waiting)} is asked only after an answer to {question.number}. Change or remove"
            " that first."
        )


def _swap(things: list[Any], place: int, step: int) -> None:
    other = place + step
    if 0 <= other < len(things):
        things[place], things[other] = things[other], things[place]


def _record(verb: str, thing: Question | Section, round_: Round, by: Person) -> None:
    audit.record(verb, thing, by=by, details={"round_id": round_.id})
