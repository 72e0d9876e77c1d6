"""The order of a draft's sections and questions, and the numbers that follow from it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Person
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Refused
from portal.frameworks import policy, queries
from portal.frameworks.models import Question, Round, Section

Layout = Sequence[tuple[Section, Sequence[Question]]]


def begin_editing(round_: Round, by: Person) -> None:
    """Lock the draft, so that its questions change one person at a time and never once it is published."""
    lock(round_)
    require(policy.can_edit(by, round_))
    flag_modified(round_, "title")  # the questions are part of what the round's version stands for


def layout_of(round_: Round) -> list[tuple[Section, list[Question]]]:
    """The sections with their questions, in order, as lists that may be rearranged."""
    return [(section, list(section.questions)) for section in queries.list_sections(round_)]


def lay_out(round_: Round, layout: Layout) -> None:
    """Give sections and questions their places and numbers in this order. Raises `Refused` for a broken one.

    A question that waits for another must come after it.
    """
    _check_order([question for _, questions in layout for question in questions])
    _place([section for section, _ in layout])
    for section, questions in layout:
        _place(questions)
        for question in questions:
            question.number = f"{section.position}.{question.position}"
    session.flush()
    session.expire(round_, ["sections"])
    for section, _ in layout:
        session.expire(section, ["questions"])


def _place(things: Sequence[Section | Question]) -> None:
    """In two steps, since no two may share a place, not even for a moment."""
    moved = [(place, thing) for place, thing in enumerate(things, 1) if thing.position != place]
    for place, thing in moved:
        thing.position = -place
    session.flush()
    for place, thing in moved:
        thing.position = place
    session.flush()


def _check_order(questions: Sequence[Question]) -> None:
    asked = set()
    for question in questions:
        awaited = question.shown_when_question
        if awaited is not None and awaited.id not in asked:
            raise Refused(
                f"“{question.text}” is asked only after a certain answer to “{awaited.text}”, so it must come"
                " after it."
            )
        asked.add(question.id)
