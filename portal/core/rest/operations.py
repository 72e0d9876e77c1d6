"""An endpoint for machines: `@operation` says which scope and policy it asks, what it takes and what it answers.

It plays the part that `@access` plays for pages, in the same order: the key's scope, the thing loaded (a guess is
not found), the policy; only then is the body read. From the same declaration the OpenAPI document is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, g, request

from portal.core.access import SAFE_METHODS, Rule, Verdict, ids_wanted, require
from portal.core.rest.place import ROOT

if TYPE_CHECKING:
    from pydantic import BaseModel
    from werkzeug.routing import Rule as Route

    from portal.core.rest.edge import Answer

# Pydantic is heavy, so schemas are named by what imports them when the first call comes.
Schema = Callable[[], "type[BaseModel]"]


@dataclass(frozen=True)
class Operation:
    """What an endpoint does, as declared. `answers` are its good answers by status; None has no content."""

    summary: str
    scope: str
    tag: str
    answers: Mapping[int, Schema | None]
    description: str = ""
    body: Schema | None = None
    query: Schema | None = None
    problems: frozenset[str] = frozenset()
    matches: bool = False
    creates: bool = False


def operation(
    summary: str,
    *,
    scope: str,
    tag: str,
    policy: Callable[..., Verdict],
    of: Callable[..., Any],
    answers: Mapping[int, Schema | None],
    **more: Any,
) -> Callable[[Callable[..., Answer]], Callable[..., Any]]:
    """Only keys with `scope`, whose person `policy(person, thing)` allows; `of(admission, **ids)` loads the thing.

    `matches`: If-Match is heeded; `creates`: so is If-None-Match: *. `problems`: codes beyond those any call meets.
    The view gets the thing, then the body and the query where there are any.
    """
    declared = Operation(summary, scope, tag, answers, **more)

    def guard(view: Callable[..., Answer]) -> Callable[..., Any]:
        wanted = ids_wanted(of)

        @wraps(view)
        def guarded(**ids: Any) -> Any:
            from portal.core.rest import edge

            admission, person = g.admission, g.caller
            edge.require_scope(admission, scope)
            arguments: list[Any] = [of(admission, **{name: ids.pop(name) for name in wanted})]
            require(policy(person, *arguments))
            if declared.query is not None:
                arguments.append(edge.read_query(declared.query()))
            if declared.body is not None:
                arguments.append(edge.read_body(declared.body()))
            if request.method in SAFE_METHODS:
                return edge.respond(view(*arguments, **ids))
            return edge.respond_once(lambda: view(*arguments, **ids))

        guarded.access_rule = Rule(policy, of)  # type: ignore[attr-defined]
        guarded.operation = declared  # type: ignore[attr-defined]
        guarded.provide_automatic_options = False  # type: ignore[attr-defined]
        return guarded

    return guard


def operation_of(endpoint: str) -> Operation | None:
    """What an endpoint declared, or None where it is a page."""
    return getattr(current_app.view_functions.get(endpoint), "operation", None)


def operations(app: Flask) -> Iterator[tuple[Route, Operation]]:
    """Every route for machines with what it declared, by address."""
    for route in sorted(app.url_map.iter_rules(), key=lambda route: route.rule):
        declared = getattr(app.view_functions[route.endpoint], "operation", None)
        if route.rule.startswith(f"{ROOT}/") and declared is not None:
            yield route, declared
