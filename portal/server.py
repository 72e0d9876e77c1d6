"""What `make run` runs: database, web and worker together on one machine, for trying the portal out.

gunicorn also reads its hooks from here (`-c python:portal.server`), in production too.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import fasteners

from portal.config import ROOT, Settings
from portal.core import embedded

HOST = "127.0.0.1"
WEB_PROCESSES = 2
THREADS = 4
MOST_RESTARTS_A_MINUTE = 5
SECONDS_TO_START = 60
SECONDS_TO_STOP = 25


# gunicorn's own setting, by its own name: it would put a socket into the home of whoever runs the portal.
control_socket_disable = True


class CannotServe(Exception):
    """One line that says what is in the way."""


@dataclass
class Child:
    """A process that is started again when it dies, but not for ever."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_RESTARTS_A_MINUTE))

    def keep_alive(self) -> None:
        """Start the process unless it runs. Raises `CannotServe` when it keeps dying."""
        if self.process is not None and self.process.poll() is None:
            return
        if len(self.starts) == MOST_RESTARTS_A_MINUTE and time.monotonic() - self.starts[0] < 60:
            raise CannotServe(f"The {self.name} keeps stopping. Its last lines above say why.")
        self.starts.append(time.monotonic())
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
        self.process = subprocess.Popen(self.command, env=self.environment, cwd=ROOT, start_new_session=True)

    def stop(self) -> None:
        """End the process: politely, then not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serve(settings: Settings, *, prepare: Callable[[], None], welcome: Callable[[], None]) -> None:
    """Serve until Ctrl-C. `prepare` migrates and fills an empty database; `welcome` prints what to open.

    Raises `CannotServe` with one line when the port is taken or the portal already runs from this folder.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    running = fasteners.InterProcessLock(settings.data_dir / "running.lock")
    if not running.acquire(blocking=False):
        raise CannotServe("The portal already runs from this folder. Stop it first, or use it.")
    server: embedded.EmbeddedServer | None = None
    try:
        _check_port(settings.port)
        server = None if settings.database_url else embedded.start(settings.embedded_dir)
        prepare()
        _watch(_children(settings), settings, welcome)
    finally:
        if server is not None:
            server.shut_down()
        running.release()


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise CannotServe(
                f"Port {port} is taken. Choose another, for instance: PORT={port + 1} make run"
            ) from None


def _children(settings: Settings) -> list[Child]:
    environment = os.environ | {
        "DATABASE_URL": embedded.address(settings, "portal_app"),
        "WORKER_DATABASE_URL": embedded.address(settings, "portal_worker"),
        "MIGRATION_DATABASE_URL": embedded.address(settings, "portal_owner"),
    }
    web = [
        *(sys.executable, "-m", "gunicorn", "wsgi:app", "-c", "python:portal.server"),
        *("--bind", f"{HOST}:{settings.port}", "--workers", str(WEB_PROCESSES)),
        *("--worker-class", "gthread", "--threads", str(THREADS), "--log-level", "warning"),
    ]
    worker = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    return [Child("web server", web, environment), Child("worker", worker, environment)]


def _watch(children: list[Child], settings: Settings, welcome: Callable[[], None]) -> None:
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        for child in children:
            child.keep_alive()
        if _answers(settings.port, lambda: stopping):
            welcome()
        elif not stopping:
            raise CannotServe(f"The web server did not answer in {SECONDS_TO_START} seconds; it is stopped.")
        while not stopping:
            for child in children:
                child.keep_alive()
            time.sleep(0.3)
    finally:
        for child in children:
            child.stop()


def _answers(port: int, stopping: Callable[[], bool]) -> bool:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and not stopping():
        with suppress(OSError):
            urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5).close()
            return True
        time.sleep(0.1)
    return False


def post_worker_init(_: Any) -> None:
    """gunicorn's hook: what is loaded by now stays, so the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()
