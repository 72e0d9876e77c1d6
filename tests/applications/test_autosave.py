"""One answer saved by itself: said beside it, never over a colleague's, and with no storm of audit events."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.frameworks.states import QuestionKind
from tests.applications.conftest import Desk, make_desk
from tests.factories import accounts
from tests.support.acting import acting_as, as_worker, travel

K = QuestionKind
EMPTY = services.answer_seen(None)


def send(client: Any, desk: Desk, question: Any, typed: Any, seen: str = EMPTY, **more: str) -> Any:
    """What the page sends for one answer."""
    return client.post(
        address_of(desk, question),
        data={services.answer_field(question): typed, f"seen-{question.id}": seen, **more},
        headers={"HX-Request": "true"},
    )


def address_of(desk: Desk, question: Any) -> str:
    return f"/applications/{sa.inspect(desk.application).identity[0]}/questions/{question.id}/answer"


@pytest.fixture
def at(client: Any, desk: Desk) -> Any:
    client.sign_in(desk.writer)
    return desk


def stored(desk: Desk, question: Any) -> Any:
    acting_as(desk.writer)
    answer = queries.find_answer(desk.application, question)
    return answer.value if answer is not None else None


def mark_of(answer: Any) -> str:
    found = re.search(r'data-seen="(\w+)"', answer.get_data(as_text=True))
    assert found is not None
    return found.group(1)


def test_it_says_saved_and_gives_the_mark_to_go_on_with(client: Any, at: Any) -> None:
    question = at.question(K.LONG_TEXT)
    first = send(client, at, question, "One")
    assert first.status_code == 200
    assert "Saved at" in first.get_data(as_text=True)
    assert "<html" not in first.get_data(as_text=True)
    second = send(client, at, question, "One two", mark_of(first))
    assert second.status_code == 200
    assert stored(at, question) == "One two"


def test_a_colleagues_answer_is_never_overwritten_and_both_are_shown(client: Any, at: Any) -> None:
    question = at.question(K.LONG_TEXT)
    at.save(question, "The colleague’s text")
    session.commit()
    answer = send(client, at, question, "My text")
    assert answer.status_code == 409
    text = answer.get_data(as_text=True)
    assert "My text" in text
    assert "The colleague’s text" in text
    assert text.count(f'name="keep-{question.id}"') == 3
    assert stored(at, question) == "The colleague’s text"


def test_one_text_cannot_be_put_after_another_where_there_is_only_a_choice(client: Any, at: Any) -> None:
    question = at.question(K.YES_NO)
    at.save(question, True)
    session.commit()
    text = send(client, at, question, "no").get_data(as_text=True)
    assert text.count(f'name="keep-{question.id}"') == 2
    assert stored(at, question) is True


@pytest.mark.parametrize(
    ("choice", "kept"), [("mine", "Mine"), ("theirs", "Theirs"), ("both", "Theirs\n\nMine")]
)
def test_the_choice_between_two_texts_works_without_a_script(
    client: Any, desk: Desk, choice: str, kept: str
) -> None:
    question = desk.question(K.LONG_TEXT)
    page = f"{desk.address}/sections/{question.section_id}"
    desk.save(question, "Theirs")
    session.commit()
    client.sign_in(desk.writer)
    typed = {services.answer_field(question): "Mine", f"seen-{question.id}": EMPTY}
    shown = client.post(page, data=typed)
    assert shown.status_code == 409
    against = re.search(r'name="against-[^"]+" value="(\w+)"', shown.get_data(as_text=True))
    assert against is not None
    chosen = {**typed, f"against-{question.id}": against.group(1), f"keep-{question.id}": choice}
    answer = client.post(page, data=chosen)
    assert answer.status_code == 303
    assert answer.location.endswith(f"#question-{question.id}")
    assert stored(desk, question) == kept


def test_a_third_text_meanwhile_is_shown_before_the_choice_counts(client: Any, desk: Desk) -> None:
    question = desk.question(K.LONG_TEXT)
    page = f"{desk.address}/sections/{question.section_id}"
    desk.save(question, "Second text")
    session.commit()
    client.sign_in(desk.writer)
    chosen = {
        services.answer_field(question): "Mine",
        f"seen-{question.id}": EMPTY,
        f"against-{question.id}": services.answer_seen("First text"),
        f"keep-{question.id}": "mine",
    }
    answer = client.post(page, data=chosen)
    assert answer.status_code == 409
    assert "Second text" in answer.get_data(as_text=True)
    assert stored(desk, question) == "Second text"


def test_saving_again_without_choosing_shows_both_again(client: Any, desk: Desk) -> None:
    question = desk.question(K.LONG_TEXT)
    page = f"{desk.address}/sections/{question.section_id}"
    desk.save(question, "Theirs")
    session.commit()
    client.sign_in(desk.writer)
    typed = {services.answer_field(question): "Mine", f"seen-{question.id}": EMPTY}
    for _ in range(2):
        answer = client.post(page, data=typed)
        assert answer.status_code == 409
        assert f'name="seen-{question.id}" type="hidden" value="{EMPTY}"' in answer.get_data(as_text=True)
    assert stored(desk, question) == "Theirs"


def test_an_answer_not_touched_is_shown_as_it_now_stands_when_another_comes_back(
    client: Any, desk: Desk
) -> None:
    number, text = desk.question(K.NUMBER), desk.question(K.SHORT_TEXT)
    page = f"{desk.address}/sections/{number.section_id}"
    desk.save(text, "A colleague’s new name")
    session.commit()
    client.sign_in(desk.writer)
    sent = {
        services.answer_field(number): "about forty",
        f"seen-{number.id}": EMPTY,
        services.answer_field(text): "",
        f"seen-{text.id}": EMPTY,
    }
    answer = client.post(page, data=sent)
    assert answer.status_code == 422
    shown = answer.get_data(as_text=True)
    assert 'value="about forty"' in shown
    assert 'value="A colleague’s new name"' in shown


def test_what_is_no_answer_is_told_and_not_saved(client: Any, at: Any) -> None:
    question = at.question(K.NUMBER)
    answer = send(client, at, question, "about forty")
    assert answer.status_code == 422
    assert "Not saved. Enter a number" in answer.get_data(as_text=True)
    assert stored(at, question) is None


def test_too_many_words_are_saved_and_said(client: Any, at: Any) -> None:
    question = next(
        one for one in [at.question(K.LONG_TEXT, number) for number in range(3)] if one.word_limit
    )
    text = send(client, at, question, "word " * (question.word_limit + 2)).get_data(as_text=True)
    assert "It is 2 words over the limit" in text


def test_a_file_question_is_not_answered_by_typing(client: Any, at: Any) -> None:
    assert send(client, at, at.question(K.FILE), "x").status_code == 404


def test_rule_02_after_the_deadline_nothing_saves_itself(client: Any, at: Any) -> None:
    question = at.question(K.LONG_TEXT)
    travel(timedelta(days=30))
    answer = send(client, at, question, "Too late")
    assert answer.status_code == 409
    assert "The deadline has passed" in answer.get_data(as_text=True)
    assert stored(at, question) is None


def test_a_session_that_has_ended_is_sent_to_sign_in(client: Any, desk: Desk) -> None:
    answer = send(client, desk, desk.question(K.LONG_TEXT), "Words")
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"]


@pytest.mark.parametrize("role", [Role.PLACEMENTS_LEAD, Role.FINANCE_LEAD])
def test_other_roles_save_nothing(client: Any, desk: Desk, role: Role) -> None:
    question = desk.question(K.LONG_TEXT)
    client.sign_in(accounts.person(role, organisation=desk.application.organisation))
    assert send(client, desk, question, "Words").status_code == 403


def test_rule_09_another_providers_answer_is_not_found(client: Any, desk: Desk) -> None:
    question = desk.question(K.LONG_TEXT)
    client.sign_in(make_desk().writer)
    assert send(client, desk, question, "Words").status_code == 404


def test_an_hour_of_typing_makes_a_handful_of_events(client: Any, at: Any) -> None:
    question, seen = at.question(K.LONG_TEXT), EMPTY
    for minute in range(60):
        seen = mark_of(send(client, at, question, f"Minute {minute}", seen))
        travel(timedelta(minutes=1))
    with as_worker():
        saved = session.scalars(
            sa.select(AuditEvent.details).where(AuditEvent.verb == "application.answer_saved")
        ).all()
    assert 4 <= len(saved) <= 5
    assert stored(at, question) == "Minute 59"


def test_whoever_takes_over_is_on_record_at_once(desk: Desk) -> None:
    question = desk.question(K.LONG_TEXT)
    colleague = accounts.person(Role.BID_WRITER, organisation=desk.application.organisation)
    desk.save(question, "One")
    session.commit()
    acting_as(colleague)
    services.save_answer(desk.application, question, "Two", by=colleague)
    session.commit()
    with as_worker():
        actors = session.scalars(
            sa.select(AuditEvent.actor_id)
            .where(AuditEvent.verb == "application.answer_saved")
            .order_by(AuditEvent.sequence)
        ).all()
    assert actors == [desk.writer.id, colleague.id]


def test_a_question_brought_up_by_an_answer_is_shown_before_going_on(client: Any) -> None:
    from tests.applications.test_progress import desk_with, first

    ids: dict[str, Any] = {}

    def ask_in_turn(questions: Any) -> None:
        awaited = first(questions, K.YES_NO)
        waiting = next(
            one for one in questions if one.section_id == awaited.section_id and one.id != awaited.id
        )
        waiting.shown_when_question_id, waiting.shown_when_value = awaited.id, "no"
        ids.update(awaited=awaited, waiting=waiting, section=awaited.section_id)

    desk = desk_with(ask_in_turn, answered=False)
    page = f"{desk.address}/sections/{ids['section']}"
    awaited, waiting = ids["awaited"], ids["waiting"]
    field, seen = services.answer_field(awaited), f"seen-{awaited.id}"
    client.sign_in(desk.writer)
    hidden = re.compile(rf'id="question-{waiting.id}"[^>]* hidden>')
    assert hidden.search(client.get(page).get_data(as_text=True))
    answer = client.post(page, data={field: "no", seen: EMPTY})
    assert answer.location.endswith(f"#question-{waiting.id}")
    assert not hidden.search(client.get(page).get_data(as_text=True))
    again = client.post(page, data={field: "no", seen: services.answer_seen(False)})
    assert "#question" not in again.location
