"""One real PostgreSQL for the run, a cloned database for each worker, a rolled-back transaction for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fasteners
import hypothesis
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from portal.adapters import mail, storage
from portal.core import db
from portal.factory import create_app
from tests.support import browser as chromium
from tests.support import clamd
from tests.support.client import PortalClient
from tests.support.database import Databases, become_web, settings_for

# How long an example takes says how busy the machine is. All else is as Hypothesis would have it, here or in CI.
hypothesis.settings.register_profile(
    "portal",
    hypothesis.settings.default,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("portal")

# Folders whose tests share something that takes long to make: the loaded story, a browser.
ONE_WORKER_EACH = frozenset({"demo", "journeys"})

# Tests that need a program of the machine, by their marker.
PROGRAMS = {"journey": chromium, "clamd": clamd}
LEFT_OUT = pytest.StashKey[set[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep together what shares something dear; leave out what lacks its program, and say so loudly."""
    for item in items:
        folder = item.path.parent.name
        if folder in ONE_WORKER_EACH:
            item.add_marker(pytest.mark.xdist_group(folder))
    for marker, program in PROGRAMS.items():
        if program.find() is None and not program.is_required():
            _leave_out(config, items, marker)


def _leave_out(config: pytest.Config, items: list[pytest.Item], marker: str) -> None:
    left_out = [item for item in items if item.get_closest_marker(marker)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    if left_out:
        config.stash.setdefault(LEFT_OUT, set()).add(marker)


def pytest_unconfigure(config: pytest.Config) -> None:
    for marker in sorted(config.stash.get(LEFT_OUT, set())):
        print(f"\n{PROGRAMS[marker].MISSING}")


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """Which of the run's workers this is; also when there is but one."""
    return str(getattr(request.config, "workerinput", {"workerid": "master"})["workerid"])


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[Databases]:
    """The server of this run, shared by all workers, with a migrated template to clone."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_name == "master" else base.parent
    # Not below pytest's own folder: it is shut to other users, and as root the server runs as another.
    folder = Path(tempfile.gettempdir()) / f"portal-tests-{shared.name}"
    with fasteners.InterProcessLock(shared / "postgres.lock"):
        found = Databases.start(folder)
        found.make_template()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def engine(databases: Databases, worker_name: str) -> Iterator[sa.Engine]:
    """Connections to this worker's own database, as the web's role; factories may change the role."""
    name = databases.clone(f"test_{worker_name}")
    made = sa.create_engine(databases.url("postgres", name), poolclass=sa.pool.NullPool)
    event.listen(made, "connect", become_web)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def app(databases: Databases, engine: sa.Engine, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The application, as `create_app` builds it."""
    files: Path = tmp_path_factory.mktemp("files")
    made = create_app(settings_for(files, engine.url.render_as_string(hide_password=False)))
    made.testing = True
    made.test_client_class = PortalClient
    return made


@pytest.fixture(autouse=True)
def session(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The portal's session inside one outer transaction, rolled back after the test.

    Tests marked `commits` get real commits instead, in a clone of their own (`committing`).
    """
    if request.node.get_closest_marker("commits") or request.node.get_closest_marker("journey"):
        yield None
        return
    engine: sa.Engine = request.getfixturevalue("engine")
    app = request.getfixturevalue("app")
    with engine.connect() as connection, app.app_context():
        outer = connection.begin()
        db.act_as(None)
        db.session.remove()
        db.session.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield db.session
        db.session.remove()
        outer.rollback()


@pytest.fixture
def committing(
    databases: Databases, app: Any, worker_name: str, request: pytest.FixtureRequest
) -> Iterator[Any]:
    """A database of its own for a test of concurrency, deadlines, deferred constraints or workers."""
    name = databases.clone(f"own_{worker_name}")
    own = sa.create_engine(databases.url("postgres", name))
    event.listen(own, "connect", become_web)
    db.session.remove()
    db.act_as(None)
    db.session.configure(bind=own, join_transaction_mode="conditional_savepoint")
    with app.app_context():
        yield own
    db.session.remove()
    own.dispose()
    databases.drop(name)


@pytest.fixture(autouse=True)
def outbox() -> mail.MemoryMailer:
    """What was handed to the mail server."""
    mailer = mail.MemoryMailer()
    mail.use(mailer)
    return mailer


@pytest.fixture(autouse=True)
def files() -> storage.MemoryStorage:
    """Stored content, by name."""
    memory = storage.MemoryStorage()
    storage.use(memory)
    return memory


@pytest.fixture
def client(app: Any) -> PortalClient:
    """A browser without JavaScript whose every answer must be well-formed HTML."""
    made: PortalClient = app.test_client()
    return made


@dataclass
class Counted:
    """The statements run while counting."""

    statements: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.statements)


@pytest.fixture
def count_queries(engine: sa.Engine) -> Any:
    """`with count_queries() as counted:` counts the statements a page costs, but for savepoints and roles."""

    @contextmanager
    def counting() -> Iterator[Counted]:
        counted = Counted()

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")):
                counted.statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield counted
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
