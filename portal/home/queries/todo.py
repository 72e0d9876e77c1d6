"""What a start page is made of: sections, one for each role, of things to do and things to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Todo:
    """One thing that waits for this person, and the page where it is done.

    `due` goes with the words before it, such as "Closes". `tone` is one of the card component's.
    """

    title: str
    endpoint: str
    ids: Mapping[str, Any] = field(default_factory=dict)
    count: int | None = None
    text: str | None = None
    due: datetime | date | None = None
    due_words: str = "Due"
    tone: str | None = None

    @property
    def urgency(self) -> int:
        """What waits for this person comes first, what is well or waits for others last."""
        return {"warning": 0, None: 1, "good": 2, "neutral": 2}[self.tone]


@dataclass(frozen=True)
class Figure:
    """A number to know, with the words that say what it means."""

    label: str
    value: int
    note: str | None = None
    tone: str | None = None


@dataclass(frozen=True)
class Note:
    """Something to know that asks for nothing; `tone` is the banner's."""

    text: str
    heading: str | None = None
    tone: str = "info"


@dataclass(frozen=True)
class Part:
    """A section of the start page. `rest` is the kind word for when nothing waits.

    `agency` is whom it speaks of, kept here because the frame of the page names it too.
    """

    title: str
    rest: str
    todos: list[Todo] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    agency: Any = None

    @property
    def in_order(self) -> list[Todo]:
        """The things to do, the most urgent first."""
        return sorted(self.todos, key=lambda todo: todo.urgency)
