"""`make run`: the database, the web server and the worker of one machine, started and stopped together.

It owns only the processes. The application, its commands and the demonstration's story are built elsewhere.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from portal.config import ROOT, ConfigError, Settings

ADDRESS = "127.0.0.1"
CHECK_EVERY_SECONDS = 0.5
STOP_WITHIN_SECONDS = 25
MOST_RESTARTS = 5
RESTARTS_WITHIN_SECONDS = 60
READY_WITHIN_SECONDS = 60


class CannotRun(Exception):
    """The portal cannot start here. The message is one line that says why, and what to do."""


@dataclass
class Child:
    """One process under supervision: its name for messages, how to start it, and when it was started before."""

    name: str
    command: list[str]
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, or start it again."""
        self.starts.append(time.monotonic())
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=dict(self.environ))

    def has_died(self) -> bool:
        """Did it end without being asked to?"""
        return self.process is not None and self.process.poll() is not None

    def dies_too_often(self) -> bool:
        """Is starting it again pointless?"""
        since = time.monotonic() - RESTARTS_WITHIN_SECONDS
        return sum(start > since for start in self.starts) > MOST_RESTARTS

    def ask_to_stop(self) -> None:
        """Let it finish what it is doing."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait_or_kill(self, seconds: float) -> None:
        """Wait for its end; insist when it takes longer."""
        if self.process is None:
            return
        try:
            self.process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main() -> int:
    """Run the portal until Ctrl-C or SIGTERM. Returns the exit status."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        settings = Settings.from_environ(os.environ)
        with only_one(settings):
            check_port_is_free(settings.port)
            return _run(settings, stopping)
    except (CannotRun, ConfigError) as problem:
        print(problem, file=sys.stderr)
        return 1


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the lock of this data folder. It goes with the process, however that ends."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                f"The portal already runs with the data in {settings.data_dir}: stop it first, or set PORTAL_DATA."
            ) from None
        yield


def check_port_is_free(port: int) -> None:
    """Raise `CannotRun` when something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise CannotRun(f"Port {port} {reason}: stop what uses it, or choose another with PORT=5001.") from None


def _run(settings: Settings, stopping: threading.Event) -> int:
    environ = _prepare(settings)
    children = [_web(settings, environ), _worker(environ)]
    try:
        for child in children:
            child.start()
        if _becomes_ready(settings.port, stopping):
            _announce(settings)
        return _watch(children, stopping)
    finally:
        _stop(children)


def _prepare(settings: Settings) -> dict[str, str]:
    """Bring the database up to date, fill an empty one, and return the environment the children need."""
    from alembic import command

    from portal import commands
    from portal.core import embedded
    from portal.factory import create_app

    app = create_app(settings)
    with app.app_context():
        command.upgrade(commands.migrations(), "head")
        _load_demonstration(settings)
    # The children are told where the database is, so that none has to look for it again.
    return {
        **os.environ,
        "DATABASE_URL": embedded.address(settings, "portal_app"),
        "WORKER_DATABASE_URL": embedded.address(settings, "portal_worker"),
        "MIGRATION_DATABASE_URL": embedded.address(settings, "portal_owner"),
    }


def _load_demonstration(settings: Settings) -> None:
    if settings.mode != "demo":
        return
    from portal import commands
    from portal.demo import services

    commands.connect_as_worker()
    services.load_if_empty()


def _web(settings: Settings, environ: Mapping[str, str]) -> Child:
    configuration = ["--config", "python:portal.gunicorn_conf", "--bind", f"{ADDRESS}:{settings.port}"]
    return Child("web server", [sys.executable, "-m", "gunicorn", *configuration, "wsgi:app"], environ)


def _worker(environ: Mapping[str, str]) -> Child:
    return Child("worker", [sys.executable, "-m", "flask", "--app", "wsgi", "worker"], environ)


def _becomes_ready(port: int, stopping: threading.Event) -> bool:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until and not stopping.is_set():
        try:
            socket.create_connection((ADDRESS, port), timeout=1).close()
            return True
        except OSError:
            stopping.wait(0.1)
    return False


def _announce(settings: Settings) -> None:
    print(f"\nThe portal is at {settings.base_url} (Ctrl-C stops it).", flush=True)
    if settings.mode != "demo":
        return
    from portal.demo import services

    print(f"Demonstration accounts, each with the password {services.PASSWORD}:")
    accounts = services.accounts()
    width = max(len(email) for email, _ in accounts)
    for email, role in accounts:
        print(f"  {email:<{width}}  {role}")
    sys.stdout.flush()


def _watch(children: list[Child], stopping: threading.Event) -> int:
    """Start again what dies, within bounds, until told to stop."""
    while not stopping.wait(CHECK_EVERY_SECONDS):
        for child in children:
            if not child.has_died():
                continue
            if child.dies_too_often():
                print(f"The {child.name} keeps ending: everything is stopped. Its messages are above.", file=sys.stderr)
                return 1
            print(f"The {child.name} ended unexpectedly: starting it again.", file=sys.stderr)
            child.start()
    return 0


def _stop(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + STOP_WITHIN_SECONDS
    for child in children:
        child.wait_or_kill(until - time.monotonic())


if __name__ == "__main__":
    sys.exit(main())
