"""`python -m tests.bench SUITE` (see `SUITES`): measures, prints a table, writes the data folder's `bench.json`."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

import sqlalchemy as sa

from portal.config import Settings, from_environment
from portal.core import db, embedded
from portal.demo import services as demonstration
from portal.factory import create_app
from tests.bench import filling, importing, pages, rush, search, typist, yardstick
from tests.support.database import migrate
from tests.support.live import free_port

DATABASE = "bench"
SEARCH_DATABASE = "bench_search"


def main(suite: str) -> int:
    """Make the database once, measure, report."""
    if suite not in SUITES:
        print(f"There is no suite {suite!r}; there are: {', '.join(SUITES)}.", file=sys.stderr)
        return 2
    settings = from_environment()
    server = embedded.start(settings.embedded_dir)
    try:
        report = {suite: SUITES[suite](settings, server)}
    finally:
        server.stop()
    target = settings.data_dir / "bench.json"
    known = json.loads(target.read_text()) if target.exists() else {}
    target.write_text(json.dumps(known | report, indent=1))
    print(f"\nWritten to {target.name} in the data folder.")
    return 0


def _measure_pages(settings: Settings, server: embedded.EmbeddedServer) -> dict[str, Any]:
    urls = {role: server.url(role, DATABASE) for role in (*embedded.ROLES, "postgres")}
    app = create_app(_on(settings, urls))
    with app.app_context():
        _prepare(server, urls)
    db.connect(urls["portal_app"])
    owner = sa.create_engine(urls["postgres"], poolclass=sa.pool.NullPool)
    return pages.run(app, owner, urls, free_port())


def _measure_rush(settings: Settings, server: embedded.EmbeddedServer) -> dict[str, Any]:
    return rush.run(server, settings.data_dir / "rush")


def _measure_typist(settings: Settings, server: embedded.EmbeddedServer) -> dict[str, Any]:
    return typist.run(server, settings.data_dir / "typist")


def _measure_search(settings: Settings, server: embedded.EmbeddedServer) -> dict[str, Any]:
    """A database for each size, made once and kept."""
    urls = {}
    for size in search.SIZES:
        database = f"{SEARCH_DATABASE}_{size}"
        urls[size] = {role: server.url(role, database) for role in (*embedded.ROLES, "postgres")}
        app = create_app(_on(settings, urls[size]))
        with app.app_context():
            _load_demonstration(server, urls[size], database)
        search.grow(urls[size]["postgres"], size)
    with app.app_context():
        return search.run({size: of["portal_app"] for size, of in urls.items()})


def _measure_import(settings: Settings, server: embedded.EmbeddedServer) -> dict[str, Any]:
    urls = {role: server.url(role, DATABASE) for role in (*embedded.ROLES, "postgres")}
    app = create_app(_on(settings, urls))
    with app.app_context():
        _load_demonstration(server, urls, DATABASE)
        return importing.run()


SUITES = {
    "import": _measure_import,
    "search": _measure_search,
    "pages": _measure_pages,
    "rush": _measure_rush,
    "typist": _measure_typist,
}


def _on(settings: Settings, urls: dict[str, str]) -> Settings:
    return dataclasses.replace(
        settings,
        database_url=urls["portal_app"],
        worker_database_url=urls["portal_worker"],
        migration_database_url=urls["portal_owner"],
    )


def _prepare(server: embedded.EmbeddedServer, urls: dict[str, str]) -> None:
    """Make, migrate and fill the bench's own database, where it is missing."""
    _load_demonstration(server, urls, DATABASE)
    filling.fill(urls["postgres"])
    yardstick.fill(urls["postgres"])


def _load_demonstration(server: embedded.EmbeddedServer, urls: dict[str, str], database: str) -> None:
    maintenance = sa.create_engine(
        server.url("postgres", "postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with maintenance.connect() as connection:
        known = connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": database})
        if known.scalar() is None:
            connection.execute(sa.text(f"CREATE DATABASE {database} OWNER portal_owner"))
    migrate(urls["portal_owner"])
    db.connect(urls["portal_worker"])
    demonstration.load_if_empty(urls["portal_owner"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "pages"))
