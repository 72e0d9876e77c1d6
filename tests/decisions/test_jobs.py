"""The job that typesets letters, as the worker runs it, on a database of its own."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.db import act_as, session
from portal.decisions import jobs
from portal.decisions.models import DecisionLetter
from tests.factories import decisions as made

pytestmark = pytest.mark.commits


def test_the_job_typesets_what_is_left(committing: Any) -> None:
    round_id = made.in_standstill().round.id
    act_as(None)
    session.remove()
    worker = sa.create_engine(committing.url.set(username="postgres"), poolclass=sa.pool.NullPool)
    sa.event.listen(worker, "connect", _become_worker)
    session.configure(bind=worker)
    for _ in range(2):
        jobs.typeset_letters(str(round_id))
    letters = session.scalars(sa.select(DecisionLetter)).all()
    assert len({letter.sha256 for letter in letters}) == 3
    session.remove()
    worker.dispose()


def _become_worker(connection: Any, _: Any) -> None:
    connection.autocommit = True
    connection.execute("SET ROLE portal_worker")
    connection.autocommit = False
