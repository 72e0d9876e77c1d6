"""Small counts in public tables: hidden, and not to be worked out from what is shown."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.public.suppression import THRESHOLD, Kind, Shown, suppress

PARTITION, COVER, ORDERED = Kind.PARTITION, Kind.COVER, Kind.ORDERED


def words(counts, total, kind=PARTITION):
    cells = suppress(counts, total, kind)
    return None if cells is None else [cell.words for cell in cells]


@pytest.mark.parametrize(
    ("counts", "kind", "published"),
    [
        ([7, 12, 5], PARTITION, ["7", "12", "5"]),
        # The total would give one hidden count away: the next smallest goes too.
        ([3, 12, 7], PARTITION, ["fewer than 5", "12", "not shown"]),
        ([3, 2, 12, 7], PARTITION, ["fewer than 5", "fewer than 5", "12", "7"]),
        # Two noughts add up to nought, and two fours to eight: only these.
        ([0, 0, 12, 7], PARTITION, ["fewer than 5", "fewer than 5", "12", "not shown"]),
        ([4, 4, 12, 7], PARTITION, ["fewer than 5", "fewer than 5", "12", "not shown"]),
        # Five and nought: five can only be five, whatever is hidden.
        ([5, 0], PARTITION, ["not shown", "not shown"]),
        # Counted once or more: the total says little.
        ([3, 12, 15], COVER, ["fewer than 5", "12", "15"]),
        # Fifteen that must all be counted, and eleven in sight: four at least.
        ([4, 11], COVER, ["fewer than 5", "not shown"]),
        # Eight of ten take the youngest and six the oldest: four at least take those between.
        ([8, 4, 6], ORDERED, ["8", "fewer than 5", "not shown"]),
        ([8, 4, 6], COVER, ["8", "fewer than 5", "6"]),
    ],
)
def test_what_is_published_of_a_table(counts, kind, published):
    total = {(3, 12, 15): 16, (8, 4, 6): 10}.get(tuple(counts), sum(counts))
    assert words(counts, total, kind) == published


def test_a_total_below_five_publishes_nothing():
    assert suppress([4, 0], 4, PARTITION) is None


@st.composite
def tables(draw):
    """A population, each member counted in some rows, and the table of them."""
    kind = draw(st.sampled_from(list(Kind)))
    rows = draw(st.integers(1, 4))
    total = draw(st.integers(0, 14))
    counts = [0] * rows
    for _ in range(total):
        first = draw(st.integers(0, rows - 1))
        if kind == PARTITION:
            at = {first}
        elif kind == ORDERED:
            at = set(range(first, draw(st.integers(first, rows - 1)) + 1))
        else:
            at = {first} | draw(st.sets(st.integers(0, rows - 1)))
        for row in at:
            counts[row] += 1
    return counts, total, kind


def possible(total, kind):
    """Can `total` members make these counts? Found by placing them, not by the formula of the module."""

    def by_runs(counts):
        # An ordered cover as runs: how many begin at each row is free, ends follow; tried exhaustively.
        def walk(row, running, begun):
            if begun > total:
                return False
            if row == len(counts):
                return begun == total
            return any(
                walk(row + 1, counts[row], begun + counts[row] - kept)
                for kept in range(min(running, counts[row]) + 1)
            )

        return walk(0, 0, 0)

    if kind == PARTITION:
        return lambda counts: sum(counts) == total
    if kind == COVER:
        return lambda counts: all(count <= total for count in counts) and sum(counts) >= total
    return by_runs


@settings(max_examples=150, deadline=None)
@given(tables())
def test_no_hidden_count_follows_from_everything_that_is_shown(table):
    counts, total, kind = table
    cells = suppress(counts, total, kind)
    if cells is None:
        assert total < THRESHOLD
        return
    everything_hidden = all(cell.shown == Shown.HIDDEN for cell in cells)
    ranges = {
        Shown.FEWER: range(THRESHOLD),
        Shown.HIDDEN: range(0 if everything_hidden else THRESHOLD, total + 1),
    }
    readings = [
        reading
        for reading in product(
            *([cell.number] if cell.shown == Shown.FIGURE else ranges[cell.shown] for cell in cells)
        )
        if possible(total, kind)(reading)
    ]
    assert tuple(counts) in readings
    for place, cell in enumerate(cells):
        if cell.shown == Shown.FIGURE:
            assert cell.number == counts[place] >= THRESHOLD
        else:
            assert cell.number is None
            assert len({reading[place] for reading in readings}) >= 2
