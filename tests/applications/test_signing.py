"""Nobody signs what a colleague has written since the page was shown: told what changed, and not signed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.services import declare, save_prices
from portal.core.db import session
from portal.frameworks.states import QuestionKind
from tests.applications.conftest import Desk
from tests.factories import accounts
from tests.support.acting import acting_as

K = QuestionKind
SIGNED = {"name": "Robin Fairweather", "position": "Director", "agrees": "y"}


@pytest.fixture
def colleague(complete: Desk) -> Person:
    made = accounts.person(
        Role.BID_WRITER, organisation=complete.application.organisation, full_name="Wilf Penhale"
    )
    acting_as(complete.writer)
    return made


def mark_of(desk: Desk) -> str:
    return services.content_mark(queries.get_progress(desk.application))


def sign(desk: Desk, seen: str) -> None:
    declare(desk.application, name="Robin Fairweather", position="Director", by=desk.writer, seen=seen)


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="(\w*)"', text)
    assert found is not None
    return found.group(1)


def test_what_stands_as_it_was_shown_is_signed(complete: Desk) -> None:
    sign(complete, mark_of(complete))
    assert complete.application.declared_name == "Robin Fairweather"


def test_a_confirmed_answer_is_no_change(complete: Desk) -> None:
    seen = mark_of(complete)
    services.confirm_answer(complete.application, complete.question(K.LONG_TEXT), by=complete.writer)
    sign(complete, seen)
    assert complete.application.declared_at is not None


def edit_answer(desk: Desk) -> Any:
    question = desk.question(K.LONG_TEXT)
    desk.save(question, "Other words")
    return question


def edit_price(desk: Desk) -> Any:
    cell = queries.get_schedule(desk.application).cells[0]
    save_prices(desk.application, {cell.id: Decimal("501.25")}, by=desk.writer)
    return desk.question(K.PRICE_SCHEDULE)


def edit_file(desk: Desk) -> Any:
    question = next(
        question
        for section in queries.asked_sections(desk.round_)
        for question in section.questions
        if (answer := queries.find_answer(desk.application, question)) and answer.evidence
    )
    answer = queries.find_answer(desk.application, question)
    assert answer is not None
    services.remove_document(answer.evidence[0], by=desk.writer)
    return question


@pytest.mark.parametrize("edit", [edit_answer, edit_price, edit_file])
def test_what_changed_since_is_named_and_not_signed(complete: Desk, edit: Any) -> None:
    seen = mark_of(complete)
    question = edit(complete)
    with pytest.raises(services.ChangedSinceShown) as refused:
        sign(complete, seen)
    assert [one.question for one in refused.value.edits] == [question]
    assert refused.value.edits[0].by == "you"
    assert complete.application.declared_at is None


@pytest.mark.parametrize("then", ["", "submit"])
def test_the_page_says_what_changed_and_who_did_it(
    client: Any, complete: Desk, colleague: Person, then: str
) -> None:
    address = f"{complete.address}/declaration"
    client.sign_in(complete.writer)
    shown = client.get(address).get_data(as_text=True)
    opened = {**SIGNED, "seen": hidden(shown, "seen"), "version": hidden(shown, "version"), "then": then}
    acting_as(colleague)
    question = complete.question(K.LONG_TEXT)
    services.save_answer(complete.application, question, "A colleague’s newer words", by=colleague)
    session.commit()
    acting_as(complete.writer)
    answer = client.post(address, data=opened)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Not signed: the application was changed since this page was shown" in text
    assert f'#question-{question.id}">{question.number} ' in text
    assert "last saved by Wilf Penhale" in text
    assert 'value="Director"' in text
    acting_as(complete.writer)
    session.refresh(complete.application)
    assert (complete.application.declared_at, complete.application.submitted_at) == (None, None)
    again = {**opened, "seen": hidden(text, "seen"), "version": hidden(text, "version")}
    assert client.post(address, data=again).status_code == 303
    acting_as(complete.writer)
    session.refresh(complete.application)
    assert complete.application.declared_at is not None
