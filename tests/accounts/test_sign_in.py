"""Signing in and out, throttling, idle sessions, and ways to be led elsewhere."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from portal.accounts.states import Role
from portal.core import session as portal_session
from tests.factories.accounts import PASSWORD, person
from tests.support.acting import travel

WRONG = "seventeen blue kites"


def sign_in(client: Any, email: str, password: str = PASSWORD, **more: Any) -> Any:
    environ = more.pop("environ", None)
    return client.post(
        "/sign-in", data={"email": email, "password": password, **more}, environ_overrides=environ
    )


def is_signed_in(client: Any) -> bool:
    return client.get("/account").status_code == 200


def from_address(address: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address}


def test_the_right_password_signs_in_whatever_the_address_looks_like(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    answer = sign_in(client, "  Ada@Example.ORG ")
    assert (answer.status_code, answer.location) == (303, "/start")
    assert is_signed_in(client)


def test_unknown_wrong_disabled_and_invited_answer_alike(client: Any) -> None:
    person(email="known@example.org", password=PASSWORD)
    person(email="closed@example.org", password=PASSWORD, disabled=True)
    person(email="invited@example.org")
    texts = set()
    for email, password in (
        ("known@example.org", WRONG),
        ("closed@example.org", PASSWORD),
        ("invited@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
    ):
        answer = sign_in(client, email, password)
        assert answer.status_code == 422
        texts.add(re.sub(r'value="[^"]*"|content="[^"]*"', "", answer.get_data(as_text=True)))
    assert len(texts) == 1
    assert "The email address or the password is not right." in texts.pop()


def test_a_password_is_never_sent_back(client: Any) -> None:
    assert WRONG not in sign_in(client, "known@example.org", WRONG).get_data(as_text=True)


def test_an_unknown_address_costs_a_hash_too(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.accounts import passwords

    verified = []
    real = passwords.verify_password
    monkeypatch.setattr(
        passwords, "verify_password", lambda kept, typed: verified.append(kept) or real(kept, typed)
    )
    sign_in(client, "nobody@example.org")
    assert verified == [None]


def test_signing_in_keeps_the_password_under_todays_parameters(client: Any, session: Any) -> None:
    ada = person(email="ada@example.org", password=PASSWORD)
    ada.password_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    session.commit()
    before = ada.password_hash
    assert sign_in(client, "ada@example.org").status_code == 303
    session.refresh(ada)
    assert ada.password_hash != before
    assert sign_in(client, "ada@example.org").status_code == 303


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example/",
        "/\n/evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "/ /evil.example",
        "evil.example",
        "/%0d\r\nLocation: //evil.example",
        "",
    ],
)
def test_next_never_leads_to_another_site(client: Any, wanted: str) -> None:
    person(email="ada@example.org", password=PASSWORD)
    assert sign_in(client, "ada@example.org", next=wanted).location == "/start"


def test_next_leads_back_with_its_query(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    asked = client.get("/account/password?from=mail")
    assert asked.location == "/sign-in?next=/account/password?from%3Dmail"
    form = client.get(asked.location).get_data(as_text=True)
    assert 'value="/account/password?from=mail"' in form
    answer = sign_in(client, "ada@example.org", next="/account/password?from=mail")
    assert answer.location == "/account/password?from=mail"


def test_who_is_signed_in_needs_no_form(client: Any) -> None:
    client.sign_in(person())
    assert client.get("/sign-in?next=/account").location == "/account"


def test_without_the_form_token_nothing_happens(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    answer = client.post("/sign-in", data={"email": "ada@example.org", "password": PASSWORD}, csrf=False)
    assert answer.status_code == 400
    assert not is_signed_in(client)


def test_failures_make_the_wait_longer_and_say_when_to_try_again(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    for _ in range(5):
        assert sign_in(client, "ada@example.org", WRONG).status_code == 422
    refused = sign_in(client, "ada@example.org")
    assert refused.status_code == 429
    assert re.search(r"You can try again in 1[0-6] seconds", refused.get_data(as_text=True))
    assert 'value="ada@example.org"' in refused.get_data(as_text=True)
    travel(timedelta(seconds=16))
    assert sign_in(client, "ada@example.org", WRONG).status_code == 422
    travel(timedelta(seconds=16))
    assert sign_in(client, "ada@example.org").status_code == 429
    travel(timedelta(seconds=16))
    assert sign_in(client, "ada@example.org").status_code == 303


def test_the_wait_never_grows_beyond_a_quarter_of_an_hour(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    for _ in range(14):
        assert sign_in(client, "ada@example.org", WRONG).status_code == 422
        travel(timedelta(minutes=15, seconds=1))
    assert sign_in(client, "ada@example.org").status_code == 303


def test_unknown_addresses_are_throttled_alike(client: Any) -> None:
    for _ in range(5):
        assert sign_in(client, "nobody@example.org").status_code == 422
    assert sign_in(client, "nobody@example.org").status_code == 429


def test_a_stranger_elsewhere_cannot_lock_the_owner_out(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    for _ in range(5):
        sign_in(client, "ada@example.org", WRONG, environ=from_address("203.0.113.9"))
    assert sign_in(client, "ada@example.org", environ=from_address("203.0.113.9")).status_code == 429
    assert sign_in(client, "ada@example.org", environ=from_address("198.51.100.4")).status_code == 303


def test_not_even_a_stranger_on_the_same_network_locks_a_known_device_out(app: Any, client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    known = app.test_client()
    assert sign_in(known, "ada@example.org").status_code == 303
    known.post("/sign-out")
    for number in range(35):
        sign_in(client, f"guess{number % 9}@example.org", WRONG)
    for _ in range(6):
        sign_in(client, "ada@example.org", WRONG)
    assert sign_in(client, "ada@example.org").status_code == 429
    assert sign_in(known, "ada@example.org").status_code == 303


def test_a_known_device_has_a_budget_too(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    sign_in(client, "ada@example.org")
    client.post("/sign-out")
    for _ in range(5):
        assert sign_in(client, "ada@example.org", WRONG).status_code == 422
    assert sign_in(client, "ada@example.org").status_code == 429


def test_a_forged_device_is_no_known_device(client: Any) -> None:
    ada = person(email="ada@example.org", password=PASSWORD)
    for _ in range(5):
        sign_in(client, "ada@example.org", WRONG)
    client.set_cookie("portal_device", f'["{ada.id}"].forged.signature')
    assert sign_in(client, "ada@example.org").status_code == 429


def test_one_source_cannot_try_many_addresses(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    for number in range(30):
        assert sign_in(client, f"guess{number}@example.org", WRONG).status_code == 422
    assert sign_in(client, "ada@example.org").status_code == 429


def test_neighbours_in_one_ipv6_network_are_one_source(client: Any) -> None:
    for number in range(5):
        sign_in(client, "ada@example.org", WRONG, environ=from_address(f"2001:db8::{number + 1}"))
    answer = sign_in(client, "ada@example.org", environ=from_address("2001:db8::ffff"))
    assert answer.status_code == 429
    assert sign_in(client, "ada@example.org", environ=from_address("2001:db8:0:1::1")).status_code == 422


def test_signing_out_needs_a_post_and_ends_the_session(client: Any) -> None:
    client.sign_in(person())
    assert client.get("/sign-out").status_code == 405
    assert is_signed_in(client)
    assert client.post("/sign-out").location == "/signed-out?by=you"
    assert not is_signed_in(client)


def test_an_idle_session_ends(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client.sign_in(person())
    now = portal_session.wall_clock()
    monkeypatch.setattr(portal_session, "wall_clock", lambda: now + 29 * 60)
    assert is_signed_in(client)
    monkeypatch.setattr(portal_session, "wall_clock", lambda: now + (29 + 31) * 60)
    answer = client.get("/account")
    assert answer.location == "/sign-in?next=/account"
    assert "nothing happened for a while" in client.get(answer.location).get_data(as_text=True)


def test_one_press_extends_the_session(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client.sign_in(person())
    now = portal_session.wall_clock()
    monkeypatch.setattr(portal_session, "wall_clock", lambda: now + 29 * 60)
    answer = client.post("/session")
    assert (answer.status_code, answer.data) == (204, b"")
    monkeypatch.setattr(portal_session, "wall_clock", lambda: now + 50 * 60)
    assert is_signed_in(client)


def test_extending_a_session_that_ended_asks_to_sign_in(client: Any) -> None:
    answer = client.post("/session", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_the_signed_out_page_ends_the_session_and_leads_back(client: Any) -> None:
    client.sign_in(person())
    answer = client.get("/signed-out?next=/account")
    assert answer.status_code == 200
    assert 'href="/sign-in?next=/account"' in answer.get_data(as_text=True)
    assert not is_signed_in(client)


def test_the_signed_out_page_leads_to_no_other_site(client: Any) -> None:
    assert "evil" not in client.get("/signed-out?next=//evil.example/").get_data(as_text=True)


def test_a_closed_account_is_out_at_once(client: Any, session: Any) -> None:
    ada = person(Role.EVALUATOR)
    client.sign_in(ada)
    ada.is_disabled = True
    session.commit()
    assert not is_signed_in(client)


def test_signing_in_drops_what_was_planted_in_the_session(client: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    with client.session_transaction() as cookie:
        cookie["planted"] = "yes"
    sign_in(client, "ada@example.org")
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
