"""How Alembic finds the tables and the database: as `portal_owner`, with short lock waits."""

from importlib import import_module
from pkgutil import iter_modules

import sqlalchemy as sa
from alembic import context

import portal
from portal.core.db import Base

for feature in iter_modules(portal.__path__):
    if feature.ispkg:
        for module in iter_modules(import_module(f"portal.{feature.name}").__path__):
            if module.name in {"models", "audit", "catalogue", "clock", "once", "rest"}:
                import_module(f"portal.{feature.name}.{module.name}")


def belongs_to_portal(thing: object, name: str | None, kind: str, *_: object) -> bool:
    """Procrastinate keeps its own tables, created from its own schema."""
    return not (kind == "table" and (name or "").startswith("procrastinate"))


def run() -> None:
    """Migrate on the connection handed over in the configuration, or on the address it names."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    engine = sa.create_engine(context.config.attributes["url"], poolclass=sa.pool.NullPool)
    with engine.begin() as fresh:
        _migrate(fresh)


def _migrate(connection: sa.Connection) -> None:
    # A migration that cannot get its lock soon gives up, rather than stop everybody behind it.
    connection.execute(sa.text("SET lock_timeout = '5s'"))
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=belongs_to_portal,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
