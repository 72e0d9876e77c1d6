"""The first two nets: an endpoint without a rule, a policy's reason, a guessed id, the form's token."""

from __future__ import annotations

import io
import uuid

import pytest
from flask import request

from portal.accounts.states import Role
from portal.core.access import ALLOWED, access, current_person, denied, public, rule_of
from portal.core.errors import NotFound
from tests.factories import accounts

LARGE = 800_000
DENIED = "Only the keeper of the keys may do this."


def allow(person):
    return ALLOWED


def refuse(person):
    return denied(DENIED)


@pytest.fixture
def person():
    return accounts.person(Role.COMMISSIONER)


class CountedBody(io.BytesIO):
    """A body that knows how much of it was read."""

    def __init__(self):
        super().__init__(b"name=" + b"x" * LARGE)
        self.was_read = 0

    def read(self, size=-1):
        data = super().read(size)
        self.was_read += len(data)
        return data

    def readinto(self, buffer):
        count = super().readinto(buffer)
        self.was_read += count
        return count


def post_large(client, path):
    body = CountedBody()
    answer = client.post(
        path,
        csrf=False,
        input_stream=body,
        content_length=LARGE + 5,
        content_type="application/x-www-form-urlencoded",
    )
    return answer, body.was_read


def test_an_endpoint_without_a_rule_does_not_run(client, add_page):
    add_page("/forgotten", lambda: "the secret")
    answer = client.get("/forgotten")
    assert answer.status_code == 500
    assert b"the secret" not in answer.data


def test_a_public_page_asks_nobody(client, add_page):
    add_page("/open", public(lambda: "come in"))
    assert client.get("/open").data == b"come in"


def test_a_stranger_is_asked_to_sign_in_and_led_back(client, add_page):
    add_page("/inside", access(allow)(lambda: "inside"))
    answer = client.get("/inside?page=2")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/inside?page%3D2"


def test_htmx_is_told_to_go_to_sign_in(client, add_page):
    add_page("/inside", access(allow)(lambda: "inside"))
    answer = client.get("/inside", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


def test_a_denial_says_why(client, add_page, person):
    add_page("/inside", access(refuse)(lambda: "inside"))
    client.sign_in(person)
    answer = client.get("/inside")
    assert answer.status_code == 403
    assert DENIED in answer.text


def test_the_policy_judges_the_very_thing_the_view_gets(client, add_page, person):
    seen = []

    def load(person, thing_id):
        return ("thing", thing_id, person.id)

    def judge(person, thing):
        seen.append(thing)
        return ALLOWED

    add_page("/things/<uuid:thing_id>", access(judge, of=load)(lambda thing: str(thing == seen[0])))
    client.sign_in(person)
    assert client.get(f"/things/{uuid.uuid4()}").data == b"True"


def test_what_the_loader_does_not_name_reaches_the_view(client, add_page, person):
    def load(person, thing_id):
        return thing_id

    view = access(lambda person, thing: ALLOWED, of=load)(lambda thing, part: f"{thing} {part}")
    add_page("/things/<int:thing_id>/<part>", view)
    client.sign_in(person)
    assert client.get("/things/3/lid").data == b"3 lid"


def test_a_guessed_id_is_not_found_before_the_policy_is_asked(client, add_page, person):
    def load(person, thing_id):
        raise NotFound

    def judge(person, thing):
        raise AssertionError("the policy was asked about nothing")

    add_page("/things/<uuid:thing_id>", access(judge, of=load)(lambda thing: "thing"))
    client.sign_in(person)
    assert client.get(f"/things/{uuid.uuid4()}").status_code == 404


def test_a_post_without_the_token_is_refused(client, add_page, person):
    add_page("/change", access(allow)(lambda: "changed"))
    client.sign_in(person)
    assert client.post("/change", csrf=False).status_code == 400
    assert client.post("/change").data == b"changed"


def test_a_public_post_needs_the_token_too(client, add_page):
    add_page("/change", public(lambda: "changed"))
    assert client.post("/change", csrf=False).status_code == 400


def test_a_large_body_is_not_read_for_a_stranger(client, add_page):
    add_page("/upload", access(allow)(lambda: "taken"))
    answer, was_read = post_large(client, "/upload")
    assert (answer.status_code, was_read) == (303, 0)


def test_a_large_body_is_not_read_for_somebody_who_may_not(client, add_page, person):
    add_page("/upload", access(refuse)(lambda: "taken"))
    client.sign_in(person)
    answer, was_read = post_large(client, "/upload")
    assert (answer.status_code, was_read) == (403, 0)


def test_a_large_body_is_not_read_for_a_guessed_id(client, add_page, person):
    def load(person, thing_id):
        raise NotFound

    add_page("/upload/<int:thing_id>", access(lambda person, thing: ALLOWED, of=load)(lambda thing: "taken"))
    client.sign_in(person)
    answer, was_read = post_large(client, "/upload/7")
    assert (answer.status_code, was_read) == (404, 0)


def test_the_rule_stays_readable_on_the_endpoint(core_app, add_page):
    add_page("/inside", access(refuse)(lambda: "inside"))
    with core_app.app_context():
        rule = rule_of("inside")
        assert rule is not None
        assert rule.policy is refuse
        assert rule_of("no.such.endpoint") is None


def test_nobody_is_the_current_person_of_a_public_page(client, add_page, person):
    add_page("/who", public(lambda: str(current_person() is not None) + request.path))
    assert client.get("/who").data == b"False/who"
    client.sign_in(person)
    assert client.get("/who").data == b"True/who"
