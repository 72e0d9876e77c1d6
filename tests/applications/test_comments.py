"""Comments among colleagues: theirs alone, for ever, and never part of what is submitted."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import AnswerComment, Submission
from portal.core.db import session
from portal.core.errors import Invalid
from portal.frameworks.states import QuestionKind
from portal.notifications.models import Notification
from tests.applications.conftest import Desk, make_desk
from tests.factories import accounts
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker

WORDS = "Is the aubergine figure still right?"


def comment_on(desk: Desk, text: str = WORDS, by: Person | None = None) -> AnswerComment:
    question = desk.question(QuestionKind.LONG_TEXT)
    made = services.add_comment(desk.application, question, text, by=by or desk.writer)
    session.commit()
    return made


def test_a_comment_is_read_answered_settled_and_opened_again(client: Any, desk: Desk) -> None:
    question = desk.question(QuestionKind.LONG_TEXT)
    address = f"{desk.address}/questions/{question.id}/comments"
    section = f"{desk.address}/sections/{question.section_id}"
    task_list = desk.address
    finance = accounts.person(
        Role.FINANCE_LEAD, organisation=desk.application.organisation, full_name="Wilf Penhale"
    )
    client.sign_in(finance)
    added = client.post(
        address, data={"once": str(uuid.uuid4()), "text": "First\x00 <b>line</b>\r\n\r\nSecond"}
    )
    assert added.status_code == 303
    client.sign_in(desk.writer)
    text = client.get(section).get_data(as_text=True)
    assert "Wilf Penhale" in text
    assert "First &lt;b&gt;line&lt;/b&gt;" in text
    assert "1 open comment" in client.get(task_list).get_data(as_text=True)
    acting_as(desk.writer)
    comment_id = session.scalars(sa.select(AnswerComment.id)).one()
    settle = f"{task_list}/comments/{comment_id}/resolve"
    for _ in range(2):
        assert client.post(settle).status_code == 303
    assert "Settled by" in client.get(address).get_data(as_text=True)
    assert "open comment" not in client.get(task_list).get_data(as_text=True)
    client.post(settle, data={"again": "yes"})
    assert "1 open comment" in client.get(task_list).get_data(as_text=True)


def test_a_double_click_comments_once(client: Any, desk: Desk) -> None:
    address = f"{desk.address}/questions/{desk.question(QuestionKind.LONG_TEXT).id}/comments"
    client.sign_in(desk.writer)
    sent = {"once": str(uuid.uuid4()), "text": WORDS}
    assert [client.post(address, data=sent).status_code for _ in range(2)] == [303, 303]
    acting_as(desk.writer)
    assert len(session.scalars(sa.select(AnswerComment.id)).all()) == 1


@pytest.mark.parametrize("text", ["", "  \x00 ", "x" * 2001])
def test_nothing_and_too_much_are_told_beside_the_field_and_kept(client: Any, desk: Desk, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        comment_on(desk, text)
    assert refused.value.field == "text"
    address = f"{desk.address}/questions/{desk.question(QuestionKind.LONG_TEXT).id}/comments"
    client.sign_in(desk.writer)
    answer = client.post(address, data={"once": str(uuid.uuid4()), "text": text})
    assert answer.status_code == 422
    assert text.strip("\x00 ") in answer.get_data(as_text=True)


def test_comments_are_in_no_submission_and_no_export(client: Any, complete: Desk) -> None:
    comment_on(complete)
    complete.declare()
    complete.submit()
    session.commit()
    content = session.scalars(sa.select(Submission.content)).one()
    assert "aubergine" not in json.dumps(content)
    address = complete.address
    client.sign_in(complete.writer)
    for page in ("print", "check", "receipt"):
        assert "aubergine" not in client.get(f"{address}/{page}").get_data(as_text=True)


def test_rule_01_the_councils_never_see_a_comment_even_after_opening(complete: Desk) -> None:
    comment_on(complete)
    complete.declare()
    complete.submit()
    session.commit()
    rounds.move_to(complete.round_, "concluded")
    for role in (Role.COMMISSIONER, Role.EVALUATOR, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR):
        acting_as(accounts.person(role))
        assert session.scalars(sa.select(AnswerComment)).all() == []
    acting_as(complete.writer)
    assert len(session.scalars(sa.select(AnswerComment)).all()) == 1


def test_rule_09_another_providers_comments_are_neither_seen_nor_made(client: Any, desk: Desk) -> None:
    made_id = comment_on(desk).id
    question, application_id, address = (
        desk.question(QuestionKind.LONG_TEXT),
        desk.application.id,
        desk.address,
    )
    other = make_desk()
    assert session.scalars(sa.select(AnswerComment)).all() == []
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        session.execute(
            sa.insert(AnswerComment).values(
                application_id=application_id, question_id=question.id, author_id=other.writer.id, text="x"
            )
        )
    session.rollback()
    client.sign_in(other.writer)
    assert client.get(f"{address}/questions/{question.id}/comments").status_code == 404
    assert client.post(f"{address}/comments/{made_id}/resolve").status_code == 404
    assert client.post(f"{other.address}/comments/{made_id}/resolve").status_code == 404


def test_a_section_costs_the_same_with_many_comments_as_with_one(
    client: Any, desk: Desk, count_queries: Any
) -> None:
    question = desk.question(QuestionKind.LONG_TEXT)
    address = f"{desk.address}/sections/{question.section_id}"
    costs = []
    for _ in range(2):
        acting_as(desk.writer)
        for number in range(4):
            comment_on(desk, f"Comment {number}")
        client.sign_in(desk.writer)
        client.get(address)
        with count_queries() as counted:
            assert client.get(address).status_code == 200
        costs.append(counted.number)
    assert costs[0] == costs[1] <= 12


def test_resolving_twice_keeps_the_first_name(desk: Desk) -> None:
    made = comment_on(desk)
    colleague = accounts.person(Role.BID_WRITER, organisation=desk.application.organisation)
    acting_as(desk.writer)
    services.resolve_comment(desk.application, made, by=desk.writer)
    services.resolve_comment(desk.application, made, by=colleague)
    assert made.resolved_by_id == desk.writer.id
    question = desk.question(QuestionKind.LONG_TEXT)
    assert (
        queries.list_comments(desk.application, [question])[question.id][0].resolver == desk.writer.full_name
    )


def test_colleagues_at_work_are_told_as_they_chose_and_the_author_is_not(desk: Desk) -> None:
    organisation = desk.application.organisation
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    lead = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    accounts.person(Role.FINANCE_LEAD, organisation=organisation)
    question = desk.question(QuestionKind.LONG_TEXT)
    acting_as(lead)
    services.add_comment(desk.application, question, "A first word", by=lead)
    session.commit()
    acting_as(desk.writer)
    services.add_comment(desk.application, question, "Is the figure right?", by=desk.writer)
    session.commit()
    with as_worker():
        told = session.scalars(
            sa.select(Notification).where(Notification.body.contains("Is the figure right?"))
        ).all()
    assert {one.person_id for one in told} == {writer.id, lead.id}
    assert {(one.is_mandatory, one.sealed_round_id, one.path) for one in told} == {
        (False, desk.round_.id, f"/applications/{desk.application.id}/questions/{question.id}/comments")
    }
