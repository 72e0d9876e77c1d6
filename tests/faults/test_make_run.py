"""What `make run` refuses, each in one line, and that what it starts ends with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import fasteners
import pytest

from portal.config import ROOT, Settings

pytestmark = pytest.mark.fault

SERVE = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
# Refusals come before anything is asked of the database.
NO_DATABASE = {"DATABASE_URL": "postgresql+psycopg://portal_app@127.0.0.1:9/none"}
OLD_PYTHON = """#!/bin/sh
case "$1" in -V) echo "Python 3.9.2" ;; *) exit 1 ;; esac
"""


@pytest.fixture(autouse=True)
def session() -> None:
    """These tests need no database of the suite's."""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path, port: int) -> dict[str, str]:
    return {**os.environ, "PORTAL_MODE": "test", "PORTAL_DATA": str(tmp_path / "data"), "PORT": str(port)}


@pytest.fixture
def embedded_folder(environment: dict[str, str]) -> Iterator[Path]:
    """As root the database's folder is outside the test's own, so it is removed here."""
    folder = Settings.from_environ(environment).embedded_dir
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def refusal(environment: dict[str, str]) -> str:
    done = subprocess.run(
        SERVE,
        env={**environment, **NO_DATABASE},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    return done.stderr.strip()


def test_old_python_is_refused_in_one_line(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text(OLD_PYTHON)
    python.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "package-lock.json"):
        (tmp_path / name).touch()

    done = subprocess.run(
        ["make", "--silent", "run", f"PYTHON={python}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    said = [line for line in done.stderr.splitlines() if "Python" in line]
    assert done.returncode != 0
    assert len(said) == 1
    assert said[0].startswith("The portal needs Python 3.11 or later")
    assert "Python 3.9.2" in said[0]


def test_taken_port_is_refused_in_one_line(environment: dict[str, str], port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        said = refusal(environment)

    assert f"Port {port} is taken" in said
    assert "\n" not in said


def test_second_run_is_refused_in_one_line(environment: dict[str, str]) -> None:
    folder = Path(environment["PORTAL_DATA"])
    folder.mkdir(parents=True)
    with fasteners.InterProcessLock(folder / "running.lock"):
        said = refusal(environment)

    assert "already runs" in said
    assert "\n" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_everything_ends_with_it(
    number: signal.Signals, environment: dict[str, str], embedded_folder: Path, port: int
) -> None:
    with serving(environment) as running:
        wait_for_welcome(running)
        assert answers(port)
        assert (embedded_folder / "data" / "postmaster.pid").exists()

        running.send_signal(number)
        read_to_the_end(running)
        assert running.wait(40) == 0

    assert not answers(port)
    assert not (embedded_folder / "data" / "postmaster.pid").exists()


def test_killed_web_server_is_started_again(
    environment: dict[str, str], embedded_folder: Path, port: int
) -> None:
    import psutil

    with serving(environment) as running:
        wait_for_welcome(running)
        web = next(
            child
            for child in psutil.Process(running.pid).children()
            if "gunicorn" in " ".join(child.cmdline())
        )

        # Its workers too: until they noticed, they would go on answering in its place.
        for process in (web, *web.children()):
            process.kill()

        until = time.monotonic() + 90
        while not answers_anew(port, running.pid, web.pid) and time.monotonic() < until:
            time.sleep(0.2)
        assert answers(port)
        running.terminate()
        read_to_the_end(running)
        assert running.wait(40) == 0


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`make run`'s command, which a failing test does not leave behind."""
    with subprocess.Popen(SERVE, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.terminate()
                read_to_the_end(running)


def wait_for_welcome(running: subprocess.Popen[str]) -> None:
    """Read up to the line with the address. A start that hangs is killed, and so fails the test."""
    assert running.stdout is not None
    deadline = Timer(90, running.kill)
    deadline.start()
    try:
        assert any("The portal is at" in line for line in running.stdout)
    finally:
        deadline.cancel()


def read_to_the_end(running: subprocess.Popen[str]) -> None:
    """Whatever it still prints would otherwise fill the pipe, and it would wait for ever."""
    assert running.stdout is not None
    running.stdout.read()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def answers_anew(port: int, parent: int, before: int) -> bool:
    """Does a web server answer that is not the one from before?"""
    import psutil

    children = psutil.Process(parent).children()
    return answers(port) and any(
        child.pid != before and "gunicorn" in " ".join(child.cmdline()) for child in children
    )
