"""Every endpoint for machines is described, and nothing is described that is not there."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from portal.core.access import SAFE_METHODS
from portal.core.rest import PROBLEMS, ROOT, operations
from portal.core.rest.describing import address_of, problems_of
from portal.keys.states import Scope
from tests.conventions.test_access import is_machines


@pytest.fixture
def described(app, client):
    return client.get(f"{ROOT}/openapi.json").json


def under_the_root(app):
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(ROOT)]


def test_what_stands_under_the_root_is_declared_but_for_the_description_itself(app):
    undeclared = {rule.endpoint for rule in under_the_root(app) if not is_machines(app, rule)}
    assert undeclared == {"keys.openapi"}


def test_every_endpoint_is_described_and_no_other(app, described):
    there = {
        (address_of(rule), method.lower())
        for rule in under_the_root(app)
        if is_machines(app, rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    told = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert told == there


def test_each_says_what_it_does_what_it_needs_and_every_way_it_answers(app, described):
    for route, declared in operations(app):
        assert declared.summary[0].isupper(), route.rule
        assert declared.scope in set(Scope), route.rule
        assert declared.answers, route.rule
        for schema in (declared.body, declared.query, *declared.answers.values()):
            assert schema is None or issubclass(schema(), BaseModel), route.rule
        for method in route.methods - {"HEAD", "OPTIONS"}:
            told = described["paths"][address_of(route)][method.lower()]
            statuses = {str(PROBLEMS[code].status) for code in problems_of(declared, method in SAFE_METHODS)}
            assert set(told["responses"]) >= statuses | {str(status) for status in declared.answers}
            assert told["security"] == [{"key": [declared.scope]}]


def test_no_name_leads_nowhere(described):
    def references(part):
        if isinstance(part, dict):
            yield from [part["$ref"]] if "$ref" in part else []
            for each in part.values():
                yield from references(each)
        elif isinstance(part, list):
            for each in part:
                yield from references(each)

    components = described["components"]
    for name in references(described):
        _, _, kind, found = name.split("/")
        assert found in components[kind], name
    assert described["openapi"] == "3.1.0"


def test_the_page_explains_every_endpoint_every_problem_and_every_scope(client, described):
    text = client.get("/api").get_data(as_text=True)
    for methods in described["paths"].values():
        for told in methods.values():
            assert f'id="{told["operationId"]}"' in text
    for code in PROBLEMS:
        assert f'id="problem-{code}"' in text
    for scope in Scope:
        assert scope.value in text
