"""The clock: one for everybody, movable in tests."""

from datetime import timedelta

from portal.core import clock
from tests.support.acting import travel


def test_travel_moves_what_everybody_sees():
    before = clock.now()
    travel(timedelta(days=3))
    assert timedelta(days=3) <= clock.now() - before < timedelta(days=3, minutes=1)


def test_the_locked_clock_runs_on_within_a_transaction():
    assert clock.locked_now() > clock.now()
