"""What anybody may see, and what it costs."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.states import Role
from portal.adapters import storage
from portal.core.db import session
from portal.frameworks.states import AdmissionRule, RoundState
from portal.public import queries
from tests.factories.accounts import person
from tests.factories.agreements import agreement
from tests.factories.frameworks import closed_round, extension, framework, round_
from tests.factories.providers import organisation
from tests.support.client import PortalClient

S = RoundState

PAGES = ["/", "/framework/rounds", "/how-to-apply", "/members", "/accessibility", "/privacy", "/contact"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_for_anybody(client: PortalClient, path: str) -> None:
    assert client.get(path).status_code == 200
    client.sign_in(person(Role.BID_WRITER, organisation=organisation()))
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_page_names_the_support_route(client: PortalClient, path: str) -> None:
    page = client.get(path).text
    assert "01234 567 890" in page
    assert "fostering-framework@example.org" in page


def test_the_home_page_costs_three_queries_at_most(client: PortalClient, count_queries: Any) -> None:
    for expected_rounds in (0, 1, 2):
        session.remove()
        with count_queries() as counted:
            page = client.get("/").text
        assert counted.number <= 3
        assert page.count("Open for applications") == expected_rounds
        round_(S.PUBLISHED, questions=False)


def test_the_home_page_shows_the_open_round_and_the_way_in(client: PortalClient) -> None:
    assert "No round is open now" in client.get("/").text
    made = round_(S.PUBLISHED, questions=False)
    page = client.get("/").text
    assert made.title in page
    assert "<strong>19 days left</strong>" in page
    assert 'href="/register"' in page
    assert "1 April 2022" in page


def test_drafts_are_nowhere(client: PortalClient) -> None:
    draft = round_(S.DRAFT, questions=False)
    never_published = round_(S.CANCELLED, questions=False, published_at=None)
    client.sign_in(person(Role.BID_WRITER, organisation=organisation()))
    for made in (draft, never_published):
        assert client.get(f"/framework/rounds/{made.id}").status_code == 404
        assert client.get(f"/framework/rounds/{made.id}/questions").status_code == 404
        assert made.title not in client.get("/framework/rounds").text
    assert client.get(f"/framework/rounds/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize("state", [state for state in RoundState if state != S.DRAFT])
def test_a_published_round_is_public_in_every_state(client: PortalClient, state: RoundState) -> None:
    made = round_(state)
    page = client.get(f"/framework/rounds/{made.id}").text
    assert made.title in page
    assert ("Start an application" in page) == (state == S.PUBLISHED)


@pytest.mark.parametrize("state", ["opened", "evaluating", "consensus", "recommended"])
def test_rule_09_the_public_is_not_told_how_far_the_councils_are(client: PortalClient, state: str) -> None:
    of = round_(state)
    for path in ("/framework/rounds", f"/framework/rounds/{of.id}"):
        shown = client.get(path).text
        assert "Being evaluated" in shown
        assert "Recommended" not in shown
        assert "Consensus" not in shown


def test_a_round_says_how_it_is_scored(client: PortalClient) -> None:
    made = round_(S.PUBLISHED, quality_minimum=30, admission_rule=AdmissionRule.BEST_N, admit_at_most=7)
    extension(made, person(Role.COMMISSIONER))
    page = client.get(f"/framework/rounds/{made.id}").text
    for words in (
        "Quality: 60 points",
        "Price: 40 points",
        "How do you keep children safe?",
        "3 out of 5",
        "At least 30 quality points are needed.",
        "The best 7 applications",
        "standstill of 10 days",
        "£1,500.00",
        "Several providers asked for more time over the holiday.",
    ):
        assert words in page
    assert "How do you match children to carers" in client.get(f"/framework/rounds/{made.id}/questions").text


def test_rule_01_a_public_page_tells_nothing_of_applications(client: PortalClient) -> None:
    made = round_(S.PUBLISHED)
    page = client.get(f"/framework/rounds/{made.id}").text
    assert "submitted applications" not in page
    assert "Applications submitted" not in page


def test_the_directory_lists_active_members_only(client: PortalClient) -> None:
    of = framework()
    member = organisation(legal_name="Larkspur Member Limited")
    outside = organisation(legal_name="Larkspur Outside Limited")
    agreement(organisation=member, framework=of, state="active")
    agreement(organisation=outside, framework=of, state="offered")
    page = client.get("/members").text
    assert "Larkspur Member Limited" in page
    assert "Larkspur Outside Limited" not in page
    assert "No member matches" in client.get("/members?q=quince").text
    assert "Larkspur Member Limited" in client.get("/members?q=LARKSPUR").text


@pytest.mark.parametrize("number", ["0", "-3", "two", "99999999999999999999999"])
def test_a_page_that_no_list_has_is_answered(client: PortalClient, number: str) -> None:
    framework()
    assert client.get(f"/members?page={number}").status_code == 200


def test_the_directory_costs_the_same_for_one_row_and_many(client: PortalClient, count_queries: Any) -> None:
    of = framework()

    def cost() -> int:
        session.remove()
        with count_queries() as counted:
            client.get("/members")
        return int(counted.number)

    agreement(organisation=organisation(), framework=of, state="active")
    one = cost()
    for _ in range(10):
        agreement(organisation=organisation(), framework=of, state="active")
    assert cost() == one <= 3


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=21, hours=3), "21 days"),
        (timedelta(days=80), "80 days"),
        (timedelta(days=13, hours=23), "13 days"),
        (timedelta(days=2), "two days"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=2), "two hours"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(minutes=1), "one minute"),
        (timedelta(seconds=4), "one minute"),
        (timedelta(0), "none"),
    ],
)
def test_the_countdown_in_words(left: timedelta, words: str) -> None:
    made = round_(S.PUBLISHED, questions=False)
    assert queries.time_left(made, made.submission_deadline - left) == words


def test_health_and_readiness(client: PortalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json == {"status": "up"}
    assert client.get("/readyz").json == {"silent": [], "status": "ready"}

    def away() -> bool:
        raise OSError("no such folder")

    monkeypatch.setattr(storage.current(), "is_ready", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"silent": ["storage"], "status": "not ready"}


def test_a_closed_round_is_not_called_open(client: PortalClient) -> None:
    made = closed_round()
    assert "No round is open now" in client.get("/").text
    assert "Closed to applications" in client.get(f"/framework/rounds/{made.id}").text


def test_everybody_is_led_to_their_own_way_in(client: PortalClient) -> None:
    made = round_(S.PUBLISHED, questions=False)
    place = organisation()
    ways = {
        "/register": None,
        "/registration": person(),
        f"/rounds/{made.id}/apply": person(Role.BID_WRITER, organisation=place),
    }
    for way, who in ways.items():
        if who is not None:
            client.sign_in(who)
        for path in ("/", f"/framework/rounds/{made.id}"):
            assert f'href="{way}"' in client.get(path).text
    client.sign_in(person(Role.COMMISSIONER))
    assert "Start an application" not in client.get("/").text
