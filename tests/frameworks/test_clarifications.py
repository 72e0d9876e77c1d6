"""Asking and answering: who may, until when, what is refused, and what reaches whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core import jobs
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from portal.frameworks import queries, services
from portal.frameworks.models import Clarification, ClarificationAsker
from portal.frameworks.states import ClarificationState as S
from portal.frameworks.states import NoteKind
from portal.notifications.models import Message, Notification
from tests.factories import accounts, applications, clarifications, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker, travel

QUESTION = clarifications.QUESTION
LARKSPUR = {"legal_name": "Quiet Larkspur Fostering Ltd", "urn": "SC909090"}


@pytest.fixture
def round_():
    return rounds.round_(questions=False)


@pytest.fixture
def organisation():
    return providers.organisation(**LARKSPUR)


@pytest.fixture
def writer(organisation):
    return accounts.person(Role.BID_WRITER, organisation=organisation)


@pytest.fixture
def officer():
    return accounts.person(Role.COMMISSIONER, council=Council.KENT)


def ask(round_, organisation, writer, text=QUESTION, **more):
    acting_as(writer)
    made = services.ask_clarification(round_, organisation, text, by=writer, **more)
    session.commit()
    return made.id


def reload(clarification_id, person):
    acting_as(person)
    session.expire_all()
    return queries.get_clarification(person, clarification_id)


def deferred():
    with as_worker():
        rows = session.execute(sa.text("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")).all()
    return [(name, args) for name, args in rows if not name.startswith("notifications.")]


def work():
    """Do what was deferred, as the worker would, until nothing is left but mail."""
    with as_worker():
        rows = session.execute(sa.text("DELETE FROM procrastinate_jobs RETURNING task_name, args")).all()
    session.commit()
    acting_as(None)
    with as_worker():
        for name, args in rows:
            if name.startswith("frameworks."):
                clarification = session.get(Clarification, args["clarification_id"])
                getattr(services, name.partition(".")[2])(clarification)
    session.commit()
    return [name for name, _ in rows]


def told(template):
    with as_worker():
        found = session.scalars(sa.select(Message).where(Message.template == template)).all()
        return {message.recipient: message for message in found}


def test_a_question_is_asked_and_waits(round_, organisation, writer):
    asked = reload(ask(round_, organisation, writer), writer)
    assert (asked.question, asked.state, asked.round_id) == (QUESTION, S.WAITING, round_.id)
    (own,) = queries.list_own_questions(writer, round_)
    assert (own.clarification, own.asker) == (asked, organisation.legal_name)
    assert [name for name, _ in deferred()] == ["frameworks.tell_commissioners"]


def test_after_the_last_day_it_is_refused_with_a_way_out(round_, organisation, writer):
    travel(timedelta(days=11))
    with pytest.raises(Refused, match=r"time for questions has passed. Contact us"):
        ask(round_, organisation, writer)


def test_the_database_too_refuses_a_late_question(round_, organisation):
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    travel(timedelta(days=11))
    acting_as(writer)
    session.add(Clarification(round_id=round_.id, question=QUESTION))
    with pytest.raises(Invalid, match="time for questions"):
        session.flush()


@pytest.mark.parametrize("state", ["draft", "opened", "cancelled"])
def test_only_a_published_round_takes_questions(organisation, writer, state):
    with pytest.raises(Refused, match="takes no questions"):
        ask(rounds.round_(state, questions=False), organisation, writer)


@pytest.mark.parametrize("role", [Role.PLACEMENTS_LEAD, Role.FINANCE_LEAD])
def test_only_writers_ask(round_, organisation, role):
    with pytest.raises(NotAllowed):
        ask(round_, organisation, accounts.person(role, organisation=organisation))


def test_nobody_asks_for_another_organisation(round_, writer):
    with pytest.raises(NotAllowed):
        ask(round_, providers.organisation(), writer)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_question_is_none(round_, organisation, writer, text):
    with pytest.raises(Invalid, match="Write your question"):
        ask(round_, organisation, writer, text)


@pytest.mark.parametrize(
    "text", ["We at Quiet Larkspur Fostering ask", "URN SC909090 asks", "Ada Holloway asks"]
)
def test_rule_01_a_question_that_names_its_asker_does_not_leave(round_, organisation, writer, text):
    with pytest.raises(Invalid, match="must not know who asks") as refused:
        ask(round_, organisation, writer, text)
    assert refused.value.field == "question"


def test_rule_01_a_word_of_the_name_is_asked_about_and_may_be_kept(round_, organisation, writer):
    text = "May a Larkspur be a logo?"
    with pytest.raises(services.MayExpose) as hinted:
        ask(round_, organisation, writer, text)
    assert [hint.words for hint in hinted.value.hints] == ["larkspur"]
    session.rollback()
    assert ask(round_, organisation, writer, text, accepted={"larkspur"})


@pytest.mark.parametrize("role", [role for role in Role if not role.is_provider_role])
def test_rule_01_no_council_role_learns_who_asked_before_opening(round_, organisation, writer, role):
    asked_id = ask(round_, organisation, writer)
    person = accounts.person(role, council=Council.MEDWAY)
    asked = reload(asked_id, person)
    assert queries.find_asker_name(asked) is None
    assert [one.asker for one in queries.list_clarifications(round_)] == [None]
    assert session.scalars(sa.select(ClarificationAsker)).all() == []
    verbs = session.scalars(sa.select(AuditEvent.verb).where(AuditEvent.subject_id == asked_id)).all()
    assert verbs == []


def test_after_opening_who_asked_is_known(round_, organisation, writer, officer):
    asked_id = ask(round_, organisation, writer)
    rounds.move_to(round_, "opened")
    assert queries.find_asker_name(reload(asked_id, officer)) == organisation.legal_name


def test_rule_09_no_other_provider_sees_a_question(round_, organisation, writer):
    asked_id = ask(round_, organisation, writer)
    other = accounts.person(Role.BID_WRITER, organisation=providers.organisation())
    acting_as(other)
    with pytest.raises(NotFound):
        queries.get_clarification(other, asked_id)
    assert queries.list_own_questions(other, round_) == []
    assert session.scalars(sa.select(Clarification)).all() == []


def publish(asked, officer, question=QUESTION, answer="Yes, if it names each.", **more):
    note = services.publish_answer(asked, question=question, answer=answer, by=officer, **more)
    session.commit()
    return note


def test_an_answer_to_everybody_is_numbered_dated_and_anonymous(round_, organisation, writer, officer):
    numbers = []
    for _ in range(2):
        asked = reload(ask(round_, organisation, writer, "What of branches?"), officer)
        note = publish(asked, officer, question="What of several branches?", seen_version=asked.version)
        numbers.append(note.number)
    assert numbers == [1, 2]
    asked = reload(asked.id, officer)
    assert (note.question, note.published_at) == ("What of several branches?", asked.answered_at)
    assert (asked.question, asked.state) == ("What of branches?", S.PUBLISHED)
    names = [name for name, _ in deferred()]
    assert names.count("applications.tell_applicants") == names.count("frameworks.tell_asker") == 2


def test_every_applicant_and_the_asker_are_told_once(round_, organisation, writer, officer):
    applications.application(round_=round_, organisation=organisation, by=writer)
    asked = reload(ask(round_, organisation, writer), officer)
    note = publish(asked, officer)
    ((_, arguments),) = [job for job in deferred() if job[0] == "applications.tell_applicants"]
    assert arguments["template"] == "frameworks/clarification_published"
    assert arguments["context"]["link"].endswith(
        f"/clarifications?about={note.number}#clarification-{note.number}"
    )
    work()
    message = told("frameworks/clarification_published")[writer.email]
    assert message.sealed_round_id == round_.id
    assert "Yes, if it names each." in message.body
    with as_worker():
        services.tell_asker(session.get(Clarification, asked.id))
        count = sa.select(sa.func.count()).where(Notification.cause_id == note.id)
        assert session.execute(count).scalar_one() == 1


def test_commissioners_are_told_of_a_question_without_its_asker(round_, organisation, writer, officer):
    ask(round_, organisation, writer)
    work()
    message = told("frameworks/question_asked")[officer.email]
    assert QUESTION in message.body
    assert "Larkspur" not in message.body


def test_the_job_is_registered_and_runs_in_its_own_transaction():
    assert {"frameworks.tell_asker", "frameworks.tell_commissioners"} <= set(jobs.registered)


@pytest.mark.parametrize("field", ["question", "answer"])
@pytest.mark.parametrize("text", ["Quiet Larkspur Fostering may", "See SC909090", "As Ada Holloway says"])
def test_rule_01_nothing_is_published_that_names_a_provider(organisation, officer, field, text):
    asked = clarifications.clarification(organisation=organisation)
    with pytest.raises(Invalid, match="names no provider") as refused:
        publish(reload(asked.id, officer), officer, **{field: text})
    assert refused.value.field == field


def test_rule_01_the_answer_is_the_same_whoever_asked(round_, organisation, writer, officer):
    """Trying one name after another must not tell which of them is the asker's."""
    providers.organisation(legal_name="Silent Cobnut Fostering Ltd")
    asked = reload(ask(round_, organisation, writer), officer)
    said = []
    for name in ("Quiet Larkspur", "Silent Cobnut"):
        for full in ("{} Fostering", "the {}"):
            with pytest.raises(Invalid) as refused:
                publish(asked, officer, answer=full.format(name))
            said.append((refused.value.message.replace(name, "…"), refused.value.field))
            session.rollback()
            asked = reload(asked.id, officer)
    assert said[:2] == said[2:]


def test_words_that_may_expose_are_confirmed_as_shown(round_, organisation, writer, officer):
    asked = reload(ask(round_, organisation, writer), officer)
    with pytest.raises(services.MayExpose):
        publish(asked, officer, answer="Like a quiet larkspur", accepted={"another word"})
    session.rollback()
    assert publish(reload(asked.id, officer), officer, answer="A quiet larkspur", accepted={"quiet larkspur"})


def test_a_private_answer_needs_its_reason_and_reaches_the_asker_alone(round_, organisation, writer, officer):
    applications.application(round_=round_)
    asked = reload(ask(round_, organisation, writer), officer)
    with pytest.raises(Invalid, match="why this answer is not for everybody"):
        services.answer_privately(asked, answer="Between us.", reason=" ", by=officer)
    services.answer_privately(asked, answer="Between us.", reason="A trade secret.", by=officer)
    session.commit()
    assert "applications.tell_applicants" not in [name for name, _ in deferred()]
    work()
    assert set(told("frameworks/clarification_answered")) == {writer.email}
    mine = reload(asked.id, writer)
    assert (mine.state, mine.private_answer) == (S.PRIVATE, "Between us.")
    assert queries.count_notes(round_) == 0


def test_of_two_officers_who_answer_the_second_is_told(round_, organisation, writer, officer):
    asked = reload(ask(round_, organisation, writer), officer)
    version = asked.version
    publish(asked, officer, seen_version=version)
    with pytest.raises(Stale):
        publish(asked, officer, answer="No.", seen_version=version)
    session.rollback()
    with pytest.raises(Refused, match="answered to everyone"):
        publish(reload(asked.id, officer), officer, answer="No.")
    session.rollback()
    assert queries.count_notes(round_) == 1


@pytest.mark.parametrize(
    "role", [role for role in Role if not role.is_provider_role and role != Role.COMMISSIONER]
)
def test_only_commissioners_answer(round_, organisation, writer, role):
    person = accounts.person(role, council=Council.KENT)
    asked = reload(ask(round_, organisation, writer), person)
    with pytest.raises(NotAllowed):
        publish(asked, person)


def test_clarifications_end_with_opening(officer):
    asked = clarifications.clarification()
    note = clarifications.note(round_=asked.round)
    rounds.move_to(asked.round, "opened")
    acting_as(officer)
    with pytest.raises(Refused, match="end when the round is opened"):
        publish(reload(asked.id, officer), officer)
    session.rollback()
    with pytest.raises(NotAllowed, match="end when the round is opened"):
        services.correct_note(
            queries.get_note(officer, note.id), kind=NoteKind.CORRECTION, answer="x", by=officer
        )


def test_a_correction_is_another_note(officer):
    note = clarifications.note()
    acting_as(officer)
    made = services.correct_note(
        queries.get_note(officer, note.id), kind=NoteKind.CORRECTION, answer="No.", by=officer
    )
    session.commit()
    session.expire_all()
    assert (made.number, made.corrects_id, made.question) == (2, note.id, note.question)
    first = queries.get_note(officer, note.id)
    assert (first.answer, first.corrected_by.number) == ("Yes, if it names each branch.", 2)
    with pytest.raises(NotAllowed, match="replaced already by clarification 2"):
        services.correct_note(first, kind=NoteKind.WITHDRAWAL, answer="Withdrawn.", by=officer)


@pytest.mark.parametrize("table", ["clarification_note", "clarification_asker", "clarification"])
def test_what_was_asked_and_published_never_changes(table):
    clarifications.note()
    column = {"clarification_asker": "asked_by_id = asked_by_id"}.get(table, "question = 'Another'")
    with as_worker():
        for statement in (f"UPDATE {table} SET {column}", f"DELETE FROM {table}"):
            with (
                pytest.raises(sa.exc.IntegrityError, match=r"never change|stays as it was"),
                session.begin_nested(),
            ):
                session.execute(sa.text(statement))


def test_the_words_of_a_note_are_searched_as_language(round_):
    clarifications.note(round_=round_, number=1, question="May one policy cover both branches?")
    clarifications.note(round_=round_, number=2, question="Who signs?", answer="Any director.")
    for text, numbers in {
        "insured branch": [],
        "branch policies": [1],
        "director": [2],
        "branches OR signing": [2, 1],
        '"any director" -policy': [2],
        "' & | ! :* (": [],
    }.items():
        assert [note.number for note in queries.list_notes(round_, text=text)] == numbers, text
        assert queries.count_notes(round_, text=text) == len(numbers)


def test_waiting_questions_are_counted_with_the_oldest(round_, officer):
    first = clarifications.clarification(round_=round_)
    travel(timedelta(hours=3))
    clarifications.clarification(round_=round_)
    clarifications.clarification("private", round_=round_)
    acting_as(officer)
    (waiting,) = queries.list_waiting()
    assert (waiting.round.id, waiting.count, waiting.oldest) == (round_.id, 2, first.created_at)


def test_numbers_begin_anew_with_each_round(round_):
    clarifications.note(number=7)
    assert queries.last_note_number(round_) == 0
