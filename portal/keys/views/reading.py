"""The OpenAPI document as the page reads it: endpoints by their subject, fields in words, an example to paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import json

METHODS_OF_READING = frozenset({"get"})


@dataclass(frozen=True)
class Field:
    """One field of what is sent or got."""

    name: str
    kind: str
    needed: bool
    words: str


@dataclass(frozen=True)
class Object:
    """One schema: its members, or the codes that it may be."""

    words: str
    members: list[Field]
    codes: list[str]


@dataclass(frozen=True)
class Endpoint:
    """One endpoint, ready to be drawn."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    fields: list[Field]
    parameters: list[Field]
    answers: list[tuple[str, str]]
    gives: str | None
    example: str


def sections(document: dict[str, Any], address: str) -> list[tuple[str, list[Endpoint]]]:
    """The endpoints by tag, in the document's order."""
    found: dict[str, list[Endpoint]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            found[told["tags"][0]].append(_endpoint(document, address, path, method, told))
    return list(found.items())


def objects(document: dict[str, Any]) -> list[tuple[str, Object]]:
    """The schemas by name."""
    return [
        (name, Object(schema.get("description", ""), fields_of(schema), schema.get("enum", [])))
        for name, schema in sorted(document["components"]["schemas"].items())
        if not name.endswith("Query")
    ]


def _endpoint(
    document: dict[str, Any], address: str, path: str, method: str, told: dict[str, Any]
) -> Endpoint:
    body = _body(document, told)
    return Endpoint(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        description=told.get("description", ""),
        scope=told["security"][0]["key"][0],
        fields=fields_of(body) if body else [],
        parameters=[
            Field(each["name"], _kind(each["schema"]), each["required"], each.get("description", ""))
            for each in told["parameters"]
            if each["in"] != "path"
        ],
        answers=[(status, each["description"]) for status, each in told["responses"].items()],
        gives=_gives(told),
        example=_example(address, path, method, body),
    )


def _body(document: dict[str, Any], told: dict[str, Any]) -> dict[str, Any] | None:
    if "requestBody" not in told:
        return None
    name = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def _gives(told: dict[str, Any]) -> str | None:
    for status in ("200", "201"):
        content = told["responses"].get(status, {}).get("content", {})
        if content:
            return str(content["application/json"]["schema"]["$ref"].rpartition("/")[2])
    return None


def fields_of(schema: dict[str, Any]) -> list[Field]:
    """The members of an object, those that are needed first."""
    needed = schema.get("required", [])
    fields = [
        Field(name, _kind(told), name in needed, told.get("description", ""))
        for name, told in schema.get("properties", {}).items()
    ]
    return sorted(fields, key=lambda field: not field.needed)


def _kind(told: dict[str, Any]) -> str:
    """What a value is, in a few words."""
    if "anyOf" in told:
        return " or ".join(_kind(each) for each in told["anyOf"])
    if "$ref" in told:
        return str(told["$ref"].rpartition("/")[2])
    if told.get("type") == "array":
        return f"list of {_kind(told.get('items', {}))}"
    if told.get("format"):
        return {"date": "date", "date-time": "date and time", "uuid": "UUID"}.get(told["format"], "text")
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}
    return words.get(told.get("type", ""), "object")


def _example(address: str, path: str, method: str, body: dict[str, Any] | None) -> str:
    whole = address + path.replace("{reference}", "KF-0142").replace("{enquiry_id}", "ID")
    lines = [f"curl {whole}", "-H 'Authorization: Bearer kmf_…'"]
    if method not in METHODS_OF_READING:
        lines[0] = f"curl -X {method.upper()} {whole}"
    if body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(_sample(body))}'"]
    return " \\\n  ".join(lines)


def _sample(body: dict[str, Any]) -> Any:
    if body.get("examples"):
        return body["examples"][0]
    return {name: told["examples"][0] for name, told in body["properties"].items() if told.get("examples")}
