"""Small counts kept out of public tables, so that nobody can work them out from the rest.

The rule. A count below five, nought among them, is shown as "fewer than 5". A table of a total below five is not
published. A count so hidden may still follow from its table and the total, so a table is published only when for
every hidden count a reader finds at least two values that agree with everything shown: while that fails, the
smallest count still shown is hidden too ("not shown", which tells that it is five or more), and when hiding all of
them is not enough, the whole table is. Tables of one total have nothing but that total in common, and each household
may stand anywhere in each of them: so no two tables tell more together than each does alone.

Three kinds of table differ in what their total tells: in a `PARTITION` everybody is counted once and the counts add
up to the total; in a `COVER` everybody is counted once or more; in an `ORDERED` cover those counted more than once are
counted in neighbouring rows, as a household is in the age bands between its youngest and its oldest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

THRESHOLD = 5


class Kind(StrEnum):
    """What the counts of a table have to do with its total."""

    PARTITION = "partition"
    COVER = "cover"
    ORDERED = "ordered"


class Shown(StrEnum):
    """How one count is published."""

    FIGURE = "figure"
    FEWER = "fewer"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Cell:
    """A published count: `number` None is hidden."""

    shown: Shown
    number: int | None = None

    @property
    def words(self) -> str:
        if self.shown == Shown.FIGURE:
            return str(self.number)
        return f"fewer than {THRESHOLD}" if self.shown == Shown.FEWER else "not shown"


def agrees(counts: Sequence[int], total: int, kind: Kind) -> bool:
    """Can these be the counts of a table with this total?"""
    if kind == Kind.PARTITION:
        return sum(counts) == total
    if kind == Kind.COVER:
        return max(counts) <= total <= sum(counts)
    rises = sum(max(0, after - before) for before, after in zip([0, *counts], counts, strict=False))
    return rises <= total <= sum(counts)


def suppress(counts: Sequence[int], total: int, kind: Kind) -> list[Cell] | None:
    """A table as it may be published, in the same order; None where its total is too small for any."""
    if total < THRESHOLD:
        return None
    shown = [Shown.FEWER if count < THRESHOLD else Shown.FIGURE for count in counts]
    if Shown.FEWER not in shown:
        return [Cell(Shown.FIGURE, count) for count in counts]
    while not is_safe(counts, shown, total, kind):
        figures = [place for place, how in enumerate(shown) if how == Shown.FIGURE]
        if not figures:
            # Nothing but that there is something to hide: every count may be anything up to the total.
            return [Cell(Shown.HIDDEN)] * len(counts)
        shown[min(figures, key=lambda place: (counts[place], place))] = Shown.HIDDEN
    return [
        Cell(how, count if how == Shown.FIGURE else None) for how, count in zip(shown, counts, strict=True)
    ]


def is_safe(counts: Sequence[int], shown: Sequence[Shown], total: int, kind: Kind) -> bool:
    """May every hidden count be another number, as far as a reader of the table and its total can tell?"""
    hidden = [place for place, how in enumerate(shown) if how != Shown.FIGURE]
    return all(
        any(
            _fits(table, shown, total) and agrees(table, total, kind)
            for table in _one_step_away(place, hidden, counts)
        )
        for place in hidden
    )


def _one_step_away(place: int, hidden: Sequence[int], counts: Sequence[int]) -> Iterator[list[int]]:
    """Tables with one more or one less in this place; another hidden count may take the step too, or make up for it.

    One such table that a reader cannot tell from the true one is enough.
    """
    for step in (1, -1):
        changed = _moved(counts, place, step)
        yield changed
        for other in hidden:
            if other != place:
                yield _moved(changed, other, -step)
                yield _moved(changed, other, step)


def _moved(counts: Sequence[int], place: int, step: int) -> list[int]:
    return [count + step if at == place else count for at, count in enumerate(counts)]


def _fits(counts: Sequence[int], shown: Sequence[Shown], total: int) -> bool:
    """Are the hidden counts within what their words say?"""
    limits = {Shown.FEWER: (0, THRESHOLD - 1), Shown.HIDDEN: (THRESHOLD, total)}
    return all(
        limits[how][0] <= count <= limits[how][1]
        for count, how in zip(counts, shown, strict=True)
        if how != Shown.FIGURE
    )
