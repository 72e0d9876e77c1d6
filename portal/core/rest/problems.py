"""Errors for machines, as problems of RFC 9457: one for every way a request can go wrong, and each is explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, json, request

from portal.core import errors

MEDIA_TYPE = "application/problem+json"
REALM = 'Bearer realm="Kent and Medway fostering portal"'


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, its title and what whoever meets it should do."""

    status: int
    title: str
    advice: str


PROBLEMS: Mapping[str, Kind] = {
    "malformed": Kind(400, "The request cannot be read", "Send JSON in UTF-8, and cursors as you got them."),
    "key-refused": Kind(401, "A key is needed", "Send a key that is in force: Authorization: Bearer kmf_…"),
    "not-allowed": Kind(403, "Not allowed", "The key lacks the scope, or its person may not do this."),
    "not-found": Kind(404, "Not found", "There is no such thing of yours. Check the address."),
    "method-not-allowed": Kind(405, "Method not allowed", "The header Allow names the methods there are."),
    "refused": Kind(
        409, "Not possible as things stand", "Read the thing again: its state does not allow it."
    ),
    "changed-since": Kind(
        412, "Changed since you read it", "Read it again, decide again, and send its new ETag in If-Match."
    ),
    "too-large": Kind(413, "The request is too large", "Send fewer households in one batch."),
    "media-type": Kind(415, "JSON is needed", "Send the header Content-Type: application/json."),
    "invalid": Kind(422, "Something in the request is wrong", "Put right what errors names, field by field."),
    "key-reused": Kind(
        422, "The idempotency key was used for another request", "Use a new Idempotency-Key for each request."
    ),
    "too-many-requests": Kind(429, "Too many requests", "Wait as many seconds as Retry-After says."),
    "fault": Kind(500, "The portal failed", "Try again; if it happens again, tell the support route."),
    "away": Kind(503, "The portal is not available", "Try again in a minute."),
}
BY_STATUS = {kind.status: code for code, kind in reversed(list(PROBLEMS.items()))}


@dataclass(frozen=True)
class FieldErrors:
    """What is wrong in a request: a message for each field, named by its path such as `households.0.age_to`."""

    messages: Mapping[str, str] = field(default_factory=dict)

    def as_list(self) -> list[dict[str, str]]:
        return [{"field": name, "message": message} for name, message in self.messages.items()]


class Problem(errors.DomainError):
    """A request that an endpoint for machines turns away. `more` are further members of the answer."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or PROBLEMS[code].advice)
        self.code = code
        self.status = PROBLEMS[code].status
        self.fields = FieldErrors(fields or {})
        self.headers = headers or {}
        self.more = more or {}


def of_error(error: errors.DomainError) -> Response:
    """The domain's error as a problem: the same messages as on the pages, beside the same fields."""
    if isinstance(error, Problem):
        return answer(error.code, error.message, error.fields, error.headers, error.more)
    if isinstance(error, errors.KeyRefused):
        fault = ', error="invalid_token"' if "Authorization" in request.headers else ""
        return answer("key-refused", error.message, headers={"WWW-Authenticate": REALM + fault})
    if isinstance(error, errors.Stale) and "If-Match" in request.headers:
        return answer("changed-since", error.message)
    if isinstance(error, errors.Invalid):
        named = {error.field: error.message} if error.field else {}
        return answer("invalid", error.message, FieldErrors(named))
    return of_status(error.status, error.message)


def of_status(status: int, detail: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """A problem by its status alone; a status that has no problem of its own is a malformed request."""
    return answer(BY_STATUS.get(status, "malformed"), detail, headers=headers)


def answer(
    code: str,
    detail: str | None = None,
    fields: FieldErrors | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """The response. `type` is an address of the page that explains the problem."""
    kind = PROBLEMS[code]
    body: dict[str, Any] = {
        "type": f"/api#problem-{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.advice,
        **(more or {}),
    }
    if fields is not None and fields.messages:
        body["errors"] = fields.as_list()
    response = Response(json.dumps(body), kind.status, mimetype=MEDIA_TYPE)
    response.headers.extend(dict(headers or {}))
    response.headers["Cache-Control"] = "no-store"
    return response
