"""Jobs exist exactly when their cause committed, and the worker does them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.core import db, jobs
from portal.core.db import session

WAITING = sa.text("SELECT task_name, args, attempts, status FROM procrastinate_jobs ORDER BY id")


def waiting():
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
