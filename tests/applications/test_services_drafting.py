"""Starting, answering, attaching: who may, until when, and that nothing is lost or overwritten unseen."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import Answer, Application, Evidence
from portal.applications.services import AnswerConflict, DeadlinePassed
from portal.applications.states import ApplicationState
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused
from portal.documents.models import Document
from portal.frameworks.states import QuestionKind
from portal.providers.states import OrganisationState, Standing
from tests.applications.conftest import make_desk
from tests.factories import accounts, applications, files, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker, travel


def start(round_, organisation, person):
    acting_as(person)
    return services.start_application(round_, organisation, by=person)


def test_starting_twice_is_one_application():
    round_, organisation = rounds.round_(), providers.organisation()
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    first = start(round_, organisation, writer)
    session.commit()
    colleague = accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation)
    second = start(round_, organisation, colleague)
    assert second.id == first.id
    assert first.reference.startswith("KMF-")
    assert not set(first.reference.rpartition("-")[2]) & set("AEIOU01LIO")


def test_answers_about_the_organisation_start_from_its_registration():
    round_ = rounds.round_()
    organisation = providers.organisation(standing=Standing.SPOT_PROVIDER)
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    application = start(round_, organisation, writer)
    given = {
        answer.question.prefilled_from: answer.value for answer in queries.list_answers(application).values()
    }
    assert given["legal_name"] == organisation.legal_name
    assert given["urn"] == organisation.urn
    assert given["standing"] == "Yes, as a spot provider"
    assert given["registered_office"] == "1 High Street, Faversham, ME13 7AB"


@pytest.mark.parametrize("role", [Role.PLACEMENTS_LEAD, Role.FINANCE_LEAD])
def test_other_provider_roles_cannot_start(role):
    organisation = providers.organisation()
    person = accounts.person(role, organisation=organisation)
    with pytest.raises(NotAllowed):
        start(rounds.round_(), organisation, person)


def test_members_of_the_framework_are_told_they_need_not():
    organisation = providers.organisation(standing=Standing.INCUMBENT)
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    with pytest.raises(NotAllowed, match="do not need to apply again"):
        start(rounds.round_(), organisation, writer)


def test_a_refused_organisation_cannot_start_and_an_unverified_one_can():
    refused = providers.organisation(state=OrganisationState.REFUSED)
    with pytest.raises(NotAllowed, match="not verified"):
        start(rounds.round_(), refused, accounts.person(Role.BID_WRITER, organisation=refused))
    waiting = providers.organisation(state=OrganisationState.REGISTERED)
    assert start(rounds.round_(), waiting, accounts.person(Role.BID_WRITER, organisation=waiting))


@pytest.mark.parametrize("state", ["cancelled", "opened", "concluded"])
def test_a_round_that_takes_no_applications_is_not_started(state):
    round_, organisation = rounds.round_(state), providers.organisation()
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    with pytest.raises(Refused):
        start(round_, organisation, writer)


def test_an_answer_is_saved_and_found_again(desk):
    question = desk.question(QuestionKind.LONG_TEXT)
    assert desk.save(question, "First line\r\n\r\nSecond  line ")
    session.commit()
    answer = queries.find_answer(desk.application, question)
    assert answer.value == "First line\n\nSecond  line"
    assert answer.answered_by_id == desk.writer.id
    assert not desk.save(question, "First line\n\nSecond  line")


def test_a_stale_answer_is_never_overwritten(desk):
    question = desk.question(QuestionKind.LONG_TEXT)
    empty = services.answer_seen(None)
    desk.save(question, "Mine", seen=empty)
    session.commit()
    with pytest.raises(AnswerConflict) as conflict:
        desk.save(question, "Also mine, from a form opened before", seen=empty)
    assert conflict.value.stored.value == "Mine"
    session.rollback()
    assert desk.save(question, "Chosen after seeing both", seen=services.answer_seen("Mine"))


def test_an_answer_emptied_is_blank_again(desk):
    question = desk.question(QuestionKind.SHORT_TEXT)
    desk.save(question, "Something")
    assert desk.save(question, "   ")
    assert queries.find_answer(desk.application, question).value is None


def test_an_edit_after_signing_voids_the_declaration(complete):
    complete.declare()
    session.commit()
    assert complete.application.declared_at is not None
    complete.save(complete.question(QuestionKind.SHORT_TEXT), "Another name")
    session.commit()
    assert complete.application.declared_at is None
    with pytest.raises(Refused, match="declaration"):
        complete.submit()


def test_saving_the_same_text_again_keeps_the_declaration(complete):
    complete.declare()
    complete.save(complete.question(QuestionKind.SHORT_TEXT), "Larkspur House")
    assert complete.application.declared_at is not None


@pytest.mark.parametrize("role", [Role.PLACEMENTS_LEAD, Role.FINANCE_LEAD])
def test_other_provider_roles_cannot_write(desk, role):
    person = accounts.person(role, organisation=desk.application.organisation)
    acting_as(person)
    with pytest.raises(NotAllowed):
        services.save_answer(desk.application, desk.question(QuestionKind.SHORT_TEXT), "x", by=person)


@pytest.mark.parametrize(
    "state",
    [one for one in ApplicationState if one not in (ApplicationState.DRAFT, ApplicationState.SUBMITTED)],
)
def test_only_drafts_and_submitted_applications_change(state):
    organisation = providers.organisation()
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    made = applications.application(state, organisation=organisation, by=writer)
    acting_as(writer)
    application = queries.get_application(writer, made.id)
    question = queries.asked_sections(application.round)[0].questions[0]
    with pytest.raises(NotAllowed):
        services.save_answer(application, question, "changed", by=writer)


def test_rule_02_nothing_is_saved_after_the_deadline(desk):
    question = desk.question(QuestionKind.SHORT_TEXT)
    travel(timedelta(days=30))
    acting_as(desk.writer)
    with pytest.raises(DeadlinePassed):
        desk.save(question, "Too late")
    with pytest.raises(DeadlinePassed):
        attach(desk, files.pdf())


def attach(desk, content, name="policy.pdf"):
    return services.attach_document(
        desk.application,
        desk.question(QuestionKind.FILE),
        original_name=name,
        chunks=[content],
        by=desk.writer,
    )


def evidence_of(desk):
    return session.scalars(sa.select(Evidence)).all()


def test_a_file_becomes_evidence_and_is_sealed_with_the_round(desk):
    document = attach(desk, files.pdf())
    session.commit()
    assert document.round_id == desk.round_.id
    answer = queries.find_answer(desk.application, desk.question(QuestionKind.FILE))
    assert [one.document_id for one in answer.evidence] == [document.id]


def test_the_same_file_twice_is_told_and_leaves_nothing(desk, files_kept):
    content = files.pdf()
    attach(desk, content)
    session.commit()
    with pytest.raises(Invalid, match="already uploaded"):
        attach(desk, content, name="again.pdf")
    session.rollback()
    assert len(files_kept.files) == 1
    assert session.execute(sa.select(sa.func.count()).select_from(Document)).scalar_one() == 1


def test_a_file_that_comes_too_late_leaves_nothing(desk, files_kept, monkeypatch):
    from portal.applications.services import files as filing

    def late(*_):
        raise DeadlinePassed("late")

    monkeypatch.setattr(filing, "begin_writing", late)
    with pytest.raises(DeadlinePassed):
        attach(desk, files.pdf())
    session.rollback()
    assert not files_kept.files
    assert evidence_of(desk) == []


def test_files_go_only_to_questions_that_ask_for_them(desk):
    with pytest.raises(Invalid):
        services.attach_document(
            desk.application,
            desk.question(QuestionKind.SHORT_TEXT),
            original_name="a.pdf",
            chunks=[files.pdf()],
            by=desk.writer,
        )


def test_a_file_never_submitted_is_deleted_when_removed(desk):
    attach(desk, files.pdf())
    session.commit()
    services.remove_document(evidence_of(desk)[0], by=desk.writer)
    session.commit()
    assert evidence_of(desk) == []
    assert session.scalars(sa.select(Document)).all() == []


def test_a_submitted_file_stays_when_removed_from_the_working_copy(complete):
    complete.declare()
    submission = complete.submit()
    session.commit()
    evidence = evidence_of(complete)[0]
    services.remove_document(evidence, by=complete.writer)
    session.commit()
    assert str(evidence.document_id) in queries.list_file_states(submission)
    assert services.has_working_copy(complete.application)


def test_events_are_sealed_and_hold_no_words(desk):
    desk.save(desk.question(QuestionKind.SHORT_TEXT), "Very secret words")
    session.commit()
    with as_worker():
        events = session.scalars(
            sa.select(AuditEvent).where(AuditEvent.subject_id == desk.application.id)
        ).all()
    assert [event.verb for event in events] == ["application.answer_saved"]
    assert all(event.sealed_round_id == desk.round_.id for event in events)
    assert "secret" not in str([event.details for event in events])


def test_rule_09_another_providers_application_cannot_be_written_even_by_plain_statements(desk):
    question = desk.question(QuestionKind.SHORT_TEXT)
    desk.save(question, "Ours")
    session.commit()
    application_id, question_id = desk.application.id, question.id
    other = make_desk().writer.id
    assert session.execute(sa.update(Answer).values(value="theirs")).rowcount == 0
    assert session.execute(sa.update(Application).values(reference="x")).rowcount == 1
    session.rollback()
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        session.execute(
            sa.insert(Answer).values(
                application_id=application_id,
                question_id=question_id,
                answered_by_id=other,
                answered_at=sa.func.portal_now(),
            )
        )
    session.rollback()
