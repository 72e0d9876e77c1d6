"""Rule 2 where services are silent: amendments beside instructions, and what the database keeps after the deadline."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import Submission
from portal.core.db import session
from portal.frameworks import queries as frameworks
from portal.frameworks import services as rounds
from portal.frameworks.models import Round
from portal.frameworks.services import Wording
from portal.frameworks.states import QuestionKind
from portal.notifications.models import Notification
from tests.applications.test_files import attach, different, standing
from tests.applications.test_standing_instruction import after_deadline, carry_out, instruction_of
from tests.factories import accounts
from tests.factories.frameworks import move_to
from tests.support.acting import acting_as, as_worker


@pytest.fixture
def instructed(complete):
    """Complete, signed and instructed."""
    complete.declare()
    services.instruct(complete.application, by=complete.writer)
    session.commit()
    return complete


def word_anew(desk, **changes):
    """An amendment of the first question with choices, which has an answer: of its choices or of something else."""
    question_id = desk.question(QuestionKind.CHOICE).id
    officer = accounts.person(Role.COMMISSIONER)
    acting_as(officer)
    session.expire_all()
    of = session.get(Round, desk.round_.id)
    question = next(one for one in frameworks.list_questions(of) if one.id == question_id)
    stands = Wording(question.text, question.guidance, question.word_limit, list(question.choices))
    changes = changes or {"choices": [f"{choice}, as corrected" for choice in question.choices]}
    wording = replace(stands, **changes)
    rounds.publish_amendment(of, {question.id: wording}, summary="Choices were unclear.", by=officer)
    session.commit()
    acting_as(desk.writer)
    session.expire_all()
    return desk.question(QuestionKind.CHOICE)


def refused(statement, **values):
    """The name of the constraint that stops the web's role."""
    with pytest.raises(IntegrityError) as caught:
        session.execute(sa.text(statement), values)
    session.rollback()
    return caught.value.orig.diag.constraint_name


def test_rule_02_an_amendment_does_not_end_an_instruction(instructed):
    question = word_anew(instructed, guidance="Say what you are at the deadline.")
    services.confirm_answer(instructed.application, question, by=instructed.writer)
    session.commit()
    assert queries.find_instruction(instructed.application) is not None
    after_deadline(instructed)
    carry_out()
    assert instruction_of(instructed).submission_id is not None


def test_rule_02_a_choice_worded_anew_is_signed_for_again_by_whoever_confirms_it(instructed):
    question = word_anew(instructed)
    assert queries.find_answer(instructed.application, question).value.endswith(", as corrected")
    assert queries.find_instruction(instructed.application) is not None
    services.confirm_answer(instructed.application, question, by=instructed.writer)
    session.commit()
    assert queries.find_instruction(instructed.application) is None
    assert instructed.application.declared_at is None
    instructed.declare()
    services.instruct(instructed.application, by=instructed.writer)
    session.commit()
    after_deadline(instructed)
    carry_out()
    acting_as(instructed.writer)
    assert queries.find_instruction(instructed.application).submission_id is not None


def test_adding_a_choice_leaves_the_signature_of_those_who_chose_another(instructed):
    asked = instructed.question(QuestionKind.CHOICE)
    question = word_anew(instructed, choices=[*asked.choices, "Something else"])
    services.confirm_answer(instructed.application, question, by=instructed.writer)
    assert instructed.application.declared_at is not None


def test_rule_02_who_does_not_confirm_an_amended_answer_is_told_why_nothing_was_submitted(instructed):
    word_anew(instructed)
    after_deadline(instructed)
    carry_out()
    assert instruction_of(instructed).problem
    with as_worker():
        told = session.scalars(sa.select(Notification.template))
        assert "applications/not_submitted" in set(told)


def test_what_went_back_to_a_choice_worded_before_an_amendment_is_chosen_again(complete):
    complete.declare()
    complete.submit()
    session.commit()
    question = word_anew(complete)
    services.discard_changes(complete.application, by=complete.writer)
    session.commit()
    gaps = {gap.question.id: gap.problem for gap in queries.list_gaps(complete.application)}
    assert gaps == {question.id: "Choose again: the choices have been corrected"}
    complete.save(question, question.choices[0])
    assert queries.list_gaps(complete.application) == []


def test_rule_02_after_the_deadline_no_instruction_is_taken_back(instructed):
    after_deadline(instructed)
    acting_as(instructed.writer)
    assert refused("UPDATE standing_instruction SET voided_at = portal_now()") == "deadline_passed"


def test_rule_02_withdrawing_after_the_deadline_ends_an_instruction_not_carried_out_yet(instructed):
    after_deadline(instructed)
    acting_as(instructed.writer)
    application = queries.get_application(instructed.writer, instructed.application.id)
    services.withdraw_application(application, by=instructed.writer)
    session.commit()
    assert carry_out() == []
    assert instruction_of(instructed).voided_at is not None


def test_rule_02_after_the_deadline_no_signature_changes(instructed):
    after_deadline(instructed)
    acting_as(instructed.writer)
    assert refused("UPDATE application SET declared_name = 'Somebody Else'") == "deadline_passed"


def test_rule_02_a_submitted_file_keeps_its_dates_though_it_was_taken_away_since(complete, files_kept):
    question = complete.question(QuestionKind.FILE)
    document = attach(complete, question, different(1))
    complete.declare()
    complete.submit()
    placed = next(one for one in standing(complete, question) if one.document_id == document.id)
    services.remove_document(placed, by=complete.writer)
    session.commit()
    after_deadline(complete)
    acting_as(complete.writer)
    statement = "UPDATE document SET expires_on = '2030-01-01' WHERE id = :id"
    assert refused(statement, id=document.id) == "deadline_passed"


def test_rule_02_nothing_joins_a_submission_once_it_is_sealed(complete, files_kept):
    complete.declare()
    submission = complete.submit()
    session.commit()
    question = complete.question(QuestionKind.FILE)
    document = attach(complete, question, different(1))
    assert (
        refused(
            "INSERT INTO submitted_file VALUES (:submission, :document, :question)",
            submission=submission.id,
            document=document.id,
            question=question.id,
        )
        == "record_never_changes"
    )


def test_rule_02_nothing_is_submitted_in_a_round_that_was_cancelled_meanwhile(instructed):
    after_deadline(instructed)
    move_to(instructed.round_, "cancelled")
    with as_worker():
        services.carry_out(instructed.application.id)
        assert session.scalars(sa.select(Submission)).all() == []
