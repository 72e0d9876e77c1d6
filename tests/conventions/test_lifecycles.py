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
    "notifications",
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


# The handbook's lifecycles (§3): who stands where, and where one may go from there. Nothing else is listed.
HANDBOOK = {
    "agreements.AGREEMENT": "offered>signed signed>active active>suspended suspended>active active>ended"
    " suspended>ended offered>lapsed",
    "agreements.EXTENSION": "proposed>consulted consulted>decided decided>notified",
    "documents.DOCUMENT": "uploaded>scanning scanning>clean scanning>infected scanning>unreadable"
    " unreadable>scanning",
    "pricing.PRICE_VERSION": "proposed>approved proposed>rejected",
    # An answer may be changed, and an offer taken back, until the council decides.
    "matching.ENQUIRY": "sent>offered sent>cannot sent>lapsed offered>chosen offered>not_chosen"
    " offered>offered cannot>cannot offered>cannot cannot>offered",
    "matching.PLACEMENT": "agreed>live live>ended agreed>ended",
}


@pytest.mark.parametrize("name", HANDBOOK)
def test_a_lifecycle_lists_the_handbooks_steps_and_no_other(name):
    found = next(param.values[0] for param in LIFECYCLES if param.id == name)
    steps = {
        f"{source}>{transition.target}" for transition in found.transitions for source in transition.source
    }
    assert steps == set(HANDBOOK[name].split())


def test_a_household_moves_as_the_handbook_says_or_back_by_undoing():
    found = next(param.values[0] for param in LIFECYCLES if param.id == "vacancies.VACANCY")
    steps = {
        f"{source}>{transition.target}"
        for transition in found.transitions
        if transition.event != "vacancy.change_undone"
        for source in transition.source
    }
    assert steps == {
        "available>held",
        "held>available",
        "available>filled",
        "held>filled",
        "available>withdrawn",
        "held>withdrawn",
        "filled>available",
    }
