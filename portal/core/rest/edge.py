"""The edge of a call by machine: bodies and queries are read here, answers written, versions compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response, g, request

from portal.core.access import SAFE_METHODS
from portal.core.db import Versioned
from portal.core.rest import admission, replies
from portal.core.rest.admission import Admission, Doors
from portal.core.rest.problems import REALM, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound="BaseModel")
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """A good answer. Without an `etag` a read is marked by its own bytes."""

    body: BaseModel | None
    status: int = 200
    etag: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def init_app(app: Flask, *, admit: Callable[[str], Admission], find: Callable[[Admission], Any]) -> None:
    """Install the edge. `admit` counts the call of a key; `find` gives its person as they may act now."""
    app.extensions[admission.KEY] = Doors(admit, find)
    app.before_request(admission.let_in)
    app.after_request(admission.add_limit_headers)


def require_scope(given: Admission, scope: str) -> None:
    """Raise where the key was made without this scope."""
    if scope not in given.scopes:
        raise Problem(
            "not-allowed",
            f"This key was made without the scope {scope}.",
            headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'},
        )


def read_body(model: type[Model]) -> Model:
    """The JSON body, by the letter of its schema. Raises a problem that names each wrong field."""
    from pydantic import ValidationError

    if request.mimetype != JSON:
        raise Problem("media-type", headers={"Accept": JSON})
    sent = request.get_data()
    try:
        return model.model_validate_json(sent, strict=True)
    except ValidationError as error:
        raise _wrong(error) from None


def read_query(model: type[Model]) -> Model:
    """What stands behind the question mark: each name once, and none that the schema does not know."""
    from pydantic import ValidationError

    for name, values in request.args.lists():
        if len(values) > 1:
            raise Problem("invalid", fields={name: "Give this once"})
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise _wrong(error) from None


def _wrong(error: ValidationError) -> Problem:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(each["type"] == "json_invalid" for each in found):
        return Problem("malformed", "The body is not JSON, or is not in UTF-8.")
    return Problem("invalid", fields=field_messages(found))


def field_messages(found: Any) -> dict[str, str]:
    """A message for each field, by its path."""
    messages: dict[str, str] = {}
    for each in found:
        path = ".".join(str(part) for part in each["loc"]) or "body"
        messages.setdefault(path, each["msg"])
    return messages


def respond(answer: Answer) -> Response:
    """The answer as JSON. A read that the caller already has is answered with 304."""
    text = answer.body.model_dump_json() if answer.body is not None else ""
    response = Response(text, answer.status, mimetype=JSON)
    if answer.body is None:
        del response.headers["Content-Type"]
    response.headers.extend(answer.headers)
    if answer.etag is not None:
        response.headers["ETag"] = f'"{answer.etag}"'
    elif request.method in SAFE_METHODS:
        response.add_etag()
    if request.method in SAFE_METHODS:
        response.make_conditional(request)
    return response


def respond_once(work: Callable[[], Answer]) -> Response:
    """Do the work and answer; with an Idempotency-Key a repeated request gets the first one's answer again."""
    name = request.headers.get("Idempotency-Key")
    if name is None:
        return respond(work())
    kept = replies.claim(name)
    if kept is not None:
        return kept
    response = respond(work())
    replies.keep(name, response)
    return response


def etag_of(*parts: object) -> str:
    """A mark that changes with any of these."""
    return "-".join(str(part) for part in parts)


def check_match(current: str | None) -> None:
    """Hold what the caller saw against what is there now; None: there is nothing. Raises with status 412."""
    wanted, unwanted = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if wanted is not None and (current is None or not request.if_match.contains(current)):
        raise Problem("changed-since", "This is not what you last read: it was changed, or is not there.")
    if unwanted is not None and current is not None and request.if_none_match.contains_weak(current):
        raise Problem("changed-since", "There is one with this reference already.")


def seen_version(thing: Versioned | None) -> int | None:
    """The version a service is to insist on once `check_match` has let the call through.

    None: the caller did not say what they saw; 0: they saw that there was nothing.
    """
    if "If-Match" in request.headers and thing is not None:
        return thing.version
    return 0 if "If-None-Match" in request.headers and thing is None else None


def caller() -> Any:
    """The person (`accounts.models.Person`) in whose name the key acts."""
    return g.caller
