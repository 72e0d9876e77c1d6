"""The pages of clarifications, as everybody who uses them."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core.db import session
from portal.frameworks.models import Clarification, ClarificationNote
from tests.factories import accounts, clarifications, providers
from tests.factories import frameworks as rounds
from tests.support.acting import as_worker, travel

ATOM = {"a": "http://www.w3.org/2005/Atom"}
QUESTION = clarifications.QUESTION


@pytest.fixture
def round_():
    return rounds.round_(questions=False)


@pytest.fixture
def writer():
    organisation = providers.organisation(legal_name="Quiet Larkspur Fostering Ltd")
    return accounts.person(Role.BID_WRITER, organisation=organisation)


@pytest.fixture
def officer():
    return accounts.person(Role.COMMISSIONER, council=Council.KENT)


def text_of(answer, status=200):
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def question_form(writer, **typed):
    return {
        "once": str(uuid.uuid4()),
        "organisation_id": str(writer.organisation_ids[0]),
        "question": QUESTION,
        **typed,
    }


def count(what):
    with as_worker():
        return session.execute(sa.select(sa.func.count()).select_from(what)).scalar_one()


def test_a_provider_asks_and_reads_its_question(client, round_, writer):
    client.sign_in(writer)
    assert "Ask a question" in text_of(client.get(f"/framework/rounds/{round_.id}/ask"))
    answer = client.post(f"/framework/rounds/{round_.id}/ask", data=question_form(writer))
    assert answer.location == f"/framework/rounds/{round_.id}/your-questions"
    own = text_of(client.get(answer.location))
    assert QUESTION in own
    assert "They do not know who asked" in own


def test_a_form_sent_twice_asks_once(client, round_, writer):
    client.sign_in(writer)
    form = question_form(writer)
    for _ in range(2):
        assert client.post(f"/framework/rounds/{round_.id}/ask", data=form).status_code == 303
    assert count(Clarification) == 1


def test_a_mistake_is_said_beside_the_field_and_loses_nothing(client, round_, writer):
    client.sign_in(writer)
    typed = "At Quiet Larkspur Fostering we wonder about policies."
    page = text_of(
        client.post(f"/framework/rounds/{round_.id}/ask", data=question_form(writer, question=typed)), 422
    )
    assert 'id="question-error"' in page
    assert typed in page
    assert count(Clarification) == 0


def test_a_word_of_ones_name_is_confirmed_in_a_second_step(client, round_, writer):
    client.sign_in(writer)
    form = question_form(writer, question="May a larkspur be our logo?")
    page = text_of(client.post(f"/framework/rounds/{round_.id}/ask", data=form), 422)
    assert "These words may tell who asked" in page
    seen = re.search(r'name="hints_seen"[^>]*value="([^"]*)"', page)[1]
    form |= {"hints_seen": seen, "confirms": "y"}
    assert client.post(f"/framework/rounds/{round_.id}/ask", data=form).status_code == 303


def test_late_the_page_says_so_and_whom_to_call(client, round_, writer):
    travel(timedelta(days=11))
    client.sign_in(writer)
    page = text_of(client.get(f"/framework/rounds/{round_.id}/ask"))
    assert "The time for questions has passed" in page
    assert "mailto:" in page
    late = client.post(f"/framework/rounds/{round_.id}/ask", data=question_form(writer))
    assert QUESTION in text_of(late, 409)


def test_the_council_answers_and_the_public_reads(client, round_, writer, officer):
    asked = clarifications.clarification(round_=round_, organisation=None)
    client.sign_in(officer)
    desk = text_of(client.get(f"/rounds/{round_.id}/clarifications"))
    assert QUESTION in desk
    assert "Larkspur" not in desk
    page = text_of(client.get(f"/clarifications/{asked.id}"))
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
    form = {
        "version": version,
        "audience": "everyone",
        "question": "May one policy cover several branches?",
        "answer": "Yes.\n\nIf it <names> each.",
    }
    assert client.post(f"/clarifications/{asked.id}", data=form).status_code == 303
    public = text_of(client.get(f"/framework/rounds/{round_.id}/clarifications"))
    assert 'id="clarification-1"' in public
    assert "If it &lt;names&gt; each." in public
    assert 'type="application/atom+xml"' in public
    answered = text_of(client.get(f"/clarifications/{asked.id}"))
    assert QUESTION in answered
    assert "Correct or withdraw" in answered


def test_an_officer_who_comes_second_sees_what_was_typed(client, round_, officer):
    asked = clarifications.clarification("private", round_=round_)
    client.sign_in(officer)
    form = {"version": "1", "audience": "everyone", "question": "A", "answer": "My long answer"}
    assert "My long answer" in text_of(client.post(f"/clarifications/{asked.id}", data=form), 409)
    assert count(ClarificationNote) == 0


def test_what_would_expose_a_provider_is_refused_beside_its_field(client, round_, writer, officer):
    asked = clarifications.clarification(round_=round_)
    client.sign_in(officer)
    form = {"version": "1", "audience": "everyone", "question": "x", "answer": "Ask Quiet Larkspur Fostering"}
    page = text_of(client.post(f"/clarifications/{asked.id}", data=form), 422)
    assert 'id="answer-error"' in page
    assert "Ask Quiet Larkspur Fostering" in page


def test_a_private_answer_shows_to_its_asker_alone(client, round_, writer, officer):
    asked = clarifications.clarification(round_=round_, by=writer, organisation=_of(writer))
    client.sign_in(officer)
    form = {"version": "1", "audience": "asker", "answer": "Between us.", "reason": "A trade secret."}
    assert client.post(f"/clarifications/{asked.id}", data=form).status_code == 303
    assert "Between us." not in text_of(client.get(f"/framework/rounds/{round_.id}/clarifications"))
    client.sign_in(writer)
    assert "Between us." in text_of(client.get(f"/framework/rounds/{round_.id}/your-questions"))
    other = accounts.person(Role.BID_WRITER, organisation=providers.organisation())
    client.sign_in(other)
    assert "Between us." not in text_of(client.get(f"/framework/rounds/{round_.id}/your-questions"))


def _of(person):
    return person.grants[0].organisation


def test_a_correction_leaves_the_first_answer_to_be_read(client, round_, officer):
    note = clarifications.note(round_=round_)
    client.sign_in(officer)
    assert "Correct clarification 1" in text_of(client.get(f"/clarification-notes/{note.id}/correct"))
    form = {"kind": "correction", "answer": "No, one for each branch."}
    assert client.post(f"/clarification-notes/{note.id}/correct", data=form).status_code == 303
    session.expire_all()  # the test's one session has read the note before
    page = text_of(client.get(f"/framework/rounds/{round_.id}/clarifications"))
    assert "Clarification 2: corrected answer" in page
    assert "No longer stands" in page
    assert "Yes, if it names each branch." in page
    assert client.get(f"/clarification-notes/{note.id}/correct").status_code == 403


def test_the_page_is_searched_and_paged(client, round_):
    for number in range(1, 31):
        clarifications.note(round_=round_, number=number, answer=f"Answer {number} about roofs")
    first = text_of(client.get(f"/framework/rounds/{round_.id}/clarifications"))
    assert "1 to 25 of 30" in first
    assert "26 to 30 of 30" in text_of(client.get(f"/framework/rounds/{round_.id}/clarifications?page=2"))
    about = text_of(client.get(f"/framework/rounds/{round_.id}/clarifications?about=4"))
    assert 'id="clarification-4"' in about
    for nonsense in ("about=0", "about=99", "about=x", "page=-1"):
        assert 'id="clarification-30"' in text_of(
            client.get(f"/framework/rounds/{round_.id}/clarifications?{nonsense}")
        )
    found = text_of(client.get(f"/framework/rounds/{round_.id}/clarifications?q=roof+17"))
    assert "1 to 1 of 1" in found
    assert "Nothing matches" in text_of(client.get(f"/framework/rounds/{round_.id}/clarifications?q=zebra"))


def test_the_feed_is_atom(client, round_):
    clarifications.note(round_=round_, number=1, question="A & B <c>?")
    clarifications.note(round_=round_, number=2)
    answer = client.get(f"/framework/rounds/{round_.id}/clarifications/feed")
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.get_data())
    entries = feed.findall("a:entry", ATOM)
    assert [entry.findtext("a:title", None, ATOM) for entry in entries] == [
        "Clarification 2",
        "Clarification 1",
    ]
    assert "A & B <c>?" in entries[1].findtext("a:content", None, ATOM)
    ids = [feed.findtext("a:id", None, ATOM), *(entry.findtext("a:id", None, ATOM) for entry in entries)]
    assert len(set(ids)) == 3
    assert feed.findtext("a:updated", None, ATOM) == entries[0].findtext("a:updated", None, ATOM)
    self_link = feed.find("a:link[@rel='self']", ATOM).get("href")
    assert self_link == feed.findtext("a:id", None, ATOM)


def test_an_empty_round_has_a_page_and_a_valid_feed(client, round_):
    assert "No clarification has been published yet" in text_of(
        client.get(f"/framework/rounds/{round_.id}/clarifications")
    )
    feed = ElementTree.fromstring(client.get(f"/framework/rounds/{round_.id}/clarifications/feed").get_data())
    assert feed.findtext("a:updated", None, ATOM)


def test_a_draft_round_has_neither(client):
    draft = rounds.round_("draft", questions=False)
    for end in ("clarifications", "clarifications/feed"):
        assert client.get(f"/framework/rounds/{draft.id}/{end}").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if not role.is_provider_role])
def test_who_at_the_councils_sees_the_desk(client, round_, role):
    asked = clarifications.clarification(round_=round_)
    client.sign_in(accounts.person(role, council=Council.KENT))
    expected = 200 if role in (Role.COMMISSIONER, Role.AUDITOR) else 403
    assert client.get(f"/rounds/{round_.id}/clarifications").status_code == expected
    assert client.get(f"/clarifications/{asked.id}").status_code == expected
    answered = client.post(
        f"/clarifications/{asked.id}", data={"audience": "everyone", "question": "Q", "answer": "A"}
    )
    assert answered.status_code == (303 if role == Role.COMMISSIONER else 403)


def test_rule_09_a_provider_does_not_reach_the_desk(client, round_, writer):
    asked = clarifications.clarification(round_=round_)
    client.sign_in(writer)
    assert client.get(f"/clarifications/{asked.id}").status_code == 404
    assert client.get(f"/rounds/{round_.id}/clarifications").status_code == 403


def test_whoever_asked_is_told_that_the_answer_was_corrected(client, round_, writer):
    asked = clarifications.clarification("published", round_=round_, organisation=_of(writer), by=writer)
    note = clarifications.note(asked)
    client.sign_in(writer)
    page = f"/framework/rounds/{round_.id}/your-questions"
    assert "Corrected" not in text_of(client.get(page))
    clarifications.note(round_=round_, number=2, corrects_id=note.id, kind="correction")
    shown = text_of(client.get(page))
    assert "The answer was corrected since" in shown
    assert "read clarification 2" in shown
