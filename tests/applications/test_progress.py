"""What is missing, said in one place: gaps, statuses, conditions, evidence, and answers that need another look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import url_for

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.core import clock
from portal.core.db import session
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Amendment, AmendmentChange, Question
from portal.frameworks.states import EvidenceRule, QuestionKind, SectionKind
from tests.applications.conftest import Desk, make_desk
from tests.factories import accounts
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker, save, travel

K = QuestionKind


def desk_with(change: Any, *, answered: bool = True) -> Desk:
    """A desk in a round whose questions `change` has set up before it was published."""
    round_ = rounds.round_("draft")
    with as_worker():
        change([one for section in frameworks.list_sections(round_) for one in section.questions])
    session.commit()
    rounds.move_to(round_, "published")
    return make_desk(answered=answered, round_=round_)


def first(questions: list[Question], kind: QuestionKind, number: int = 0) -> Question:
    return [one for one in questions if one.kind == kind][number]


def amend(desk: Desk, question: Question) -> Amendment:
    """A correction of the question, published now."""
    before = {
        name: getattr(question, name)
        for name in ("text", "guidance", "word_limit", "choices", "shown_when_value")
    }
    officer = accounts.person(Role.COMMISSIONER)
    made = save(
        Amendment(
            round_id=desk.round_.id,
            number=1,
            summary="The limit was too tight.",
            published_at=clock.now() + timedelta(seconds=1),
            published_by_id=officer.id,
        )
    )
    after = before | {"guidance": "Say more."}
    save(AmendmentChange(amendment_id=made.id, question_id=question.id, before=before, after=after))
    acting_as(desk.writer)
    return made


def progress_of(desk: Desk) -> queries.Progress:
    acting_as(desk.writer)
    session.expire_all()
    return queries.get_progress(queries.get_application(desk.writer, desk.application.id))


def problems(desk: Desk) -> list[str]:
    return [gap.problem for gap in progress_of(desk).gaps]


def status_of(desk: Desk, kind: SectionKind) -> str:
    return next(one.status for one in progress_of(desk).sections if one.section.kind == kind)


def test_an_empty_draft_is_not_started_and_a_full_one_complete() -> None:
    empty, full = make_desk(), make_desk(answered=True)
    assert {one.status for one in progress_of(empty).sections} == {"Not started"}
    assert {one.status for one in progress_of(full).sections} == {"Complete"}
    assert queries.list_gaps(full.application) == []


def test_a_gap_names_the_place_where_it_is_put_right(app: Any, desk: Desk) -> None:
    gaps = queries.list_gaps(desk.application)
    with app.test_request_context():
        addresses = [url_for(gap.endpoint, **gap.ids) for gap in gaps]
    assert f"/applications/{desk.application.id}/prices" in addresses
    missing = next(gap for gap in gaps if gap.question.kind == K.LONG_TEXT and gap.question.is_required)
    assert addresses[gaps.index(missing)].endswith(f"{missing.section.id}#question-{missing.question.id}")
    assert missing.problem == "Not answered"
    assert not missing.is_check


def test_too_many_words_ask_for_a_check_and_not_for_an_answer(complete: Desk) -> None:
    question = next(
        one
        for one in progress_of(complete).sections[4].questions
        if one.word_limit and one.kind == K.LONG_TEXT
    )
    complete.save(question, "word " * (question.word_limit + 1))
    session.commit()
    assert problems(complete) == [f"1 word over the limit of {question.word_limit}"]
    assert status_of(complete, SectionKind.QUALITY) == "Check this"


def test_an_exclusion_with_nothing_but_an_explanation_keeps_it(desk: Desk) -> None:
    question = desk.question(K.EXCLUSION)
    assert desk.save(
        question, {"applies": "", "explanation": "It was put right."}, seen=services.answer_seen(None)
    )
    session.commit()
    assert queries.find_answer(desk.application, question).value["explanation"] == "It was put right."


def test_a_question_is_asked_only_when_its_condition_is_met() -> None:
    ids: dict[str, Any] = {}

    def ask_in_turn(questions: list[Question]) -> None:
        yes_no, waiting = first(questions, K.YES_NO), first(questions, K.LONG_TEXT, 3)
        waiting.shown_when_question_id, waiting.shown_when_value = yes_no.id, "no"
        waiting.is_required = True
        ids.update(awaited=yes_no.id, waiting=waiting.id)

    desk = desk_with(ask_in_turn)
    acting_as(desk.writer)
    waiting = queries.get_question(desk.application, ids["waiting"])
    desk.save(waiting, "")
    session.commit()
    assert problems(desk) == []
    asked = [one.id for section in progress_of(desk).sections for one in section.questions]
    assert ids["waiting"] not in asked
    desk.save(queries.get_question(desk.application, ids["awaited"]), False)
    session.commit()
    assert [gap.question.id for gap in progress_of(desk).gaps] == [ids["waiting"]]


def test_required_evidence_is_missed_until_it_is_there_or_promised() -> None:
    ids: dict[str, Any] = {}

    def ask_for_evidence(questions: list[Question]) -> None:
        question = first(questions, K.CHOICE, 1)
        question.evidence, question.may_be_obtained_on_award = EvidenceRule.REQUIRED, True
        ids["question"] = question.id

    desk = desk_with(ask_for_evidence)
    assert problems(desk) == ["No file uploaded"]
    question = queries.get_question(desk.application, ids["question"])
    services.promise_on_award(desk.application, question, True, by=desk.writer)
    session.commit()
    assert problems(desk) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [(DocumentState.INFECTED, "infected"), (DocumentState.UNREADABLE, "could not be read")],
)
def test_a_file_that_cannot_stay_asks_for_a_check(complete: Desk, state: DocumentState, words: str) -> None:
    document_id = session.scalars(sa.select(Document.id)).first()
    with as_worker():
        session.execute(sa.update(Document).where(Document.id == document_id).values(state=state))
    session.commit()
    found = problems(complete)
    assert len(found) == 1
    assert words in found[0]


def test_an_amended_question_is_to_be_checked_until_it_is_saved_or_confirmed(complete: Desk) -> None:
    question = complete.question(K.LONG_TEXT)
    amend(complete, question)
    assert problems(complete) == ["Check this: the question was changed by amendment 1"]
    travel(timedelta(minutes=1))
    acting_as(complete.writer)
    services.confirm_answer(complete.application, question, by=complete.writer)
    session.commit()
    assert problems(complete) == []


def test_an_amended_question_without_an_answer_is_only_missing(desk: Desk) -> None:
    question = desk.question(K.LONG_TEXT, 2)
    amend(desk, question)
    gap = next(one for one in progress_of(desk).gaps if one.question.id == question.id)
    assert gap.problem == "Not answered"


def test_confirming_keeps_the_declaration_and_saving_voids_it(complete: Desk) -> None:
    complete.declare()
    question = complete.question(K.LONG_TEXT)
    services.confirm_answer(complete.application, question, by=complete.writer)
    assert complete.application.declared_at is not None
    complete.save(question, "Something else")
    assert complete.application.declared_at is None


def test_ofsteds_facts_are_the_registers_own() -> None:
    from tests.factories import applications, providers

    agency = providers.agency(overall_grade=None)
    organisation = providers.organisation(urn=agency.urn)
    facts = queries.ofsted_facts(applications.application(organisation=organisation))
    assert facts["in_register"]
    assert (facts["urn"], facts["name"]) == (agency.urn, agency.name)
    assert (facts["overall_grade"], facts["protection_grade"]) == (None, "Good")
    assert facts["as_at"] == "2025-03-31"
    unknown = applications.application(organisation=providers.organisation())
    assert queries.ofsted_facts(unknown) == {"urn": unknown.organisation.urn, "in_register": False}
