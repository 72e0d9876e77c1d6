"""A form that arrives twice counts once, also when both arrive in the same instant."""

from __future__ import annotations

import threading
import uuid

import pytest

from portal.core import db, once
from portal.core.access import public
from portal.core.db import session
from portal.core.errors import AlreadyDone, Invalid
from tests.factories import providers


def test_a_token_counts_once():
    token = str(uuid.uuid4())
    once.claim(token)
    with pytest.raises(AlreadyDone):
        once.claim(token)


def test_a_token_of_a_rolled_back_request_can_be_used_again():
    token = str(uuid.uuid4())
    once.claim(token)
    session.rollback()
    once.claim(token)


@pytest.mark.parametrize("token", [None, "", "twice"])
def test_a_form_without_a_token_is_not_complete(token):
    with pytest.raises(Invalid, match="not complete"):
        once.claim(token)


def test_the_second_arrival_is_led_back_and_told(client, add_page):
    token = str(uuid.uuid4())

    def make():
        once.claim(token)
        return "made"

    add_page("/make", public(make))
    assert client.post("/make").text == "made"
    again = client.post("/make", headers={"Referer": "http://localhost/list"})
    assert (again.status_code, again.location) == (303, "http://localhost/list")
    elsewhere = client.post("/make", headers={"Referer": "https://elsewhere.example/"})
    assert elsewhere.location == "/make"


@pytest.mark.commits
def test_of_two_at_the_same_instant_one_wins_and_the_other_is_told(committing):
    token = str(uuid.uuid4())
    outcomes = []
    first_has_claimed, may_commit = threading.Event(), threading.Event()

    def first():
        with db.transaction():
            once.claim(token)
            first_has_claimed.set()
            may_commit.wait(10)
        outcomes.append("first won")

    def second():
        first_has_claimed.wait(10)
        try:
            with db.transaction():
                threading.Timer(0.3, may_commit.set).start()
                once.claim(token)
        except AlreadyDone as told:
            outcomes.append(told.message)

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [AlreadyDone().message, "first won"]


@pytest.mark.commits
def test_when_the_first_fails_the_second_counts(committing):
    token = str(uuid.uuid4())
    claimed, release = threading.Event(), threading.Event()

    def first():
        with db.transaction():
            once.claim(token)
            claimed.set()
            release.wait(10)
            session.rollback()

    rival = threading.Thread(target=first)
    rival.start()
    claimed.wait(10)
    threading.Timer(0.3, release.set).start()
    with db.transaction():
        once.claim(token)
        providers.organisation()
    rival.join()
