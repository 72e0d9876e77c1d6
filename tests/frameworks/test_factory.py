"""The factory's rounds fit the database in every state."""

from __future__ import annotations

import pytest

from portal.core import clock
from portal.frameworks import queries
from portal.frameworks.states import RoundState
from tests.factories.frameworks import closed_round, round_


@pytest.mark.parametrize("state", RoundState)
def test_a_round_in_any_state_is_whole(state: RoundState) -> None:
    made = round_(state)
    assert made.state == state
    assert queries.total_questions(made).weight == made.quality_weight
    assert queries.count_basket_weeks(made) > 0


def test_a_closed_round_no_longer_accepts() -> None:
    made = closed_round()
    assert queries.is_closed(made, clock.now())
    assert not queries.is_accepting(made, clock.now())
