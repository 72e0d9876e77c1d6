"""A web server killed in the middle of an upload leaves no half file that counts, and the next one takes it whole."""

from __future__ import annotations

import socket
import urllib.request

import psutil
import pytest

from tests.factories import files
from tests.faults.uploading import make_draft, stored, upload_of
from tests.support.live import Live

pytestmark = [pytest.mark.fault, pytest.mark.commits]


@pytest.fixture
def live(databases, worker_name, tmp_path):
    running = Live.on(databases, f"killed_{worker_name}", tmp_path)
    yield running
    running.stop()


@pytest.fixture
def draft(live, app):
    return make_draft(live, app)


def kill_outright(web):
    everyone = [*psutil.Process(web.pid).children(recursive=True), psutil.Process(web.pid)]
    for process in everyone:
        process.kill()
    psutil.wait_procs(everyone, timeout=10)


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
