"""Uploads to a live server: its memory, a full disk, and a connection that breaks at each step."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from portal.documents.services import MOST_BYTES
from tests.factories import files
from tests.faults.uploading import answer_to, make_draft, stored, upload_of
from tests.support.live import Live

pytestmark = [pytest.mark.fault, pytest.mark.commits]

MEGABYTE = 1024 * 1024
MOST_GROWTH = 10 * MEGABYTE


@pytest.fixture
def live(databases, worker_name, tmp_path):
    running = Live.on(databases, f"uploads_{worker_name}", tmp_path)
    yield running
    running.stop()


@pytest.fixture
def draft(live, app):
    return make_draft(live, app)


def workers(web):
    return psutil.Process(web.pid).children(recursive=True)


def memory_of(web):
    """Of the workers together, in bytes; a page that several share counts once."""
    return sum(worker.memory_full_info().pss for worker in workers(web))


@contextmanager
def peak_memory(web):
    """The most memory that the workers hold at once while this lasts."""
    most, done = [memory_of(web)], threading.Event()

    def watch():
        while not done.wait(0.02):
            most[0] = max(most[0], memory_of(web))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def test_a_file_of_50_mb_hardly_moves_the_servers_memory(live, draft, app, record_property):
    writer, path = draft
    request = upload_of(app, writer, path, files.heavy_pdf(MOST_BYTES))
    # One worker, which has read files before: what that loads, once, is not what a large file costs.
    web = live.start_web(workers=1)
    for number in range(3):
        small = upload_of(app, writer, path, files.pdf(bytes_of_metadata=1000 + number))
        assert " 200 " in answer_to(live, small)[:20]
    before = memory_of(web)
    with peak_memory(web) as most:
        answer = answer_to(live, request)
    assert " 200 " in answer[:20]
    growth = most[0] - before
    record_property("growth_bytes", growth)
    print(f"\nA file of 50 MB: the worker grew by {growth / MEGABYTE:.1f} MiB at most")
    assert growth < MOST_GROWTH
    assert live.scalar("SELECT max(size) FROM document") == MOST_BYTES


def test_one_byte_more_than_50_mb_is_refused_with_a_way_out(live, draft, app):
    writer, path = draft
    live.start_web()
    answer = answer_to(live, upload_of(app, writer, path, files.heavy_pdf(MOST_BYTES + 1)))
    assert " 422 " in answer[:20]
    assert "bigger than 50 MB" in answer
    assert live.scalar("SELECT count(*) FROM document") == 0
    assert stored(live) == []


@contextmanager
def small_disk(folder: Path, web=None, size=2 * MEGABYTE):
    """A file system of this size at `folder`; where mounting is not allowed, as small a limit on every file."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode == 0:
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    everyone = [psutil.Process(web.pid), *workers(web)]
    for process in everyone:
        process.rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))
    try:
        yield
    finally:
        for process in everyone:
            process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))


@pytest.mark.parametrize("full", ["files", "tmp"], ids=["the store", "the room for what arrives"])
def test_a_full_disk_loses_nothing_and_is_said(live, draft, app, full):
    writer, path = draft
    (live.folder / "tmp").mkdir()
    live.settings["TMPDIR"] = str(live.folder / "tmp")
    web = live.start_web()
    request = upload_of(app, writer, path, files.pdf(bytes_of_metadata=3 * MEGABYTE))
    with small_disk(live.folder / full, web):
        answer = answer_to(live, request)
        assert any(f" {status} " in answer[:20] for status in (422, 503))
        assert "could not keep the file" in answer or " 503 " in answer[:20]
        assert live.scalar("SELECT count(*) FROM document") == 0
        assert live.scalar("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'documents.scan'") == 0
    assert stored(live) == []
    assert " 200 " in answer_to(live, request)[:20]
    assert live.scalar("SELECT count(*) FROM evidence") == 1


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_connection_that_breaks_leaves_nothing_and_the_next_try_counts_once(live, draft, app, share):
    writer, path = draft
    request = upload_of(app, writer, path, files.pdf(bytes_of_metadata=2 * MEGABYTE))
    live.start_web()
    with socket.create_connection(("127.0.0.1", live.port)) as half:
        half.sendall(request[: int(len(request) * share)])
    time.sleep(0.5)
    assert live.scalar("SELECT count(*) FROM document") == 0
    assert stored(live) == []
    assert " 200 " in answer_to(live, request)[:20]
    assert live.scalar("SELECT count(*) FROM evidence") == 1


def test_an_answer_that_was_lost_is_made_good_by_trying_again(live, draft, app):
    writer, path = draft
    request = upload_of(app, writer, path, files.pdf())
    live.start_web()
    with socket.create_connection(("127.0.0.1", live.port)) as gone:
        gone.sendall(request)
    until = time.monotonic() + 20
    while live.scalar("SELECT count(*) FROM evidence") == 0 and time.monotonic() < until:
        time.sleep(0.1)
    again = answer_to(live, request)
    assert " 200 " in again[:20]
    assert "policy.pdf" in again
    assert live.scalar("SELECT count(*) FROM evidence") == 1
    assert live.scalar("SELECT count(*) FROM document") == 1
