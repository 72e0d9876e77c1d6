"""The machine in the suite: two thousand steps, spread over every phase of a round; and the machine itself."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.adversary.machine import PHASES, Told, machine

RUNS, STEPS_A_RUN = 10, 26


@pytest.mark.parametrize("phase", PHASES)
def test_the_rules_hold_whatever_anybody_tries(phase: str) -> None:
    """Each phase by itself, so that what only happens late is tried often; together at least 2,000 steps."""
    told = Told()
    run_state_machine_as_test(
        machine(phase, told),
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],  # a failure names the rule; shrinking it takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert told.steps >= 2000 / len(PHASES)
    assert told.done.total() > told.steps / 20, "hardly anything is done: the machine tests refusals alone"
    assert told.refused.total() > told.steps / 20
