"""Two web machines whose clocks are a month wrong, one each way: the database's clock alone says what is late."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer

from portal.core.db import session
from tests.applications.conftest import make_desk
from tests.factories import frameworks as rounds
from tests.faults.uploading import session_cookie
from tests.support.client import RAW_TOKEN
from tests.support.live import Live, free_port

pytestmark = [pytest.mark.fault, pytest.mark.commits]

MONTH = timedelta(days=31)
SKEWED = str(Path(__file__).parent / "skewed")


@pytest.fixture
def live(databases, worker_name, tmp_path):
    running = Live.on(databases, f"skewed_{worker_name}", tmp_path)
    yield running
    running.stop()


def machine(live, skew):
    """Another web machine of the same portal, with a clock of its own."""
    settings = {"PYTHONPATH": SKEWED, "SKEW_SECONDS": str(skew.total_seconds())}
    return replace(live, port=free_port(), settings={**live.settings, **settings})


def signed_applications(live, app, number):
    """So many complete, signed applications in one round: each writer's cookie content and address."""
    made = []
    with app.app_context(), live.in_process():
        round_ = rounds.round_()
        for _ in range(number):
            desk = make_desk(answered=True, round_=round_)
            desk.declare()
            session.commit()
            made.append((desk.writer, desk.application.id))
            session.expunge_all()
            round_ = session.merge(round_)
    return made


def submit(app, at, skew, signed):
    """Press "Submit" at a machine, signed in there: the status it answers with, and where it leads."""
    writer, application_id = signed
    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN)
    cookie = session_cookie(app, writer, clock_is_off_by=skew)
    request = urllib.request.Request(
        f"{at.address}/applications/{application_id}/submit",
        data=b"version=",
        headers={"Cookie": f"portal_session={cookie}", "X-CSRFToken": token},
    )
    opener = urllib.request.build_opener(_Here)
    try:
        answer = opener.open(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, (answer.headers["Location"] or "").rpartition("/")[2]


class _Here(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def test_rule_02_the_databases_clock_decides_whatever_the_web_machines_believe(live, app):
    signed = signed_applications(live, app, 4)
    machines = [(machine(live, skew), skew) for skew in (MONTH, -MONTH)]
    webs = [at.start_web(workers=1) for at, _ in machines]
    left = live.scalar("SELECT submission_deadline - portal_now() FROM round")
    live.travel(left - timedelta(minutes=1))
    before = [submit(app, *at, one) for at, one in zip(machines, signed[:2], strict=True)]
    live.travel(timedelta(seconds=61))
    after = [submit(app, *at, one) for at, one in zip(machines, signed[2:], strict=True)]
    for web in webs:
        web.terminate()
        web.wait(25)
    assert (before, after) == ([(303, "receipt")] * 2, [(409, "")] * 2)
    assert live.scalar("SELECT count(*) FROM submission") == 2
    assert live.scalar("SELECT count(*) FROM late_attempt") == 2
    assert live.scalar(
        "SELECT bool_and(s.submitted_at BETWEEN r.submission_deadline - interval '1 minute' AND r.submission_deadline)"
        " FROM submission s, round r"
    )
    assert {application_id for _, application_id in signed[2:]} == {
        live.scalar("SELECT application_id FROM late_attempt ORDER BY created_at LIMIT 1"),
        live.scalar("SELECT application_id FROM late_attempt ORDER BY created_at DESC LIMIT 1"),
    }
