"""The first two nets of access: every endpoint names its rule, and a guessed id is not found.

`@access(policy)` asks `policy(person)`; `@access(policy, of=get_thing)` first loads the thing with
`get_thing(person, **ids)`, which raises `NotFound` for what the person may not know of, then asks
`policy(person, thing)` and hands the thing to the view. Only after that is the form's token checked,
because checking it reads the body, which may be large. The third net is in `core.transitions`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from portal.core.errors import NotAllowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()

View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True)
class Verdict:
    """May this person do this? If not, the reason is shown to them."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Verdict(True)


def denied(reason: str) -> Verdict:
    """A refusal with its reason, as a sentence."""
    return Verdict(False, reason)


def require(verdict: Verdict) -> None:
    """Raise `NotAllowed` with the verdict's reason unless it allows."""
    if not verdict:
        raise NotAllowed(verdict.reason)


@dataclass(frozen=True)
class Rule:
    """What an endpoint asks before it runs. A rule without a policy lets anyone in."""

    policy: Callable[..., Verdict] | None
    of: Callable[..., Any] | None = None


def public(view: View) -> View:
    """Anyone may see this, signed in or not."""
    return _guarded(view, Rule(None))


def access(policy: Callable[..., Verdict], *, of: Callable[..., Any] | None = None) -> Callable[[View], View]:
    """Only signed-in people whom `policy` allows. The policy and the loader stay readable on the view."""
    return lambda view: _guarded(view, Rule(policy, of))


def rule_of(endpoint: str) -> Rule | None:
    """The rule an endpoint carries, or None if somebody forgot it."""
    return getattr(current_app.view_functions.get(endpoint), "access_rule", None)


def refuse_unmarked() -> None:
    """Run before every request: an endpoint that forgot its rule does not run at all."""
    if request.endpoint and request.endpoint != "static" and rule_of(request.endpoint) is None:
        abort(500, f"{request.endpoint} has no access rule")


def current_person() -> Any:
    """The signed-in person (`accounts.models.Person`), or None."""
    person = current_user._get_current_object()
    return person if person is not None and person.is_authenticated else None


def _guarded(view: View, rule: Rule) -> View:
    wanted = ids_wanted(rule.of)

    @wraps(view)
    def guarded(**ids: Any) -> ResponseReturnValue:
        arguments: list[Any] = []
        if rule.policy is not None:
            person = current_person()
            if person is None:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined, no-any-return]
            if rule.of is not None:
                arguments.append(rule.of(person, **{name: ids.pop(name) for name in wanted}))
            require(rule.policy(person, *arguments))
        if request.method not in SAFE_METHODS:
            csrf.protect()
        return view(*arguments, **ids)

    guarded.access_rule = rule  # type: ignore[attr-defined]
    return guarded


def ids_wanted(loader: Callable[..., Any] | None) -> list[str]:
    """The parts of an address that a loader asks for, after whoever asks."""
    return list(inspect.signature(loader).parameters)[1:] if loader else []
