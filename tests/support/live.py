"""The real thing for journeys and fault tests: gunicorn and a worker as processes, on a database of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from portal.config import ROOT
from portal.core import db
from tests.support.database import Databases, become_web

SECONDS_TO_START = 40


@dataclass
class Live:
    """A running portal. `start_web` and `start_worker` return processes that a test may kill.

    `settings` are more of its environment, for processes started afterwards.
    """

    databases: Databases
    database: str
    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def on(cls, databases: Databases, name: str, folder: Path) -> Live:
        return cls(databases, databases.clone(name), folder, free_port())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PORTAL_MODE": "demo",
            "PORTAL_DATA": str(self.folder),
            "PORT": str(self.port),
            "DATABASE_URL": self.databases.url("portal_app", self.database),
            "WORKER_DATABASE_URL": self.databases.url("portal_worker", self.database),
            "MIGRATION_DATABASE_URL": self.databases.url("portal_owner", self.database),
            "SECRET_KEY": "a key that only tests use, and long enough",
            **self.settings,
        }

    def start_web(self, workers: int = 2) -> subprocess.Popen[bytes]:
        web = self._start(
            *("-m", "gunicorn", "wsgi:app", "-c", "python:portal.server", "--bind", f"127.0.0.1:{self.port}"),
            *("--workers", str(workers), "--worker-class", "gthread", "--threads", "4"),
            *("--log-level", "warning"),
        )
        wait_until_it_answers(web, self.port)
        return web

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self._start("-m", "flask", "--app", "wsgi", "worker")

    def command(self, *words: str) -> str:
        """Run `flask --app wsgi …` to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            env=self.environment,
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    @contextmanager
    def in_process(self) -> Iterator[None]:
        """Services and factories called inside work on this portal's database, as in other tests: as the web's role."""
        engine = sa.create_engine(self.databases.url("postgres", self.database))
        event.listen(engine, "connect", become_web)
        db.session.remove()
        db.act_as(None)
        db.session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
        try:
            yield
            db.session.commit()
        finally:
            db.session.remove()
            db.act_as(None)
            engine.dispose()

    def travel(self, amount: timedelta) -> None:
        """Move everybody's clock on by `amount`."""
        self.execute("UPDATE clock_offset SET amount = amount + :amount", amount=amount)

    def execute(self, statement: str, **values: object) -> None:
        """Run one statement as the owner of the tables."""
        engine = sa.create_engine(
            self.databases.url("portal_owner", self.database), poolclass=sa.pool.NullPool
        )
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def scalar(self, statement: str, **values: object) -> object:
        """The one value that a query gives, as the owner of the tables."""
        engine = sa.create_engine(
            self.databases.url("portal_owner", self.database), poolclass=sa.pool.NullPool
        )
        with engine.connect() as connection:
            return connection.execute(sa.text(statement), values).scalar()

    def wait_for_job(self, name: str) -> None:
        """Return once the worker has done every job of this name that waits. Raises `RuntimeError` if it does not."""
        left = (
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name AND status IN ('todo', 'doing')"
        )
        until = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < until:
            if not self.scalar(left, name=name):
                return
            time.sleep(0.2)
        raise RuntimeError(f"The worker did not come to {name}.")

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
        self.databases.drop(self.database)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, *words], env=self.environment, cwd=ROOT)
        self.processes.append(process)
        return process


def wait_until_it_answers(web: subprocess.Popen[bytes], port: int) -> None:
    """Return once `/healthz` answers. Raises `RuntimeError` when the process ends or takes too long."""
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and web.poll() is None:
        with suppress(OSError):  # refused, reset or too slow: not up yet
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError("The web server did not start.")


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
