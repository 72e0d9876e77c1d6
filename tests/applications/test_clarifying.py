"""Clarifying after opening: who asks, who answers, until when; and that the submission stays as it was."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import queries, services
from portal.applications.models import AccessRegister, ClarificationRequest
from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.clock import LONDON
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, NotFound, Refused
from portal.frameworks.models import Question, Section
from portal.frameworks.states import QuestionKind
from portal.notifications.models import Message
from tests.factories import accounts, applications, clarifications, evaluations, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker, travel

QUESTION = "Which of the two branches holds the certificate?"


@pytest.fixture
def application():
    return applications.application("submitted", round_=rounds.round_("opened"))


@pytest.fixture
def officer(application):
    """A commissioner who declared no conflict on the application."""
    person = accounts.person(Role.COMMISSIONER, council=Council.KENT)
    evaluations.declaration(application, person)
    return person


@pytest.fixture
def writer(application):
    return accounts.person(Role.BID_WRITER, organisation=application.organisation)


def ask(application, officer, **more):
    acting_as(officer)
    due_at = more.pop("due_at", clock.now() + timedelta(days=2))
    made = services.request_clarification(
        queries.get_application(officer, application.id), question=QUESTION, due_at=due_at, by=officer, **more
    )
    session.commit()
    return made.id


def asked_as(person, request_id):
    acting_as(person)
    session.expire_all()
    return queries.get_request(person, request_id)


def fingerprints():
    with as_worker():
        return session.execute(sa.text("SELECT id, sha256, content::text FROM submission ORDER BY id")).all()


def test_question_and_answer_join_the_record_and_the_submission_stays(application, officer, writer):
    before = fingerprints()
    request_id = ask(application, officer)
    asked = asked_as(writer, request_id)
    services.answer_request(asked, "The Maidstone branch.", by=writer, seen_version=asked.version)
    session.commit()
    (found,) = queries.list_requests(asked_as(officer, request_id).application)
    assert (found.question, found.answer, found.answered_by_id) == (
        QUESTION,
        "The Maidstone branch.",
        writer.id,
    )
    assert fingerprints() == before
    verbs = set(session.scalars(sa.select(AuditEvent.verb).where(AuditEvent.subject_id == application.id)))
    assert {"application.clarification_requested", "application.clarification_answered"} <= verbs


def test_both_sides_are_told(application, officer, writer):
    services.answer_request(asked_as(writer, ask(application, officer)), "Maidstone.", by=writer)
    session.commit()
    with as_worker():
        told = {message.template: message for message in session.scalars(sa.select(Message))}
    request = told["applications/clarification_requested"]
    assert QUESTION in request.body
    assert "/clarification-requests/" in request.body
    assert told["applications/clarification_answered"].recipient == officer.email


def test_after_its_time_no_answer_is_taken(application, officer, writer):
    asked = asked_as(writer, ask(application, officer))
    travel(timedelta(days=3))
    acting_as(writer)
    with pytest.raises(Refused, match=r"time to answer has passed. Contact us"):
        services.answer_request(asked, "Late.", by=writer)


def test_the_database_refuses_a_late_answer_and_any_change(application, officer, writer):
    request = clarifications.request(application, by=officer, due_at=clock.now() + timedelta(hours=1))
    answer = "UPDATE clarification_request SET answer = 'a', answered_at = portal_now(), answered_by_id = :by"
    with as_worker():
        for statement in (
            "UPDATE clarification_request SET question = 'other'",
            "DELETE FROM clarification_request",
        ):
            with pytest.raises(sa.exc.IntegrityError, match="stays as it was"), session.begin_nested():
                session.execute(sa.text(statement))
    travel(timedelta(hours=2))
    with as_worker(), pytest.raises(sa.exc.IntegrityError, match="was due"), session.begin_nested():
        session.execute(sa.text(answer), {"by": writer.id})
    assert request.answer == ""


def test_an_answer_is_given_once(application, officer, writer):
    request_id = ask(application, officer)
    services.answer_request(asked_as(writer, request_id), "One.", by=writer)
    session.commit()
    with pytest.raises(Refused, match="answered already"):
        services.answer_request(asked_as(writer, request_id), "Two.", by=writer)


@pytest.mark.parametrize("words", ["", " \n"])
def test_neither_question_nor_answer_is_empty(application, officer, writer, words):
    asked = asked_as(writer, ask(application, officer))
    with pytest.raises(Invalid, match="Write your answer"):
        services.answer_request(asked, words, by=writer)
    session.rollback()
    acting_as(officer)
    with pytest.raises(Invalid, match="Write what you ask"):
        services.request_clarification(application, question=words, due_at=asked.due_at, by=officer)


def test_the_time_to_answer_lies_ahead(application, officer):
    with pytest.raises(Invalid, match="has not passed") as refused:
        ask(application, officer, due_at=clock.now() - timedelta(minutes=1))
    assert refused.value.field == "due_date"


def test_rule_03_only_after_declaring_no_conflict(application):
    undeclared = accounts.person(Role.COMMISSIONER, council=Council.KENT)
    with pytest.raises(NotAllowed, match="declared that they have no conflict"):
        ask(application, undeclared)


def test_rule_03_a_conflict_shuts_out_of_question_and_answer(application, officer):
    request_id = ask(application, officer)
    conflicted = accounts.person(Role.COMMISSIONER, council=Council.KENT)
    evaluations.declaration(application, conflicted, nature="My sister is a director.")
    acting_as(conflicted)
    assert session.scalars(sa.select(ClarificationRequest)).all() == []
    with pytest.raises(NotFound):
        queries.get_request(conflicted, request_id)


@pytest.mark.parametrize(
    "role", [role for role in Role if not role.is_provider_role and role != Role.COMMISSIONER]
)
def test_only_commissioners_ask(application, role):
    person = accounts.person(role, council=Council.KENT)
    with pytest.raises((NotAllowed, NotFound)):
        ask(application, person)


@pytest.mark.parametrize("state", ["decided", "concluded"])
def test_not_after_the_decision(application, officer, state):
    rounds.move_to(application.round, state)
    with pytest.raises(NotAllowed, match="between opening and decision"):
        ask(application, officer)


def test_rule_09_no_other_provider_sees_it(application, officer):
    request_id = ask(application, officer)
    other = accounts.person(Role.BID_WRITER, organisation=providers.organisation())
    acting_as(other)
    with pytest.raises(NotFound):
        queries.get_request(other, request_id)
    assert session.scalars(sa.select(ClarificationRequest)).all() == []


@pytest.mark.parametrize("role", [Role.FINANCE_LEAD, Role.PLACEMENTS_LEAD])
def test_others_of_the_applicant_read_and_do_not_answer(application, officer, role):
    reader = accounts.person(role, organisation=application.organisation)
    asked = asked_as(reader, ask(application, officer))
    with pytest.raises(NotAllowed):
        services.answer_request(asked, "Mine.", by=reader)


# Pages


def form(**typed):
    due = (clock.now() + timedelta(days=2)).astimezone(LONDON)
    return {
        "once": str(uuid.uuid4()),
        "question": QUESTION,
        "due_date": due.date().isoformat(),
        "due_time": "17:00",
        **typed,
    }


def test_an_officer_asks_and_the_applicant_answers(client, application, officer, writer):
    address = f"/received-applications/{application.id}/clarifications"
    client.sign_in(officer)
    typed = form()
    for _ in range(2):  # the second press counts for nothing
        assert client.post(address, data=typed).status_code == 303
    with as_worker():
        (request_id,) = session.scalars(sa.select(ClarificationRequest.id))
    client.sign_in(writer)
    assert "Answer the councils" in client.get("/start").get_data(as_text=True)
    page = client.get(f"/clarification-requests/{request_id}").get_data(as_text=True)
    assert QUESTION in page
    assert "Answer by" in page
    empty = client.post(f"/clarification-requests/{request_id}", data={"version": "1", "answer": " "})
    assert empty.status_code == 422
    answered = client.post(
        f"/clarification-requests/{request_id}", data={"version": "1", "answer": "Maidstone."}
    )
    assert answered.status_code == 303
    session.expire_all()
    client.sign_in(officer)
    assert "Maidstone." in client.get(address).get_data(as_text=True)
    assert session.scalars(sa.select(AccessRegister.what)).all() == ["clarifications"]


def test_the_application_leads_to_what_the_councils_asked(client, application, officer, writer):
    request_id = ask(application, officer)
    client.sign_in(writer)
    page = client.get(f"/applications/{application.id}")
    assert f'href="/clarification-requests/{request_id}"' in page.text
    assert "answer by" in page.text


def test_a_late_answer_is_shown_back_with_whom_to_call(client, application, officer, writer):
    request_id = ask(application, officer)
    travel(timedelta(days=3))
    client.sign_in(writer)
    page = client.get(f"/clarification-requests/{request_id}").get_data(as_text=True)
    assert "The time to answer has passed" in page
    late = client.post(
        f"/clarification-requests/{request_id}", data={"version": "1", "answer": "My late answer"}
    )
    assert late.status_code == 409
    assert "My late answer" in late.get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"question": ""}, "Write what you ask"),
        ({"due_date": "31/02/2027"}, "Enter a real date"),
        ({"due_time": "late"}, "Enter a time like 17:00"),
        ({"due_date": "2020-01-01"}, "has not passed"),
        ({"question": "x" * 5001}, "Shorten this"),
    ],
)
def test_a_mistake_is_said_beside_its_field(client, application, officer, typed, words):
    client.sign_in(officer)
    answer = client.post(f"/received-applications/{application.id}/clarifications", data=form(**typed))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [role for role in Role if not role.is_provider_role])
def test_who_reaches_the_page(client, application, role):
    client.sign_in(accounts.person(role, council=Council.KENT))
    status = client.get(f"/received-applications/{application.id}/clarifications").status_code
    if role == Role.AUDITOR:
        assert status == 200
    elif role in (Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER):
        assert status == 403  # a commissioner declares first
    else:
        assert status == 404


def test_rule_03_an_evaluator_gets_what_was_asked_about_its_own_questions_alone(application, officer):
    acting_as(officer)
    application = queries.get_application(officer, application.id)
    mine, other = queries.list_answered_questions(application.round)[:2]
    for about in (mine, other, None):
        ask(application, officer, about=about)
    found = queries.list_requests_about(application, [mine.id])
    assert [one.about.number for one in found] == [mine.number]
    assert len(queries.list_requests(application)) == 3


def test_rule_12_an_applicants_own_sql_asks_nothing_in_the_councils_name(application, officer, writer):
    request_id = ask(application, officer)
    insert = sa.text(
        "INSERT INTO clarification_request (application_id, question, due_at, asked_by_id, answer, version)"
        " VALUES (:application, 'Made up', portal_now() + interval '1 day', :by, '', 1)"
    )
    acting_as(writer)
    for by in (writer.id, officer.id):
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
            session.execute(insert, {"application": application.id, "by": by})
        session.rollback()
    acting_as(officer)
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        session.execute(insert, {"application": application.id, "by": writer.id})
    session.rollback()
    answered = session.execute(
        sa.text(
            "UPDATE clarification_request SET answer = 'Forged', answered_at = portal_now(), answered_by_id = :by"
            " WHERE id = :id"
        ),
        {"by": officer.id, "id": request_id},
    )
    assert answered.rowcount == 0


def test_the_reading_pages_show_what_was_clarified(client, application, officer, writer):
    acting_as(officer)
    application_id = application.id
    application = queries.get_application(officer, application_id)
    about = queries.list_answered_questions(application.round)[0]
    number = about.number
    request_id = ask(application, officer, about=about)
    asked = asked_as(writer, request_id)
    services.answer_request(asked, "The Maidstone branch.", by=writer, seen_version=asked.version)
    session.commit()
    client.sign_in(accounts.person(Role.AUDITOR, council=Council.KENT))
    read = client.get(f"/received-applications/{application_id}").get_data(as_text=True)
    client.sign_in(officer)
    check = client.get(f"/evaluations/applications/{application_id}/check").get_data(as_text=True)
    own = client.get(f"/received-applications/{application.id}/clarifications").get_data(as_text=True)
    for page in (read, check, own):
        assert f"Question {number}, asked" in page
        assert "The Maidstone branch." in page


@pytest.mark.parametrize(
    "words", ["We charge £750.", "It is 750.00 a week, as before.", "The fee: £750.00pw"]
)
def test_rule_04_an_answer_gives_no_price_away_before_quality_is_locked(application, officer, writer, words):
    asked = asked_as(writer, ask(application, officer))
    with pytest.raises(Invalid, match="Take your price out"):
        services.answer_request(asked, words, by=writer)
    for fine in ("Cover is £10,000,000 and 750 children were placed.", "We charge as submitted."):
        with session.begin_nested() as attempt:
            services.answer_request(asked, fine, by=writer)
            attempt.rollback()
    session.expire_all()
    with as_worker():
        session.execute(sa.text("UPDATE round SET quality_locked_at = portal_now()"))
    session.commit()
    services.answer_request(asked_as(writer, asked.id), words, by=writer)


def test_rule_04_nobody_asks_about_the_price_schedule_before_quality_is_locked(application, officer):
    with as_worker():
        schedule = session.scalars(
            sa.select(Question)
            .join(Section)
            .where(Section.round_id == application.round_id, Question.kind == QuestionKind.PRICE_SCHEDULE)
        ).first()
    with pytest.raises(Invalid, match="until quality is locked"):
        ask(application, officer, about=schedule)
