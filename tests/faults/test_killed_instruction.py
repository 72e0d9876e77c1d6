"""A worker that dies just before it commits a submission leaves nothing of it; the next one submits, once."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.applications import jobs, services
from portal.applications.models import StandingInstruction, Submission
from portal.config import ROOT
from portal.core import db
from portal.core.db import session
from portal.notifications.models import Message
from tests.applications.conftest import make_desk
from tests.support.acting import acting_as, as_worker, travel

pytestmark = [pytest.mark.fault, pytest.mark.commits]

WITHIN_SECONDS = 30


def instructed_application():
    desk = make_desk(answered=True)
    desk.declare()
    services.instruct(desk.application, by=desk.writer)
    session.commit()
    travel(timedelta(days=30))
    acting_as(None)
    return desk.application.id, desk.round_.submission_deadline


def written():
    """Submissions, instructions carried out, and emails about them."""
    with as_worker():
        counts = [
            session.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one()
            for table, condition in (
                (Submission, sa.true()),
                (StandingInstruction, StandingInstruction.carried_out_at.is_not(None)),
                (Message, Message.template == "applications/submitted"),
            )
        ]
    session.commit()
    return counts


def test_a_worker_killed_before_its_commit_leaves_the_instruction_to_the_next(
    committing, databases, tmp_path, app
):
    url = databases.url("portal_worker", committing.url.database)
    application_id, deadline = instructed_application()
    command = [sys.executable, "-m", "tests.faults.slow_instruction", url, str(application_id), str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT)
    until = time.monotonic() + WITHIN_SECONDS
    while not (tmp_path / "done").exists():
        assert process.poll() is None
        assert time.monotonic() < until, "it did not write in time"
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert written() == [0, 0, 0]

    worker = sa.create_engine(url, poolclass=sa.pool.NullPool)
    session.remove()
    session.configure(bind=worker)
    jobs.carry_out_instructions()
    jobs.carry_out_instructions()
    session.remove()
    db.act_as(None)
    session.configure(bind=committing)
    assert written() == [1, 1, 1]
    with as_worker():
        assert session.scalars(sa.select(Submission.submitted_at)).one() == deadline
