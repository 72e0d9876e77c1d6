"""The run's own PostgreSQL server and the databases cloned from its migrated template."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from portal.config import ROOT, Settings
from portal.core import embedded

TEMPLATE = "portal_template"


def settings_for(folder: Path, url: str) -> Settings:
    """Settings of a test: everything in `folder`, the database at `url`."""
    return Settings.from_environ(
        {
            "PORTAL_MODE": "test",
            "PORTAL_DATA": str(folder),
            "DATABASE_URL": url,
            "SECRET_KEY": "a key that only tests use, and long enough",
        }
    )


def become_web(connection: Any, _: Any) -> None:
    """On each new connection of a superuser: act as the web's role; factories may change it."""
    connection.autocommit = True
    connection.execute("SET ROLE portal_app")
    connection.autocommit = False


@dataclass
class Databases:
    """Makes and drops databases on one server."""

    server: embedded.EmbeddedServer

    @classmethod
    def start(cls, folder: Path) -> Databases:
        folder.mkdir(parents=True, exist_ok=True)
        return cls(embedded.start(folder, fast=True))

    def url(self, role: str, database: str) -> str:
        return self.server.url(role, database)

    def make_template(self) -> None:
        """The migrated database that all others are copied from; made once a run."""
        if self._exists(TEMPLATE):
            return
        self._run(f"CREATE DATABASE {TEMPLATE}_new OWNER portal_owner")
        migrate(self.url("portal_owner", f"{TEMPLATE}_new"))
        self._run(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")

    def clone(self, name: str) -> str:
        """A fresh copy of the template, replacing any of that name."""
        self.drop(name)
        self._run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER portal_owner")
        return name

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        self.server.stop()

    def _exists(self, name: str) -> bool:
        with self._maintenance().connect() as connection:
            found = connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": name})
            return found.scalar() is not None

    def _run(self, statement: str) -> None:
        with self._maintenance().connect() as connection:
            connection.execute(sa.text(statement))

    def _maintenance(self) -> sa.Engine:
        return sa.create_engine(
            self.url("postgres", "postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest migration."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
