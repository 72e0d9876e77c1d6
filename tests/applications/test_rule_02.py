"""The deadline to the instant, with real commits and real waiting on locks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications import queries, services
from portal.applications.models import Answer, LateAttempt, Submission
from portal.applications.services import DeadlinePassed
from portal.core import db
from portal.core.db import session
from portal.frameworks.models import Round
from portal.frameworks.states import QuestionKind
from tests.applications.conftest import make_desk
from tests.support.acting import acting_as, as_worker, travel


@pytest.fixture
def rows(app, committing, databases):
    """A desk committed in a database of this test's own; then the session is the web's again."""
    as_owner = sa.create_engine(
        databases.url("postgres", committing.url.database), poolclass=sa.pool.NullPool
    )
    sa.event.listen(as_owner, "connect", _become_web)
    session.remove()
    session.configure(bind=as_owner)
    desk = make_desk(answered=True)
    desk.declare()
    session.commit()
    ids = {"application": desk.application.id, "round": desk.round_.id, "writer": desk.writer.id}
    session.remove()
    session.configure(bind=committing)
    db.act_as(ids["writer"])
    yield {**ids, "owner": as_owner, "app": app}
    db.act_as(None)
    as_owner.dispose()


def _become_web(connection: Any, _: Any) -> None:
    connection.autocommit = True
    connection.execute("SET ROLE portal_app")
    connection.autocommit = False


def load(rows):
    writer = session.get(Person, rows["writer"])
    return queries.get_application(writer, rows["application"]), writer


def set_deadline(rows, from_now: timedelta):
    with rows["owner"].begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE round SET submission_deadline = portal_now() + :amount,"
                " clarification_deadline = portal_now() - interval '1 day' WHERE id = :id"
            ),
            {"amount": from_now, "id": rows["round"]},
        )


@contextmanager
def locked_round(rows):
    """Somebody holds the round's row, as an extension or an opening would."""
    with rows["owner"].connect() as holder:
        holder.execute(sa.text("SELECT 1 FROM round WHERE id = :id FOR UPDATE"), {"id": rows["round"]})
        yield holder
        holder.rollback()


def in_thread(rows, action: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    outcome: list[Any] = []

    def run() -> None:
        with rows["app"].app_context():
            db.act_as(rows["writer"])
            try:
                outcome.append(action())
                session.commit()
            except Exception as error:
                session.rollback()
                outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def submit(rows):
    application, writer = load(rows)
    return services.submit_application(application, by=writer).number


@pytest.mark.commits
def test_rule_02_a_submission_that_waits_past_the_deadline_is_late(rows):
    set_deadline(rows, timedelta(seconds=1.5))
    with locked_round(rows):
        thread, outcome = in_thread(rows, lambda: submit(rows))
        time.sleep(0.7)
        assert thread.is_alive(), "it should be waiting for the round"
        time.sleep(1.3)
    thread.join(10)
    assert isinstance(outcome[0], DeadlinePassed)
    assert session.scalars(sa.select(Submission)).all() == []


@pytest.mark.commits
def test_rule_02_a_submission_that_waits_and_is_in_time_counts(rows):
    set_deadline(rows, timedelta(seconds=20))
    with locked_round(rows):
        thread, outcome = in_thread(rows, lambda: submit(rows))
        time.sleep(0.7)
        assert thread.is_alive()
    thread.join(10)
    assert outcome == [1]


@pytest.mark.commits
def test_rule_02_an_extension_committed_while_waiting_counts(rows):
    set_deadline(rows, timedelta(seconds=1))
    with locked_round(rows) as holder:
        thread, outcome = in_thread(rows, lambda: submit(rows))
        time.sleep(0.5)
        holder.execute(
            sa.text("UPDATE round SET submission_deadline = portal_now() + interval '1 hour' WHERE id = :id"),
            {"id": rows["round"]},
        )
        time.sleep(1)
        holder.commit()
    thread.join(10)
    assert outcome == [1]


@pytest.mark.commits
def test_rule_02_in_the_very_second_inside_wins_and_outside_loses(rows):
    """The transaction began before the deadline; only the clock after the locks decides."""
    set_deadline(rows, timedelta(seconds=1))
    application, writer = load(rows)
    time.sleep(1.1)
    with pytest.raises(DeadlinePassed):
        services.submit_application(application, by=writer)
    session.rollback()
    set_deadline(rows, timedelta(seconds=5))
    application, writer = load(rows)
    assert services.submit_application(application, by=writer).number == 1
    session.commit()


@pytest.mark.commits
def test_rule_02_the_database_refuses_late_rows_that_forgot_to_ask(rows):
    application, writer = load(rows)
    services.submit_application(application, by=writer)
    session.commit()
    set_deadline(rows, timedelta(seconds=-1))
    statements = [
        sa.update(Answer).values(value="late"),
        sa.delete(Answer).where(Answer.value.is_not(None)),
        sa.text("UPDATE bid_price SET weekly_fee = 1"),
        sa.text("DELETE FROM evidence"),
        sa.text(
            "INSERT INTO submission (application_id, number, submitted_at, submitted_by_id, declared_name,"
            " declared_position, content, sha256) SELECT application_id, 2, submitted_at, submitted_by_id, 'x', 'x',"
            " '{}', sha256 FROM submission"
        ),
    ]
    for statement in statements:
        with pytest.raises(sa.exc.IntegrityError, match="deadline has passed"):
            session.execute(statement)
        session.rollback()
    for statement in (
        "UPDATE submission SET sha256 = 'x'",
        "DELETE FROM submitted_price",
        "DELETE FROM submitted_file",
    ):
        with pytest.raises(sa.exc.IntegrityError, match="never change"):
            session.execute(sa.text(statement))
        session.rollback()


@pytest.mark.commits
def test_rule_02_two_people_submitting_at_once_make_one_submission(rows):
    first, first_outcome = in_thread(rows, lambda: submit(rows))
    second, second_outcome = in_thread(rows, lambda: submit(rows))
    first.join(20)
    second.join(20)
    assert first_outcome + second_outcome == [1, 1]
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == 1


@pytest.mark.commits
def test_rule_02_a_double_press_that_signs_and_submits_makes_one_submission(rows):
    seen = load(rows)[0].version
    session.rollback()

    def sign_and_submit() -> int:
        application, writer = load(rows)
        signature = {"name": "Robin Fairweather", "position": "Director", "seen_version": seen}
        return services.sign_and_submit(application, by=writer, **signature).number

    first, first_outcome = in_thread(rows, sign_and_submit)
    second, second_outcome = in_thread(rows, sign_and_submit)
    first.join(20)
    second.join(20)
    assert first_outcome + second_outcome == [1, 1]
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == 1


@pytest.mark.commits
def test_rule_02_an_answer_saved_during_a_submission_is_in_it_or_voids_it_never_between(rows):
    application, _ = load(rows)
    question = next(
        question
        for section in queries.asked_sections(application.round)
        for question in section.questions
        if question.kind == QuestionKind.SHORT_TEXT
    )
    question_id = question.id
    session.rollback()

    def save() -> bool:
        mine, writer = load(rows)
        return services.save_answer(mine, queries.get_question(mine, question_id), "Changed", by=writer)

    saving, _ = in_thread(rows, save)
    submitting, outcome = in_thread(rows, lambda: submit(rows))
    saving.join(20)
    submitting.join(20)
    session.rollback()
    session.expire_all()
    application, _ = load(rows)
    standing = queries.latest_submission(application)
    if standing is None:
        assert "declaration" in str(outcome[0])
    else:
        assert services.has_working_copy(application)
        assert "Changed" not in str(standing.content)


def test_rule_02_a_late_attempt_is_refused_and_on_record(client):
    desk = make_desk(answered=True)
    desk.declare()
    session.commit()
    version = desk.application.version
    travel(timedelta(days=30))
    client.sign_in(desk.writer)
    response = client.post(f"{desk.address}/submit", data={"version": str(version)})
    assert response.status_code == 409
    assert "deadline has passed" in response.get_data(as_text=True)
    acting_as(desk.writer)
    attempt = session.scalars(sa.select(LateAttempt)).one()
    assert attempt.person_id == desk.writer.id
    assert session.scalars(sa.select(Submission)).all() == []
    with as_worker():
        verbs = session.execute(sa.text("SELECT verb FROM audit_event")).scalars().all()
    assert "application.submission_refused_late" in verbs


def test_rule_02_the_trigger_alone_also_leaves_a_record(client, monkeypatch):
    """The clock may pass the deadline between the service's question and the write."""
    from portal.applications.services import deadline

    desk = make_desk(answered=True)
    desk.declare()
    session.commit()
    version = desk.application.version
    travel(timedelta(days=30))
    monkeypatch.setattr(deadline.clock, "locked_now", lambda: desk.round_.submission_deadline)
    client.sign_in(desk.writer)
    assert client.post(f"{desk.address}/submit", data={"version": str(version)}).status_code == 409
    monkeypatch.undo()
    acting_as(desk.writer)
    assert len(session.scalars(sa.select(LateAttempt)).all()) == 1


def test_rule_02_after_the_deadline_a_draft_stays_readable_to_its_provider(client):
    desk = make_desk(answered=True)
    travel(timedelta(days=30))
    client.sign_in(desk.writer)
    text = client.get(desk.address).get_data(as_text=True)
    assert "This application was not submitted" in text
    section = queries.asked_sections(session.get(Round, desk.round_.id))[0]
    page = client.get(f"{desk.address}/sections/{section.id}").get_data(as_text=True)
    assert "Larkspur House" in page
    assert "<textarea" not in page
    assert client.get(f"{desk.address}/check").status_code == 200
