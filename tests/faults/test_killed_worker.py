"""A worker that dies in the middle of a job leaves the job to the next one, and nothing half done."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from portal.config import ROOT
from portal.core import db, jobs
from portal.core.db import session
from portal.notifications.services import send
from tests.support.acting import as_worker

pytestmark = [pytest.mark.fault, pytest.mark.commits]

WITHIN_SECONDS = 30


@contextmanager
def worker(url, folder, module="tests.faults.slow_worker"):
    process = subprocess.Popen([sys.executable, "-m", module, url, str(folder)], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition):
    until = time.monotonic() + WITHIN_SECONDS
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def claimed(token):
    session.rollback()
    found = session.execute(sa.text("SELECT count(*) FROM once_token WHERE token = :t"), {"t": token})
    return found.scalar_one() == 1


def left():
    session.rollback()
    statement = sa.text("SELECT status FROM procrastinate_jobs WHERE task_name = 'test.slow'")
    with as_worker():
        return list(session.scalars(statement))


def make_the_dead_workers_silence_long():
    """Instead of waiting: what half a minute without a sign of life would look like."""
    with as_worker():
        session.execute(
            sa.text("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'")
        )
    session.commit()


def state_of(message_id):
    session.rollback()
    return session.scalar(sa.text("SELECT state FROM message WHERE id = :id"), {"id": message_id})


def test_a_message_whose_worker_died_while_handing_it_over_is_in_doubt_and_not_sent_again(
    committing, databases, tmp_path
):
    url = databases.url("portal_worker", committing.url.database)
    with db.transaction():
        sent = send(template="accounts/password_changed", to="ada@example.org", context={"name": "Ada"})
    with worker(url, tmp_path, "tests.faults.slow_mailer") as first:
        wait_for((tmp_path / "sent").exists)
        first.kill()
        first.wait()
    assert state_of(sent.id) == "sending"
    make_the_dead_workers_silence_long()
    (tmp_path / "go").touch()
    with worker(url, tmp_path, "tests.faults.slow_mailer"):
        with db.transaction():
            jobs.defer("core.rescue_stalled_jobs", timestamp=0)
        wait_for(lambda: state_of(sent.id) == "in_doubt")
    assert (tmp_path / "sent").read_text().splitlines() == [sent.reference]


def test_a_killed_workers_job_is_done_by_the_next(committing, databases, tmp_path):
    url = databases.url("portal_worker", committing.url.database)
    token = str(uuid.uuid4())
    with db.transaction():
        jobs.defer("test.slow", token=token)
    with worker(url, tmp_path) as first:
        wait_for((tmp_path / "started").exists)
        first.kill()
        first.wait()
    assert not claimed(token)
    assert left() == ["doing"]
    make_the_dead_workers_silence_long()
    (tmp_path / "go").touch()
    with worker(url, tmp_path):
        with db.transaction():
            jobs.defer("core.rescue_stalled_jobs", timestamp=0)
        wait_for(lambda: claimed(token))
        wait_for(lambda: left() == [])
