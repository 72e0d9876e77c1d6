"""The story, loaded once for all tests of the demonstration, into a database of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from portal.adapters import mail, storage
from portal.core import db
from portal.demo import services
from tests.support.database import Databases


@dataclass
class Loaded:
    """The loaded database: the worker's connections, the owner's address, stored files, how long it took."""

    engine: sa.Engine
    owner_url: str
    files: storage.MemoryStorage
    seconds: float


@pytest.fixture(scope="session")
def story(databases: Databases, app: Any, worker_name: str) -> Iterator[Loaded]:
    """Loads as `flask demo load` does: as the worker's role, with mail kept and files stored."""
    name = databases.clone(f"demo_{worker_name}")
    engine = sa.create_engine(databases.url("portal_worker", name))
    files = storage.MemoryStorage()
    mail.use(mail.KeptMailer())
    storage.use(files)
    point_at(engine)
    with app.app_context():
        begun = time.monotonic()
        services.load()
        seconds = time.monotonic() - begun
    yield Loaded(engine, databases.url("portal_owner", name), files, seconds)
    db.session.remove()
    engine.dispose()
    databases.drop(name)


@pytest.fixture
def loaded(story: Loaded, app: Any) -> Iterator[Loaded]:
    """The loaded story, for a test that reads it as the worker's role."""
    storage.use(story.files)
    mail.use(mail.KeptMailer())
    point_at(story.engine)
    with app.app_context():
        yield story
    db.session.remove()


def point_at(engine: sa.Engine) -> None:
    """Have this process's session work in that database."""
    db.act_as(None)
    db.session.remove()
    db.session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
