"""The signed-in session: it ends when idle, and begins and ends without losing what the request wrote."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import session as cookie

from portal.accounts.states import Role
from portal.core import audit
from portal.core import session as portal_session
from portal.core.access import ALLOWED, access, current_person, public
from portal.core.audit import AuditEvent
from portal.core.db import session
from tests.core.conftest import IDLE_SECONDS
from tests.factories import accounts

NOW = 1_800_000_000


@pytest.fixture
def person():
    return accounts.person(Role.COMMISSIONER)


@pytest.fixture
def clock(monkeypatch):
    """`clock[0]` is the wall clock's time."""
    hands = [NOW]
    monkeypatch.setattr(portal_session, "wall_clock", lambda: hands[0])
    return hands


@pytest.fixture
def inside(client, add_page, person, clock):
    add_page("/inside", access(lambda person: ALLOWED)(lambda: "inside"))
    client.sign_in(person)
    return client


def test_a_session_lasts_while_somebody_is_there(inside, clock):
    for _ in range(3):
        clock[0] += IDLE_SECONDS - 1
        assert inside.get("/inside").status_code == 200


def test_a_session_ends_when_nothing_happens(inside, clock):
    clock[0] += IDLE_SECONDS + 1
    answer = inside.get("/inside")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/inside")
    with inside.session_transaction() as kept:
        assert "_user_id" not in kept
        assert "nothing happened" in kept["_flashes"][0][1]


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(inside, clock):
    clock[0] += IDLE_SECONDS - 1
    assert inside.get("/inside", headers={"X-Background": "1"}).status_code == 200
    clock[0] += 2
    assert inside.get("/inside").status_code == 303


def test_a_post_after_the_session_ended_is_not_led_back(inside, clock):
    clock[0] += IDLE_SECONDS + 1
    assert inside.post("/inside").location == "/sign-in"


def test_signing_in_drops_whatever_was_planted_and_keeps_what_was_written(client, add_page, person):
    def sign_in():
        audit.record("person.signed_in", person, by=person)
        session.execute(sa.text("UPDATE person SET full_name = 'Ada Holloway-Reed'"))
        portal_session.begin(person)
        return "in"

    add_page("/enter", public(sign_in))
    with client.session_transaction() as planted:
        planted["planted"] = "by a stranger"
    client.post("/enter")
    assert session.execute(sa.select(AuditEvent.verb)).scalar_one() == "person.signed_in"
    assert session.execute(sa.text("SELECT full_name FROM person")).scalar_one() == "Ada Holloway-Reed"
    with client.session_transaction() as kept:
        assert "planted" not in kept
        assert kept["_user_id"] == str(person.id)


def test_signing_out_keeps_what_was_written(client, add_page, person):
    def sign_out():
        audit.record("person.signed_out", person, by=person)
        portal_session.end()
        return str(current_person())

    add_page("/leave", public(sign_out))
    client.sign_in(person)
    assert client.post("/leave").text == "None"
    assert session.execute(sa.select(AuditEvent.verb)).scalar_one() == "person.signed_out"
    with client.session_transaction() as kept:
        assert "_user_id" not in kept


def test_a_disabled_person_is_signed_out_by_the_next_request(inside):
    session.execute(sa.text("UPDATE person SET is_disabled = true"))
    session.commit()
    assert inside.get("/inside").status_code == 303


def test_signing_out_everywhere_ends_this_session_too(inside):
    session.execute(sa.text("UPDATE person SET auth_version = auth_version + 1"))
    session.commit()
    assert inside.get("/inside").status_code == 303


def test_what_a_stranger_writes_while_an_ended_session_lingers_is_kept(core_app, inside, add_page, person):
    """The session is looked at before the view writes: looking later would undo the writing."""
    core_app.config["WTF_CSRF_METHODS"] = set()  # the ended session took its token along

    def write():
        audit.record("person.registered", person, by=None)
        session.flush()
        return str(current_person())

    add_page("/register", public(write))
    session.execute(sa.text("UPDATE person SET auth_version = auth_version + 1"))
    session.commit()
    assert inside.post("/register").text == "None"
    assert session.execute(sa.select(AuditEvent.verb)).scalar_one() == "person.registered"


def test_the_cookie_is_out_of_reach_of_scripts(client, add_page):
    def remember():
        cookie["seen"] = 1
        return "kept"

    add_page("/kept", public(remember))
    header = client.get("/kept").headers["Set-Cookie"]
    assert header.startswith("portal_session=")
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
