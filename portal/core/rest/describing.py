"""The OpenAPI 3.1 document, made from the endpoints as they are declared: what is not declared is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask

from portal.core.access import SAFE_METHODS
from portal.core.rest.operations import Operation, operations
from portal.core.rest.problems import MEDIA_TYPE, PROBLEMS
from portal.core.rest.replies import LONGEST

if TYPE_CHECKING:
    from werkzeug.routing import Rule as Route

REFERENCE = "#/components/schemas/{model}"
PART = re.compile(r"<(?:(\w+)(?:\(.*?\))?:)?(\w+)>")
ALWAYS = ("malformed", "key-refused", "not-allowed", "not-found", "invalid", "too-many-requests", "away")
PARTS: Mapping[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "reference": {"type": "string", "minLength": 1, "maxLength": 40},
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, by RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Where the problem is explained.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {
            "type": "string",
            "description": "In plain words, for the person who has to put it right.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
HEADERS: dict[str, Any] = {
    "RateLimit-Policy": {
        "description": "How many requests a minute the key may send.",
        "schema": {"type": "string"},
    },
    "RateLimit": {"description": "What is left of this minute.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}},
    "ETag": {
        "description": "Marks what was read; for If-Match and If-None-Match.",
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where the new household stands.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "true: this request was done before, and this is the answer it got.",
        "schema": {"type": "string"},
    },
}


def document(app: Flask, *, title: str, description: str, scopes: Mapping[str, str]) -> dict[str, Any]:
    """The whole document. `scopes` are what keys can be made for, with their words."""
    found = list(operations(app))
    paths: dict[str, dict[str, Any]] = {}
    for route, declared in found:
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(address_of(route), {})[method.lower()] = _operation(route, method, declared)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": description},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(declared.tag for _, declared in found)],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM, **_schemas(declared for _, declared in found)},
            "headers": HEADERS,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of yours. Scopes: "
                    + "; ".join(f"{scope}: {words.lower()}" for scope, words in scopes.items()),
                }
            },
        },
    }


def address_of(route: Route) -> str:
    """The address with its parts in braces."""
    return PART.sub(r"{\2}", route.rule)


def _operation(route: Route, method: str, declared: Operation) -> dict[str, Any]:
    is_read = method in SAFE_METHODS
    told: dict[str, Any] = {
        "operationId": route.endpoint.replace("_api.", "_"),
        "summary": declared.summary,
        "tags": [declared.tag],
        "security": [{"key": [declared.scope]}],
        "parameters": [*_in_path(route), *_in_query(declared), *_in_headers(declared, is_read)],
        "responses": _responses(declared, is_read),
    }
    if declared.description:
        told["description"] = declared.description
    if declared.body is not None:
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(declared.body)}},
        }
    return told


def _in_path(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": PARTS[kind]}
        for kind, name in PART.findall(route.rule)
    ]


def _in_query(declared: Operation) -> list[dict[str, Any]]:
    if declared.query is None:
        return []
    schema = declared.query().model_json_schema(ref_template=REFERENCE)
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": told.pop("description", ""),
            "schema": _given(told),
        }
        for name, told in schema["properties"].items()
    ]


def _given(told: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that is given: nobody sends null in an address."""
    kinds = [each for each in told.get("anyOf", [told]) if each.get("type") != "null"]
    return {name: value for name, value in kinds[0].items() if name not in ("title", "default")}


def _in_headers(declared: Operation, is_read: bool) -> list[dict[str, Any]]:
    told: list[tuple[str, str, dict[str, Any]]] = []
    if is_read:
        told.append(("If-None-Match", "An ETag: 304 if nothing has changed since.", {}))
    if declared.matches:
        told.append(("If-Match", "The ETag you last read: 412 if it was changed since.", {}))
    if declared.creates:
        told.append(("If-None-Match", "*: 412 if there is one with this reference already.", {"enum": ["*"]}))
    if not is_read:
        words = "A text of your own, new for each request: sent again within a day, the request is done once."
        told.append(("Idempotency-Key", words, {"minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"}))
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": words,
            "schema": {"type": "string", **more},
        }
        for name, words, more in told
    ]


def _responses(declared: Operation, is_read: bool) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, schema in declared.answers.items():
        names = ["RateLimit", "RateLimit-Policy", "ETag"]
        names += ["Location"] if status == 201 else []
        names += [] if is_read else ["Idempotency-Replayed"]
        responses[str(status)] = {
            "description": "Done." if not is_read else "As it is now.",
            "headers": _refer(names),
        }
        if schema is not None:
            responses[str(status)]["content"] = {"application/json": {"schema": _reference(schema)}}
    if is_read:
        responses["304"] = {"description": "Nothing has changed.", "headers": _refer(["ETag"])}
    for code in problems_of(declared, is_read):
        kind = PROBLEMS[code]
        known = responses.get(str(kind.status))
        told = f"{known['description']} {kind.title}." if known else f"{kind.title}."
        names = ["Retry-After"] if code == "too-many-requests" else []
        responses[str(kind.status)] = {
            "description": told,
            "headers": _refer(names),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return dict(sorted(responses.items()))


def problems_of(declared: Operation, is_read: bool) -> list[str]:
    """Every way in which a call of this endpoint can go wrong, but for the portal's own faults."""
    codes = [*ALWAYS, *declared.problems]
    if not is_read:
        codes += ["refused", "key-reused", "too-large"]
    if declared.body is not None:
        codes += ["media-type"]
    if declared.matches or declared.creates:
        codes += ["changed-since"]
    return [code for code in PROBLEMS if code in codes]


def _refer(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _reference(schema: Any) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=schema().__name__)}


def _schemas(declared: Iterable[Operation]) -> dict[str, Any]:
    from pydantic.json_schema import models_json_schema

    models = {}
    for each in declared:
        for schema in (each.body, each.query, *each.answers.values()):
            if schema is not None:
                models[schema().__name__] = schema()
    _, made = models_json_schema([(model, "validation") for model in models.values()], ref_template=REFERENCE)
    found: dict[str, Any] = made["$defs"]
    return found
