"""The one place where a lifecycle's state changes, and the third net of access.

A feature's `workflow.py` declares a `Lifecycle`: a table of transitions. `apply` locks the row, checks
the version the person saw, the state, the policy and the guards, assigns the state and writes exactly
one audit event. The same table decides which buttons a page shows (`available`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.core import audit
from portal.core.access import Verdict, require
from portal.core.db import check_version, lock
from portal.core.errors import Refused

Facts = Mapping[str, Any]
Guard = Callable[[Any, Facts], Verdict]


@dataclass(frozen=True)
class Transition:
    """One row of a lifecycle's table.

    `policy(person, thing)` says who may; each guard `(thing, facts)` says whether the moment is right.
    `facts` come from the calling service, gathered under the lock. `event` is the audit verb.
    """

    name: str
    title: str
    source: frozenset[StrEnum]
    target: StrEnum
    policy: Callable[[Any, Any], Verdict]
    event: str
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class Lifecycle:
    """All transitions of one kind of thing. `sealed` names the round that hides its events, if any."""

    of: str
    transitions: tuple[Transition, ...]
    sealed: Callable[[Any], UUID | None] = field(default=lambda _: None)

    def __getitem__(self, name: str) -> Transition:
        return next(transition for transition in self.transitions if transition.name == name)

    def available(self, person: Any, thing: Any) -> list[Transition]:
        """The transitions whose state and policy fit now: the buttons to show."""
        return [
            transition
            for transition in self.transitions
            if thing.state in transition.source and transition.policy(person, thing)
        ]


def apply(
    lifecycle: Lifecycle,
    name: str,
    thing: Any,
    *,
    by: Any,
    seen_version: int | None = None,
    facts: Facts | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Carry out one transition on `thing`, or raise `Stale`, `Refused` or `NotAllowed` with the reason.

    `by` is the person who acts, or None when the clock does (a standing instruction, a lapse), in which
    case the policy is not asked: such a call comes from a job, never from a request.
    """
    transition = lifecycle[name]
    lock(thing)
    check_version(thing, seen_version)
    if thing.state not in transition.source:
        raise Refused(
            f"“{transition.title}” cannot be done: this {lifecycle.of} is {thing.state.label.lower()}."
        )
    if by is not None:
        require(transition.policy(by, thing))
    for guard in transition.guards:
        _hold(guard(thing, facts or {}))
    before = thing.state
    thing.state = transition.target
    audit.record(
        transition.event,
        thing,
        by=by,
        details={"from": before, "to": transition.target, **(details or {})},
        sealed_round_id=lifecycle.sealed(thing),
    )


def _hold(verdict: Verdict) -> None:
    if not verdict:
        raise Refused(verdict.reason)
