"""A web server killed in the middle of an upload leaves no half file that counts, and the next one takes it whole."""

from __future__ import annotations

import socket
import urllib.request

import psutil
import pytest
from itsdangerous import URLSafeTimedSerializer

from portal.accounts.states import Role
from portal.applications import queries as drafts
from portal.core.session import wall_clock
from portal.frameworks.states import QuestionKind
from tests.factories import accounts, applications, files, providers
from tests.support.client import RAW_TOKEN
from tests.support.live import Live

pytestmark = [pytest.mark.fault, pytest.mark.commits]

BOUNDARY = "half-a-file"


@pytest.fixture
def live(databases, worker_name, tmp_path):
    running = Live.on(databases, f"killed_{worker_name}", tmp_path)
    yield running
    running.stop()


@pytest.fixture
def draft(live, app):
    """A draft's writer and the path that takes a file for its first file question."""
    with app.app_context(), live.in_process():
        organisation = providers.organisation()
        writer = accounts.person(role=Role.BID_WRITER, organisation=organisation)
        application = applications.application("draft", organisation=organisation, by=writer)
        sections = drafts.asked_sections(application.round)
        asked = [question for section in sections for question in section.questions]
        question = next(one for one in asked if one.kind == QuestionKind.FILE)
        found = writer, f"/applications/{application.id}/questions/{question.id}/files"
    return found


def cookie(app, person):
    content = {
        "_user_id": str(person.id),
        "_fresh": True,
        "auth_version": person.auth_version,
        "seen": int(wall_clock()),
        "csrf_token": RAW_TOKEN,
    }
    return f"portal_session={app.session_interface.get_signing_serializer(app).dumps(content)}"


def upload_of(app, person, path, content):
    """The bytes of a whole upload request."""
    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN)
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="policy.pdf"\r\n\r\n'
    body = field.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nCookie: {cookie(app, person)}\r\n"
        f"X-CSRFToken: {token}\r\nHX-Request: true\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def kill_outright(web):
    everyone = [*psutil.Process(web.pid).children(recursive=True), psutil.Process(web.pid)]
    for process in everyone:
        process.kill()
    psutil.wait_procs(everyone, timeout=10)


def stored(live):
    return [file for file in (live.folder / "files").rglob("*") if file.is_file()]


def test_a_web_server_killed_in_mid_upload_leaves_no_half_file(live, draft, app):
    writer, path = draft
    request = upload_of(app, writer, path, files.pdf(bytes_of_metadata=3_000_000))
    web = live.start_web()
    with socket.create_connection(("127.0.0.1", live.port)) as half:
        half.sendall(request[: len(request) // 2])
        kill_outright(web)
    assert live.scalar("SELECT count(*) FROM document") == 0
    assert live.scalar("SELECT count(*) FROM evidence") == 0
    assert stored(live) == []

    live.start_web()
    with socket.create_connection(("127.0.0.1", live.port)) as whole:
        whole.sendall(request)
        answer = whole.makefile("rb").readline()
    assert b"200" in answer
    assert live.scalar("SELECT count(*) FROM document") == 1
    assert len(stored(live)) == 1
    assert urllib.request.urlopen(f"{live.address}/healthz").status == 200
