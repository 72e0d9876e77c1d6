"""Submitting by itself at the deadline: given once signed, ended by any edit, carried out once, at the instant."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import jobs, queries, services
from portal.applications.models import BidPrice, StandingInstruction, Submission
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.core.errors import NotAllowed, Refused
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks.states import QuestionKind
from portal.notifications.models import Message
from tests.factories import accounts
from tests.support.acting import acting_as, as_worker, travel


@pytest.fixture
def instructed(complete):
    """Complete, signed and instructed."""
    complete.declare()
    services.instruct(complete.application, by=complete.writer)
    session.commit()
    return complete


def carry_out():
    """What the job does, as the worker's role."""
    with as_worker():
        due = queries.list_due_instructions()
        for application_id in due:
            services.carry_out(application_id)
    session.commit()
    return due


def instruction_of(desk):
    with as_worker():
        return session.scalars(
            sa.select(StandingInstruction)
            .where(StandingInstruction.application_id == desk.application.id)
            .order_by(StandingInstruction.given_at.desc())
            .execution_options(populate_existing=True)
        ).first()


def after_deadline(desk):
    travel(timedelta(days=30))
    acting_as(None)
    session.expire_all()


def test_it_needs_a_signature(complete):
    with pytest.raises(Refused, match="Sign the declaration"):
        services.instruct(complete.application, by=complete.writer)


def test_it_needs_something_to_submit(complete):
    complete.declare()
    complete.submit()
    with pytest.raises(Refused, match="Nothing has changed"):
        services.instruct(complete.application, by=complete.writer)


def test_giving_it_twice_is_one_instruction(instructed):
    services.instruct(instructed.application, by=instructed.writer)
    assert session.execute(sa.select(sa.func.count()).select_from(StandingInstruction)).scalar_one() == 1


def test_others_of_the_organisation_cannot_give_it(complete):
    complete.declare()
    session.commit()
    person = accounts.person(Role.FINANCE_LEAD, organisation=complete.application.organisation)
    acting_as(person)
    with pytest.raises(NotAllowed):
        services.instruct(complete.application, by=person)


def test_rule_02_it_counts_at_the_deadlines_instant_on_the_content_as_it_stood(instructed):
    after_deadline(instructed)
    assert carry_out() == [instructed.application.id]
    acting_as(instructed.writer)
    session.expire_all()
    application = queries.get_application(instructed.writer, instructed.application.id)
    submission = queries.latest_submission(application)
    assert application.state == ApplicationState.SUBMITTED
    assert submission.submitted_at == application.submitted_at == application.round.submission_deadline
    assert submission.submitted_by_id == instructed.writer.id
    assert submission.instructed_at is not None
    assert not services.has_working_copy(application)
    assert queries.count_submitted(application.round) == 1
    with as_worker():
        subjects = session.scalars(
            sa.select(Message.subject).where(Message.recipient == instructed.writer.email)
        )
        assert any("received" in subject for subject in subjects)


def test_rule_02_carried_out_twice_it_submits_once(instructed):
    after_deadline(instructed)
    carry_out()
    with as_worker():
        services.carry_out(instructed.application.id)
    assert carry_out() == []
    with as_worker():
        assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == 1


def test_nothing_happens_before_the_deadline(instructed):
    assert carry_out() == []
    with as_worker():
        services.carry_out(instructed.application.id)
        assert session.scalars(sa.select(Submission)).all() == []


@pytest.mark.parametrize("edit", ["answer", "price", "sign", "withdraw", "submit", "cancel"])
def test_whatever_is_done_after_it_ends_it(instructed, edit):
    desk = instructed
    if edit == "answer":
        desk.save(desk.question(QuestionKind.SHORT_TEXT), "Renamed")
    elif edit == "price":
        cell = next(iter(queries.get_schedule(desk.application).prices))
        services.save_prices(desk.application, {cell: None}, by=desk.writer)
    elif edit == "sign":
        desk.declare()
    elif edit == "withdraw":
        services.withdraw_application(desk.application, by=desk.writer)
    elif edit == "submit":
        desk.submit()
    else:
        services.cancel_instruction(desk.application, by=desk.writer)
    session.commit()
    assert queries.find_instruction(desk.application) is None
    assert instruction_of(desk).voided_at is not None
    before = {"submit": 1}.get(edit, 0)
    after_deadline(desk)
    assert carry_out() == []
    with as_worker():
        assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE answer SET value = '\"sly\"' WHERE value IS NOT NULL",
        "UPDATE bid_price SET weekly_fee = 1.00, not_offered = false",
        "DELETE FROM evidence",
    ],
)
def test_rule_02_an_edit_that_no_service_saw_ends_it_too(instructed, statement):
    session.execute(sa.text(statement))
    session.commit()
    assert queries.find_instruction(instructed.application) is None


def test_what_is_incomplete_at_the_deadline_is_not_submitted_and_its_writers_are_told(instructed):
    with as_worker():
        session.execute(sa.update(Document).values(state=DocumentState.INFECTED))
    session.commit()
    after_deadline(instructed)
    carry_out()
    told = instruction_of(instructed)
    assert told.submission_id is None
    assert "not ready" in told.problem
    with as_worker():
        assert session.scalars(sa.select(Submission)).all() == []
        body = session.scalars(
            sa.select(Message.body).where(Message.subject.startswith("NOT submitted"))
        ).one()
    assert "infected" in body
    assert carry_out() == []


def test_a_later_deadline_is_the_one_it_waits_for(instructed):
    from portal.frameworks.models import Round

    with as_worker():
        session.execute(
            sa.update(Round)
            .where(Round.id == instructed.round_.id)
            .values(submission_deadline=Round.submission_deadline + timedelta(days=60))
        )
    session.commit()
    after_deadline(instructed)
    assert carry_out() == []


LATE_SUBMISSION = sa.text(
    "INSERT INTO submission (application_id, number, submitted_at, submitted_by_id, declared_name,"
    " declared_position, content, manifest, sha256, instructed_at)"
    " SELECT a.id, 9, {at}, a.started_by_id, 'x', 'x', '{{}}', '{{}}', 'x', {instructed}"
    " FROM application a JOIN round r ON r.id = a.round_id"
    " LEFT JOIN standing_instruction i ON i.application_id = a.id".format(
        at="r.submission_deadline", instructed="i.given_at"
    )
)


LATE_INSTRUCTION = sa.text(
    "INSERT INTO standing_instruction (application_id, given_by_id, given_at, declared_at)"
    " SELECT id, started_by_id, declared_at, declared_at FROM application"
)


def test_rule_02_the_database_lets_through_one_late_row_for_an_instruction_and_no_other(instructed):
    after_deadline(instructed)
    acting_as(instructed.writer)
    for statement in (
        str(LATE_SUBMISSION).replace("r.submission_deadline,", "portal_now(),"),
        str(LATE_SUBMISSION).replace("i.given_at", "NULL"),
        str(LATE_SUBMISSION).replace("i.given_at", "i.given_at - interval '1 second'"),
    ):
        with pytest.raises(sa.exc.IntegrityError, match="deadline has passed"), session.begin_nested():
            session.execute(sa.text(statement))
    carry_out()
    acting_as(instructed.writer)
    with pytest.raises(sa.exc.IntegrityError, match="deadline has passed"), session.begin_nested():
        session.execute(LATE_SUBMISSION)


def test_rule_02_without_an_instruction_nothing_is_late_and_let_through(complete):
    complete.declare()
    session.commit()
    after_deadline(complete)
    acting_as(complete.writer)
    with pytest.raises(sa.exc.IntegrityError, match="deadline has passed"), session.begin_nested():
        session.execute(LATE_SUBMISSION)
    with pytest.raises(sa.exc.IntegrityError, match="deadline has passed"), session.begin_nested():
        session.execute(LATE_INSTRUCTION)


@pytest.mark.parametrize(
    "change",
    ["voided_at = NULL", "given_at = given_at - interval '1 day'", "declared_at = portal_now()"],
)
def test_an_instruction_is_never_altered_or_revived(instructed, change):
    services.cancel_instruction(instructed.application, by=instructed.writer)
    session.commit()
    with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(sa.text(f"UPDATE standing_instruction SET {change}"))
    with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(sa.text("DELETE FROM standing_instruction"))


def test_rule_01_no_council_role_sees_an_instruction_or_learns_of_one(instructed):
    after_deadline(instructed)
    for role in (Role.COMMISSIONER, Role.AUDITOR, Role.APPROVER, Role.EVALUATOR):
        acting_as(accounts.person(role, council=Council.KENT))
        assert session.scalars(sa.select(StandingInstruction)).all() == []
        assert queries.list_instructions_due_at_opening(instructed.round_) == []


def test_the_job_does_what_is_due(instructed, monkeypatch):
    """The job itself, with this test's transaction in place of its own."""
    after_deadline(instructed)
    from contextlib import nullcontext

    monkeypatch.setattr(jobs, "transaction", lambda: nullcontext(session))
    with as_worker():
        jobs.carry_out_instructions()
        assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == 1


def test_prices_left_alone_do_not_end_it(instructed):
    prices = {row.cell_id: row.weekly_fee for row in session.scalars(sa.select(BidPrice))}
    assert services.save_prices(instructed.application, prices, by=instructed.writer) is False
    assert queries.find_instruction(instructed.application) is not None
