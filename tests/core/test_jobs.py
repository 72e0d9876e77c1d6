"""Jobs exist exactly when their cause committed, and the worker does them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.core import db, jobs
from portal.core.db import session
from portal.core.errors import Invalid
from tests.support.acting import as_worker

# Without what the worker defers by itself when a minute begins.
WAITING = sa.text(
    "SELECT task_name, args, attempts, status FROM procrastinate_jobs WHERE task_name LIKE 'test.%' ORDER BY id"
)


def waiting():
    with as_worker():  # the web's role adds jobs and reads none
        return session.execute(WAITING).all()


@pytest.fixture
def job(monkeypatch) -> Callable[..., list[dict[str, str]]]:
    """`job(name)` registers a job that notes what it was given; `job(name, fail=True)` one that fails."""

    def register(name, *, fail=False):
        given = []

        def run(**arguments):
            given.append(arguments)
            if fail:
                raise RuntimeError("the mail server is away")

        monkeypatch.setitem(jobs.registered, name, run)
        return given

    return register


@pytest.fixture
def run_worker(committing, databases, monkeypatch):
    """Run the real worker until no job is left."""
    for name in list(jobs.registered):
        monkeypatch.delitem(jobs.registered, name)
    monkeypatch.setattr(jobs, "_schedules", {})
    url = sa.make_url(databases.url("portal_worker", committing.url.database)).set(drivername="postgresql")

    def run():
        jobs.run_worker(url.render_as_string(hide_password=False), until_empty=True)

    return run


def test_a_job_waits_with_its_arguments_as_text():
    jobs.defer("test.note", document_id=7)
    assert waiting() == [("test.note", {"document_id": "7"}, 0, "todo")]


def test_a_job_is_gone_with_its_cause():
    jobs.defer("test.note", document_id=7)
    session.rollback()
    assert waiting() == []


def test_a_job_is_gone_with_its_savepoint():
    session.connection()
    with session.begin_nested() as inner:
        jobs.defer("test.note", document_id=7)
        inner.rollback()
    assert waiting() == []


def test_deferring_opens_no_connection_of_its_own(engine):
    jobs.defer("test.note")
    others = sa.text("SELECT count(*) FROM procrastinate_jobs")
    with engine.connect() as another:
        assert another.execute(others).scalar_one() == 0


@pytest.mark.commits
def test_the_worker_does_what_was_committed(run_worker, job):
    given = job("test.note")
    with db.transaction():
        jobs.defer("test.note", document_id="abc")
    run_worker()
    assert given == [{"document_id": "abc"}]
    assert waiting() == []


@pytest.mark.commits
def test_the_worker_leaves_what_is_not_due(run_worker, job):
    given = job("test.note")
    with db.transaction():
        jobs.defer("test.note", at=datetime.now(UTC) + timedelta(hours=1))
    run_worker()
    assert given == []
    assert len(waiting()) == 1


@pytest.mark.commits
def test_a_job_may_wait_by_the_queues_own_clock(run_worker, job):
    given = job("test.note")
    with db.transaction():
        clock_moved = sa.text("SET LOCAL ROLE portal_worker; UPDATE clock_offset SET amount = '-30 days'")
        session.execute(clock_moved)
        jobs.defer("test.note", after=timedelta(hours=1))
    run_worker()
    assert given == []


@pytest.mark.commits
def test_a_job_that_fails_waits_to_be_tried_again(run_worker, job):
    given = job("test.note", fail=True)
    with db.transaction():
        jobs.defer("test.note")
    run_worker()
    assert len(given) == 1
    assert [(row.attempts, row.status) for row in waiting()] == [(1, "todo")]


@pytest.mark.commits
def test_one_failing_job_stops_no_other(run_worker, job):
    job("test.fail", fail=True)
    given = job("test.note")
    with db.transaction():
        jobs.defer("test.fail")
        jobs.defer("test.note")
    run_worker()
    assert len(given) == 1


@pytest.mark.commits
@pytest.mark.parametrize("wrapped", [False, True])
def test_rule_01_the_log_of_a_broken_job_holds_no_content_of_a_row(run_worker, monkeypatch, caplog, wrapped):
    token = "0f0e0d0c-0b0a-4908-8706-050403020100"

    def run():
        insert = sa.text("INSERT INTO once_token (token) VALUES (:token), (:token)")
        with db.transaction():
            try:
                session.execute(insert, {"token": token})
            except IntegrityError as error:
                if wrapped:
                    raise Invalid("You sent this already.") from error
                raise

    caplog.set_level(logging.DEBUG)
    monkeypatch.setitem(jobs.registered, "test.broken", run)
    with db.transaction():
        jobs.defer("test.broken")
    run_worker()
    assert f"JobFailed: {'Invalid' if wrapped else 'IntegrityError'}" in caplog.text
    assert token not in caplog.text


def test_a_job_for_idle_times_lets_others_go_first() -> None:
    jobs.defer("test.picture", when_idle=True)
    jobs.defer("test.scan")
    with as_worker():
        order = session.execute(
            sa.text("SELECT task_name FROM procrastinate_jobs ORDER BY priority DESC, id")
        ).scalars()
        assert list(order) == ["test.scan", "test.picture"]
