"""The embedded server: joined rather than started twice, stopped by its last user, and careful of folders."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.config import ROOT
from portal.core import embedded

HOLD = """
import sys
from pathlib import Path
from portal.core import embedded
embedded.start(Path(sys.argv[1]), fast=True)
print("holding", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def session() -> None:
    """These tests need no database of the suite's."""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that uses the server until it is told to end."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        try:
            yield process
        finally:
            process.kill()


def is_running(server: embedded.EmbeddedServer) -> bool:
    return (server.folder / "data" / "postmaster.pid").exists()


def ask(url: str, question: str) -> object:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return connection.execute(sa.text(question)).scalar_one()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[embedded.EmbeddedServer]:
    started = embedded.start(tmp_path / "postgres", fast=True)
    yield started
    started.stop()


def test_each_role_may_connect_and_none_has_power_over_the_others(server: embedded.EmbeddedServer) -> None:
    for role in embedded.ROLES:
        assert ask(server.url(role), "SELECT current_user") == role

    powerful = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'portal%' AND (rolsuper OR rolbypassrls)"
    assert ask(server.url("portal_owner"), powerful) == 0


def test_collation_does_not_depend_on_the_machine(server: embedded.EmbeddedServer) -> None:
    question = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'portal'"

    assert ask(server.url("portal_app"), question) == "b C.UTF-8"


def test_settings_for_other_servers_do_not_lead_astray(
    server: embedded.EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")

    assert ask(server.url("portal_app"), "SELECT 1") == 1


def test_second_process_joins_and_the_last_one_stops_it(tmp_path: Path) -> None:
    server = embedded.start(tmp_path / "postgres", fast=True)
    with another_process(tmp_path / "postgres") as other:
        server.stop()
        assert is_running(server)

        assert other.stdin is not None
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.wait(20) == 0

    assert not is_running(server)


@pytest.mark.fault
def test_killed_process_does_not_keep_the_server_running(tmp_path: Path) -> None:
    server = embedded.start(tmp_path / "postgres", fast=True)
    with another_process(tmp_path / "postgres") as other:
        other.send_signal(signal.SIGKILL)
        other.wait(20)

    server.stop()

    assert not is_running(server)


def test_no_parent_folders_mode_changes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    above = [home, *home.parents]
    before = [stat.S_IMODE(folder.stat().st_mode) for folder in above]

    server = embedded.start(home / "instance" / "postgres", fast=True)
    server.stop()

    assert [stat.S_IMODE(folder.stat().st_mode) for folder in above] == before
    if os.geteuid() == 0:
        assert not server.folder.is_relative_to(home)


def test_folder_with_a_very_long_name_works(tmp_path: Path) -> None:
    server = embedded.start(tmp_path / ("long" * 30) / "postgres", fast=True)

    assert ask(server.url("portal_app"), "SELECT 1") == 1

    server.stop()
