"""The lifecycles' tables: every state can be reached, every name is said once, every state has words."""

from __future__ import annotations

from importlib import import_module

import pytest

from portal.core.transitions import Lifecycle
from portal.notifications.states import MessageState
from tests.conventions.source import PORTAL

LIFECYCLES = [
    pytest.param(thing, id=f"{path.parent.name}.{name}")
    for path in sorted(PORTAL.glob("*/workflow.py"))
    for name, thing in vars(import_module(f"portal.{path.parent.name}.workflow")).items()
    if isinstance(thing, Lifecycle)
]
FEATURES_WITH_STATES = {
    "agreements",
    "applications",
    "documents",
    "frameworks",
    "matching",
    "pricing",
    "providers",
    "vacancies",
}


# How far a message got is the carrier's doing; people decide only about those that did not arrive.
REACHED_BY_NOBODYS_ACT = set(MessageState) - {MessageState.QUEUED, MessageState.LEFT}


def states_of(lifecycle):
    return set(type(lifecycle.transitions[0].target))


def first_of(lifecycle):
    """Enums list their states in the order of a life."""
    return next(iter(type(lifecycle.transitions[0].target)))


def test_every_feature_with_states_declares_its_lifecycle():
    declared = {param.id.partition(".")[0] for param in LIFECYCLES}
    assert declared >= FEATURES_WITH_STATES


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_every_state_is_reached_from_the_first(lifecycle):
    reached = {first_of(lifecycle)} | (states_of(lifecycle) & REACHED_BY_NOBODYS_ACT)
    for _ in states_of(lifecycle):
        reached |= {each.target for each in lifecycle.transitions if each.source & reached}
    assert states_of(lifecycle) - reached == set()


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_a_transition_is_named_once_and_its_event_is_a_past_deed(lifecycle):
    names = [transition.name for transition in lifecycle.transitions]
    assert len(names) == len(set(names))
    for transition in lifecycle.transitions:
        subject, _, deed = transition.event.partition(".")
        assert subject
        assert deed, transition.event
        assert transition.title[0].isupper()


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_every_state_has_words(lifecycle):
    for state in states_of(lifecycle):
        assert state.label
        assert "_" not in state.label
        assert state.label[0].isupper()
