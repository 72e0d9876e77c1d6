"""Registering, proving the address, choosing a new password; and that no page tells who has an account."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import AccountLink, Person
from portal.accounts.queries import find_person_by_email
from tests.accounts.mailbox import link, mails, templates
from tests.factories.accounts import PASSWORD, person
from tests.support.acting import travel

ADA = "ada@example.org"
BETTER = "trombone lichen harbour"


def register(client: Any, email: str = ADA, once: str | None = None, **more: Any) -> Any:
    once = once or _once(client)
    data = {"full_name": "Ada Holloway", "email": email, "password": PASSWORD, "once": once}
    return client.post("/register", data={**data, **more})


def _once(client: Any) -> str:
    found = re.search(r'name="once"[^>]*value="([^"]+)"', client.get("/register").get_data(as_text=True))
    assert found is not None
    return found.group(1)


def sign_in(client: Any, password: str = PASSWORD) -> Any:
    return client.post("/sign-in", data={"email": ADA, "password": password})


def confirmed_at() -> Any:
    found = find_person_by_email(ADA)
    assert found is not None
    return found.email_confirmed_at


def test_from_registering_to_the_start_page(client: Any) -> None:
    assert register(client).location == "/check-your-email?about=registration"
    assert "Check your email" in client.get("/check-your-email?about=registration").get_data(as_text=True)
    address = link(ADA)
    assert "Enter the password you registered with" in client.get(address).get_data(as_text=True)
    assert client.post(address, data={"password": PASSWORD}).location == "/start"
    assert confirmed_at() is not None
    assert client.get("/account").status_code == 200


def test_a_taken_address_gets_the_same_answer_and_a_mail_of_its_own(client: Any) -> None:
    new = register(client, "new@example.org")
    taken = person(email="taken@example.org", full_name="Bea Okoro", password=PASSWORD)
    again = register(client, " TAKEN@example.org")
    assert (new.status_code, new.location) == (again.status_code, again.location)
    assert templates("new@example.org") == ["accounts/confirm_email"]
    assert templates("taken@example.org") == ["accounts/registered_already"]
    assert taken.full_name == "Bea Okoro"


def test_a_taken_address_costs_a_hash_too(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.accounts import passwords

    person(email=ADA)
    hashed = []
    monkeypatch.setattr(passwords, "hash_password", lambda typed: hashed.append(typed) or "hash")
    register(client)
    assert hashed == [PASSWORD]


def test_the_form_twice_makes_one_account_and_one_mail(client: Any, session: Any) -> None:
    once = _once(client)
    answers = [register(client, once=once) for _ in range(2)]
    assert answers[0].location == answers[1].location == "/check-your-email?about=registration"
    assert templates(ADA) == ["accounts/confirm_email"]
    assert session.execute(sa.select(sa.func.count()).select_from(Person)).scalar_one() == 1


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("full_name", " ", "Enter a full name."),
        ("full_name", "x" * 101, "up to 100 characters"),
        ("full_name", "Win at http://evil.example", "without web or email addresses"),
        ("full_name", "ada@example.org", "without web or email addresses"),
        ("email", "not an address", "like name@example.org"),
        ("email", "", "Enter an email address."),
        ("email", f"{'x' * 250}@example.org", "email address"),
        ("password", "", "Enter a password."),
        ("password", "password1234", "too common"),
        ("password", "Ada Holloway!", "your name or your email"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_typed_values_stay(
    client: Any, field: str, value: str, says: str
) -> None:
    answer = register(client, **{field: value})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in text
    assert f'id="{field}-error"' in text
    assert 'value="ada@example.org"' in text or field == "email"
    assert PASSWORD not in text
    assert find_person_by_email(ADA) is None


def test_a_form_put_right_is_accepted_with_the_same_token(client: Any) -> None:
    once = _once(client)
    assert register(client, once=once, password="password1234").status_code == 422
    assert register(client, once=once).status_code == 303
    assert find_person_by_email(ADA) is not None


def test_one_source_cannot_have_many_addresses_mailed(client: Any) -> None:
    for number in range(30):
        assert register(client, f"someone{number}@example.org", once=None).status_code == 303
    refused = register(client)
    assert refused.status_code == 429
    assert "too many requests" in refused.get_data(as_text=True)


def test_unconfirmed_people_see_only_how_to_confirm(client: Any) -> None:
    client.sign_in(person(email=ADA, confirmed=False))
    for address in ("/account", "/start", "/council-accounts", "/account/password", "/sign-in", "/register"):
        assert client.get(address).location == "/confirm-your-email"
    assert ADA in client.get("/confirm-your-email").get_data(as_text=True)
    assert client.post("/account/sign-out-everywhere").location == "/confirm-your-email"
    assert client.post("/session").status_code == 204
    assert client.post("/sign-out").status_code == 303


def test_confirmed_people_have_nothing_to_confirm(client: Any) -> None:
    client.sign_in(person())
    assert client.get("/confirm-your-email").location == "/start"
    assert client.post("/confirm-your-email").status_code == 409


def test_sending_again_replaces_the_link_and_has_a_limit(client: Any) -> None:
    register(client)
    first = link(ADA)
    sign_in(client)
    assert client.post("/confirm-your-email").location == "/confirm-your-email"
    assert client.get(first).status_code == 410
    assert client.get(link(ADA)).status_code == 200
    assert client.post("/confirm-your-email").status_code == 303
    assert client.post("/confirm-your-email").status_code == 429
    assert len(mails(ADA)) == 3


def test_a_mail_scanner_uses_no_link_up(client: Any) -> None:
    register(client)
    address = link(ADA)
    for _ in range(3):
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200
    assert confirmed_at() is None
    assert client.post(address, data={"password": PASSWORD}).status_code == 303


def test_a_link_works_once_and_says_so_afterwards(client: Any) -> None:
    register(client)
    address = link(ADA)
    client.post(address, data={"password": PASSWORD})
    for answer in (client.get(address), client.post(address, data={"password": PASSWORD})):
        assert answer.status_code == 410
        assert "used already, has expired, or was replaced" in answer.get_data(as_text=True)


def test_a_link_expires(client: Any) -> None:
    register(client)
    travel(timedelta(hours=24, minutes=1))
    assert client.get(link(ADA)).status_code == 410
    assert client.post(link(ADA), data={"password": PASSWORD}).status_code == 410
    assert confirmed_at() is None


def test_a_made_up_link_is_no_link(client: Any) -> None:
    for kind in ("confirm-email", "new-password", "invitations"):
        assert client.get(f"/{kind}/made-up").status_code == 410


def test_a_link_of_one_kind_does_nothing_of_another(client: Any) -> None:
    register(client)
    secret = link(ADA).rpartition("/")[2]
    assert client.post(f"/new-password/{secret}", data={"password": BETTER}).status_code == 410
    assert sign_in(client).status_code == 303


def test_the_link_alone_does_not_confirm_what_a_stranger_registered(client: Any) -> None:
    register(client, password="the stranger's own words")
    answer = client.post(link(ADA), data={"password": PASSWORD})
    assert answer.status_code == 422
    assert confirmed_at() is None


def test_signed_in_the_button_is_enough_but_only_for_ones_own_link(app: Any, client: Any) -> None:
    register(client)
    other = app.test_client()
    other.sign_in(person())
    assert other.post(link(ADA)).status_code == 403
    assert confirmed_at() is None
    sign_in(client)
    assert "password" not in client.get(link(ADA)).get_data(as_text=True).split("<main")[1]
    assert client.post(link(ADA)).location == "/start"
    assert confirmed_at() is not None


def test_only_hashes_of_secrets_are_kept(client: Any, session: Any) -> None:
    register(client)
    secret = link(ADA).rpartition("/")[2]
    row = session.execute(sa.select(AccountLink)).scalar_one()
    assert secret not in str(vars(row))
    assert len(row.secret_hash) == 32
    assert mails(ADA)[0].is_secret


def ask_for_reset(client: Any, email: str = ADA) -> Any:
    return client.post("/forgotten-password", data={"email": email})


def test_a_new_password_by_mail(app: Any, client: Any) -> None:
    ada = person(email=ADA, password=PASSWORD)
    other = app.test_client()
    other.sign_in(ada)
    assert ask_for_reset(client).location == "/check-your-email?about=password"
    address = link(ADA)
    assert client.get(address).status_code == 200
    assert client.post(address, data={"password": BETTER}).location == "/sign-in"
    assert other.get("/account").status_code == 303
    assert sign_in(client).status_code == 422
    assert sign_in(client, BETTER).status_code == 303
    assert client.get(address).status_code == 410
    assert templates(ADA) == ["accounts/reset_password", "accounts/password_changed"]


def test_asking_for_a_new_password_tells_nobody_who_has_an_account(client: Any) -> None:
    person(email="known@example.org", password=PASSWORD)
    person(email="closed@example.org", password=PASSWORD, disabled=True)
    answers = [ask_for_reset(client, f"{who}@example.org") for who in ("known", "closed", "unknown")]
    assert {(answer.status_code, answer.location) for answer in answers} == {
        (303, "/check-your-email?about=password")
    }
    assert templates("known@example.org") == ["accounts/reset_password"]
    assert templates("closed@example.org") == templates("unknown@example.org") == ["accounts/no_account"]


def test_one_address_gets_few_mails_and_the_answer_stays_the_same(client: Any) -> None:
    person(email=ADA, password=PASSWORD)
    for _ in range(5):
        assert ask_for_reset(client).status_code == 303
    assert len(mails(ADA)) == 3


def test_a_newer_reset_link_replaces_the_older_and_lasts_an_hour(client: Any) -> None:
    person(email=ADA, password=PASSWORD)
    ask_for_reset(client)
    first = link(ADA)
    ask_for_reset(client)
    assert client.get(first).status_code == 410
    assert client.get(link(ADA)).status_code == 200
    travel(timedelta(minutes=61))
    assert client.post(link(ADA), data={"password": BETTER}).status_code == 410
    assert sign_in(client).status_code == 303


def test_a_weak_new_password_leaves_the_link_unused(client: Any) -> None:
    person(email=ADA, full_name="Ada Holloway", password=PASSWORD)
    ask_for_reset(client)
    assert client.post(link(ADA), data={"password": "password1234"}).status_code == 422
    assert client.post(link(ADA), data={"password": BETTER}).status_code == 303


def test_a_reset_proves_the_address(client: Any) -> None:
    register(client, password="the stranger's own words")
    ask_for_reset(client)
    client.post(link(ADA), data={"password": BETTER})
    assert confirmed_at() is not None
    assert sign_in(client, "the stranger's own words").status_code == 422


def test_old_tries_and_links_are_forgotten(client: Any, session: Any) -> None:
    from portal.accounts.jobs import forget_old

    register(client)
    sign_in(client, "seventeen blue kites")
    forget_old()
    assert session.execute(sa.text("SELECT count(*) FROM sign_in_attempt")).scalar_one() == 2
    travel(timedelta(days=32))
    forget_old()
    for table in ("sign_in_attempt", "account_link"):
        assert session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
