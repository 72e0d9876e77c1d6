"""Declaring, submitting, submitting again, withdrawing; and what a submission is made of."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import queries, services
from portal.applications.models import Submission
from portal.applications.states import ApplicationState
from portal.applications.workflow import APPLICATION
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.core.transitions import apply
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks.states import QuestionKind
from portal.notifications.models import Message
from tests.applications.conftest import make_desk
from tests.factories import accounts, applications, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker, travel


def test_a_submission_holds_everything_but_prices(complete):
    complete.declare()
    submission = complete.submit()
    session.commit()
    content = submission.content
    assert content["organisation"]["legal_name"] == complete.application.organisation.legal_name
    asked = [question for section in content["sections"] for question in section["questions"]]
    file = next(question for question in asked if question["kind"] == "file")["files"][0]
    assert session.get(Document, file["id"]).sha256 == file["sha256"]
    assert "750.00" not in json.dumps(content)
    prices = queries.list_submitted_prices(submission)
    assert {price.weekly_fee for price in prices.values()} == {Decimal("750.00")}


def test_submitting_twice_is_one_submission(complete):
    complete.declare()
    first = complete.submit()
    session.commit()
    assert complete.submit().id == first.id
    assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == 1


def test_a_changed_copy_is_submitted_again_and_the_last_one_stands(complete):
    complete.declare()
    complete.submit()
    session.commit()
    complete.save(complete.question(QuestionKind.SHORT_TEXT), "Renamed Fostering")
    session.commit()
    application = complete.application
    assert application.state == ApplicationState.SUBMITTED
    assert services.has_working_copy(application)
    assert queries.latest_submission(application).number == 1
    complete.declare()
    second = complete.submit()
    session.commit()
    assert (second.number, queries.latest_submission(application).id) == (2, second.id)
    assert not services.has_working_copy(application)


def test_gaps_are_counted_and_refused(desk):
    desk.application.declared_by_id, desk.application.declared_at = desk.writer.id, sa.func.portal_now()
    desk.application.declared_name = desk.application.declared_position = "x"
    session.commit()
    with pytest.raises(Refused, match="not ready"):
        desk.submit()


def test_an_incomplete_application_cannot_be_declared(desk):
    with pytest.raises(Refused, match="not ready"):
        desk.declare()


@pytest.mark.parametrize(
    ("name", "position", "field"), [(" ", "Director", "name"), ("Robin", "", "position")]
)
def test_a_declaration_needs_a_name_and_a_position(complete, name, position, field):
    with pytest.raises(Invalid) as refused:
        services.declare(complete.application, name=name, position=position, by=complete.writer)
    assert refused.value.field == field


def test_too_many_words_are_kept_but_not_submitted(complete):
    question = complete.question(QuestionKind.LONG_TEXT)
    complete.save(question, "word " * (question.word_limit + 3))
    session.commit()
    gaps = queries.get_progress(complete.application).gaps
    assert [gap.problem for gap in gaps] == [f"3 words over the limit of {question.word_limit}"]
    with pytest.raises(Refused):
        complete.declare()


@pytest.mark.parametrize("state", [DocumentState.UPLOADED, DocumentState.SCANNING])
def test_rule_11_a_submission_may_go_in_while_scans_are_pending(complete, state):
    set_files(state)
    complete.declare()
    assert complete.submit()


@pytest.mark.parametrize("state", [DocumentState.INFECTED, DocumentState.UNREADABLE])
def test_rule_11_an_infected_or_unreadable_file_is_a_gap(complete, state):
    set_files(state)
    with pytest.raises(Refused):
        complete.declare()


def test_rule_11_a_file_found_infected_after_submission_is_flagged_not_dropped(complete):
    complete.declare()
    submission = complete.submit()
    set_files(DocumentState.INFECTED)
    session.expire_all()
    states = queries.list_file_states(submission)
    named = [
        file
        for section in submission.content["sections"]
        for q in section["questions"]
        for file in q["files"]
    ]
    assert {states[file["id"]].state for file in named} == {DocumentState.INFECTED}


def set_files(state):
    session.commit()
    with as_worker():
        session.execute(sa.update(Document).values(state=state))
    session.commit()
    session.expire_all()


def test_a_stale_form_does_not_submit(complete):
    complete.declare()
    session.commit()
    with pytest.raises(Stale):
        services.submit_application(
            complete.application, by=complete.writer, seen_version=complete.application.version - 1
        )


def test_receipts_go_to_every_writer_and_are_sealed(complete):
    colleague = accounts.person(
        Role.PROVIDER_ADMINISTRATOR, organisation=complete.application.organisation, email="boss@example.org"
    )
    accounts.person(Role.FINANCE_LEAD, organisation=complete.application.organisation)
    acting_as(complete.writer)
    complete.declare()
    submission = complete.submit()
    session.commit()
    with as_worker():
        messages = session.scalars(sa.select(Message)).all()
    assert {message.recipient for message in messages} == {complete.writer.email, colleague.email}
    assert all(message.sealed_round_id == complete.round_.id for message in messages)
    assert all(submission.sha256 in message.body for message in messages)
    assert all(complete.application.reference in message.subject for message in messages)


def test_withdrawing_is_final_and_told(complete):
    complete.declare()
    complete.submit()
    services.withdraw_application(complete.application, by=complete.writer)
    session.commit()
    assert complete.application.state == ApplicationState.WITHDRAWN
    assert queries.count_submitted(complete.round_) == 0
    with pytest.raises((Refused, NotAllowed)):
        complete.submit()
    with pytest.raises(Refused):
        services.withdraw_application(complete.application, by=complete.writer)


def test_a_withdrawal_after_the_deadline_is_allowed_until_the_decision(complete):
    complete.declare()
    complete.submit()
    session.commit()
    travel(timedelta(days=30))
    acting_as(complete.writer)
    services.withdraw_application(complete.application, by=complete.writer)


@pytest.mark.parametrize("state", ["decided", "standstill", "concluded"])
def test_nothing_is_withdrawn_once_decided(state):
    desk = make_desk(answered=True)
    applications.submission(desk.application, by=desk.writer)
    rounds.move_to(desk.round_, state)
    acting_as(desk.writer)
    session.expire_all()
    with pytest.raises(Refused, match="decision"):
        services.withdraw_application(desk.application, by=desk.writer)


@pytest.mark.parametrize("role", [Role.PLACEMENTS_LEAD, Role.FINANCE_LEAD])
def test_other_provider_roles_neither_submit_nor_withdraw(complete, role):
    complete.declare()
    session.commit()
    person = accounts.person(role, organisation=complete.application.organisation)
    acting_as(person)
    for action in (services.submit_application, services.withdraw_application):
        with pytest.raises(NotAllowed):
            action(complete.application, by=person)


PEOPLE = {
    "writer": None,
    "finance lead": Role.FINANCE_LEAD,
    "commissioner": Role.COMMISSIONER,
    "evaluator": Role.EVALUATOR,
    "approver": Role.APPROVER,
    "auditor": Role.AUDITOR,
}
MAY = {
    "submit": "writer",
    "withdraw": "writer",
    "find_compliant": "commissioner",
    "find_non_compliant": "commissioner",
    "mark_scored": "commissioner",
    "recommend_admit": "commissioner",
    "recommend_decline": "commissioner",
    "refer_back": "approver",
    "admit": "approver",
    "decline": "approver",
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", [transition.name for transition in APPLICATION.transitions])
def test_every_transition_by_every_role(name, who):
    """In a state it starts from, in an opened round, complete and declared: only the right role may."""
    organisation = providers.organisation()
    source = sorted(APPLICATION[name].source)[0]
    round_ = rounds.round_("evaluating", questions=False)
    made = applications.application(source, round_=round_, organisation=organisation)
    with as_worker():
        applications.declare(made, made.started_by_id, made.created_at)
    session.commit()
    role = PEOPLE[who]
    is_council = role is not None and not role.is_provider_role
    person = (
        accounts.person(role, council=Council.KENT)
        if is_council
        else accounts.person(role or Role.BID_WRITER, organisation=organisation)
    )
    with as_worker(), session.no_autoflush:
        if who != MAY[name]:
            with pytest.raises(NotAllowed):
                apply(APPLICATION, name, made, by=person, facts={"gaps": 0})
            return
        apply(APPLICATION, name, made, by=person, facts={"gaps": 0})
        assert made.state == APPLICATION[name].target
        made.withdrawn_at = made.created_at if name == "withdraw" else None
        made.submitted_at = made.created_at


@pytest.mark.parametrize("state", list(ApplicationState))
@pytest.mark.parametrize("name", [transition.name for transition in APPLICATION.transitions])
def test_every_transition_from_every_other_state_is_refused(name, state):
    if state in APPLICATION[name].source:
        return
    made = applications.application(state, round_=rounds.round_("evaluating", questions=False))
    with as_worker(), pytest.raises(Refused):
        apply(APPLICATION, name, made, by=None, facts={"gaps": 0})
