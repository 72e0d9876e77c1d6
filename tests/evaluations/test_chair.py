"""Questions to the chair: they give no score, and nobody reads another evaluator's words (rules 3 and 4)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import Invalid
from portal.evaluations import services
from portal.evaluations.models import ChairQuestion, Score
from portal.evaluations.queries import list_heard, rounds_taken_part_in
from portal.evaluations.states import Audience
from tests.evaluations.test_rules import count, sheet_of
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker

ASKED = "Does a local charter of Thornbury count as evidence here?"
ANSWER = "Any published commitment counts, dated or not."


def score_of(here: Case, index: int = 0) -> Score:
    return made.scores(sheet_of(here, index))[0]


def asked(here: Case, index: int = 0) -> ChairQuestion:
    score, evaluator = score_of(here, index), here.evaluators[index]
    acting_as(evaluator)
    question = services.ask_chair(score, ASKED, by=evaluator)
    session.commit()
    return question


def answered(here: Case, question: ChairQuestion, audience: Audience, wording: str = "") -> None:
    acting_as(here.commissioner)
    services.answer_chair(question, ANSWER, audience=audience, wording=wording, by=here.commissioner)
    session.commit()


def page_of(score: Score) -> str:
    return f"/evaluations/sheets/{score.sheet_id}/questions/{score.question_id}/chair"


def test_an_evaluator_asks_and_the_commissioner_answers_on_the_pages(client: Any) -> None:
    here = case("evaluating")
    score = score_of(here)
    client.sign_in(here.evaluators[0])
    form = {"text": ASKED, "once": str(uuid.uuid4())}
    assert client.post(page_of(score), data=form).status_code == 303
    assert client.post(page_of(score), data=form).status_code == 303  # a double click asks once
    assert client.get(page_of(score)).get_data(as_text=True).count(ASKED) == 1
    client.sign_in(here.commissioner)
    listed = client.get(f"/evaluations/rounds/{here.round.id}/chair-questions").get_data(as_text=True)
    assert "Kit Kentish" in listed
    key = count_id("SELECT id FROM chair_question")
    page = f"/evaluations/chair-questions/{key}"
    assert ASKED in client.get(page).get_data(as_text=True)
    unworded = client.post(page, data={"audience": "application", "text": ANSWER})
    assert unworded.status_code == 422
    assert "Word the question as all are to read it." in unworded.get_data(as_text=True)
    assert ANSWER in unworded.get_data(as_text=True)
    data = {"audience": "application", "wording": "What counts as evidence?", "text": ANSWER}
    assert client.post(page, data=data).status_code == 303
    assert client.post(page, data=data).status_code == 403
    client.sign_in(here.evaluators[0])
    shown = client.get(f"/evaluations/scores/{score.id}").get_data(as_text=True)
    assert "(1 question, 1 answer)" in shown
    told = client.get("/notifications").get_data(as_text=True)
    assert "The chair answered your question" in told


def count_id(statement: str) -> Any:
    with as_worker():
        return session.execute(sa.text(statement)).scalar_one()


def test_rule_04_a_question_that_gives_a_score_is_refused_with_what_was_typed(client: Any) -> None:
    here = case("evaluating")
    score, text = score_of(here), "I gave it a 3. Is that too harsh?"
    client.sign_in(here.evaluators[0])
    refused = client.post(page_of(score), data={"text": text, "once": str(uuid.uuid4())})
    assert refused.status_code == 422
    assert "Take the score out" in refused.get_data(as_text=True)
    assert text in refused.get_data(as_text=True)
    question = asked(here)
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="Take the score out"):
        services.answer_chair(question, "4/5 is fair.", audience=Audience.ASKER, by=here.commissioner)


def test_rule_04_another_evaluator_reads_no_word_of_what_was_asked(client: Any) -> None:
    here = case("evaluating")
    question, other = asked(here), score_of(here, 1)
    key = question.id
    answered(here, question, Audience.ASKER)
    client.sign_in(here.evaluators[1])
    for page in (page_of(other), f"/evaluations/scores/{other.id}"):
        shown = client.get(page).get_data(as_text=True)
        assert ASKED not in shown
        assert ANSWER not in shown
    assert client.get(f"/evaluations/chair-questions/{key}").status_code == 404
    acting_as(here.evaluators[1])
    assert count("SELECT count(*) FROM chair_question") == 0
    assert count("SELECT count(*) FROM chair_answer") == 0
    assert list_heard(other) == []


def test_rule_04_an_answer_to_all_comes_in_the_chairs_words(client: Any) -> None:
    here = case("evaluating")
    question, other = asked(here), score_of(here, 1)
    answered(here, question, Audience.APPLICATION, "What counts as evidence?")
    client.sign_in(here.evaluators[1])
    shown = client.get(page_of(other)).get_data(as_text=True)
    assert ANSWER in shown
    assert "What counts as evidence?" in shown
    assert ASKED not in shown
    assert "Kit Kentish" not in shown
    acting_as(here.evaluators[1])
    assert count("SELECT count(*) FROM chair_answer") == 1
    assert count("SELECT count(*) FROM chair_question") == 0
    acting_as(accounts.person(Role.EVALUATOR))  # scores nothing here
    assert count("SELECT count(*) FROM chair_answer") == 0


def test_an_answer_for_the_question_reaches_those_who_score_it_of_another_applicant() -> None:
    here = case("evaluating", count=2, assigned=False)
    for application, evaluator in zip(here.applications, here.evaluators, strict=True):
        made.sheet(application, evaluator, by=here.commissioner)
    question = asked(here)
    answered(here, question, Audience.QUESTION, "What counts as evidence?")
    second = here.evaluators[1]
    with as_worker():
        sheet = session.scalars(
            sa.text("SELECT id FROM evaluation_sheet WHERE evaluator_id = :id").bindparams(id=second.id)
        ).one()
        other = session.scalars(
            sa.select(Score).where(Score.sheet_id == sheet, Score.question_id == question.question_id)
        ).one()
    acting_as(second)
    assert [(one.asked, one.is_own) for one in list_heard(other)] == [("What counts as evidence?", False)]


def test_rule_03_a_commissioner_who_has_not_declared_reads_and_answers_nothing(client: Any) -> None:
    here = case("evaluating")
    key = asked(here).id
    stranger = accounts.person(Role.COMMISSIONER)
    conflicted = accounts.person(Role.COMMISSIONER)
    made.declaration(here.application, conflicted, "My brother works there.")
    for person in (stranger, conflicted):
        client.sign_in(person)
        page = f"/evaluations/chair-questions/{key}"
        assert client.get(page).status_code == 404
        assert client.post(page, data={"audience": "asker", "text": ANSWER}).status_code == 404
        shown = client.get(f"/evaluations/rounds/{here.round.id}/chair-questions").get_data(as_text=True)
        assert ASKED not in shown
        acting_as(person)
        assert count("SELECT count(*) FROM chair_question") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO chair_question (application_id, question_id, asked_by_id, text)"
        " SELECT application_id, question_id, :other, 'In another name.' FROM chair_question",
        "INSERT INTO chair_answer (chair_question_id, audience, wording, text, answered_by_id)"
        " SELECT id, 'asker', '', 'An answer of my own.', :me FROM chair_question",
    ],
)
def test_rule_04_an_evaluator_writes_only_their_own_questions(statement: str) -> None:
    here = case("evaluating")
    asked(here)
    acting_as(here.evaluators[0])
    values = {"other": here.evaluators[1].id, "me": here.evaluators[0].id}
    text = sa.text(statement)
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(text, {name: values[name] for name in text.compile().params})


def test_what_was_asked_and_answered_stays_and_an_auditor_reads_it(client: Any) -> None:
    here = case("evaluating")
    question = asked(here)
    answered(here, question, Audience.ASKER)
    client.sign_in(accounts.person(Role.AUDITOR))
    shown = client.get(f"/evaluations/chair-questions/{question.id}").get_data(as_text=True)
    assert ASKED in shown
    assert ANSWER in shown
    acting_as(here.commissioner)
    for change in ("UPDATE chair_answer SET text = 'Other.'", "DELETE FROM chair_answer"):
        with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
            session.execute(sa.text(change))


def test_the_list_costs_the_same_for_many(client: Any, count_queries: Any) -> None:
    here = case("evaluating")
    page, costs = f"/evaluations/rounds/{here.round.id}/chair-questions", []
    for questions in (2, 3):
        for _ in range(questions):
            asked(here)
        client.sign_in(here.commissioner)
        client.get(page)
        with count_queries() as counted:
            assert client.get(page).status_code == 200
        costs.append(counted.number)
    assert costs[0] == costs[1] <= 12


def test_rule_06_whoever_answered_as_the_chair_took_part() -> None:
    here = case("evaluating")
    question = asked(here)
    answered(here, question, Audience.ASKER)
    acting_as(here.commissioner)
    taken = session.scalars(rounds_taken_part_in(here.commissioner)).all()
    assert here.round.id in taken
