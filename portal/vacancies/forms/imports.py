"""The form that says which column of a spreadsheet is which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from portal.vacancies.services.sheets import Heading, column_letter
from portal.vacancies.services.sheets.headings import AGES, TARGETS
from portal.vacancies.states.lists import WORDS

EXAMPLES = 3
LONGEST_EXAMPLE = 30


@dataclass(frozen=True)
class Column:
    """A column of the file: its letter, its heading, what stands in it, and what it is chosen to be."""

    place: int
    letter: str
    heading: str
    examples: str
    chosen: str


class ColumnsForm:
    """One choice for each column that says anything. Plain selects: a file may have a hundred columns."""

    def __init__(self, rows: Sequence[Sequence[Any]], heading: Heading, *, version: int) -> None:
        self.version = version
        self._rows, self._heading = rows, heading
        self.choices = [("", "Not for the portal"), *((name, _words(name)) for name in TARGETS)]

    def columns(self) -> Iterator[Column]:
        """Every column of the file that has a heading or a value, in its order."""
        head = self._rows[self._heading.row]
        below = self._rows[self._heading.row + 1 :][:50]
        for place in range(max((len(row) for row in (head, *below)), default=0)):
            said = [str(row[place]) for row in below if place < len(row) and row[place] != ""]
            words = str(head[place]) if place < len(head) else ""
            if words or said:
                yield Column(
                    place,
                    column_letter(place),
                    words or "No heading",
                    ", ".join(one[:LONGEST_EXAMPLE] for one in dict.fromkeys(said[:EXAMPLES])),
                    self._chosen(place),
                )

    def chosen(self) -> dict[int, str]:
        """What was sent: the field of each column that is for the portal."""
        return {column.place: column.chosen for column in self.columns() if column.chosen in TARGETS}

    def _chosen(self, place: int) -> str:
        if request.method == "POST":
            return request.form.get(f"column-{place}", "")
        return self._heading.columns.get(place, "")


def _words(name: str) -> str:
    return "Ages, from and to in one" if name == AGES else WORDS[name]
