"""Beginning again: everything goes, and the story comes back. Only where it is a demonstration."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.db import Base, session, transaction
from portal.demo import services
from portal.demo.services.emptying import empty_portal
from tests.demo.conftest import Loaded, point_at
from tests.support.database import Databases


@pytest.mark.commits
def test_a_load_that_was_broken_off_is_begun_again_and_restores_the_story(loaded: Loaded) -> None:
    before = _rows()
    files = set(loaded.files.files)
    with transaction():
        session.add(Person(email="visitor@visitors.example", full_name="A Visitor"))
        clock.travel(timedelta(days=-40))
    assert services.load_if_empty(loaded.owner_url) is True
    assert _rows() == before
    with transaction():
        assert clock.offset() == timedelta(0)
        assert audit.verify().first_broken is None
        assert session.scalars(sa.select(Person).where(Person.full_name == "A Visitor")).first() is None
    assert len(loaded.files.files) == len(files)
    assert not files & set(loaded.files.files)


@pytest.mark.commits
def test_emptying_leaves_nothing_but_the_start_of_the_chain(databases: Databases, worker_name: str) -> None:
    name = databases.clone(f"emptied_{worker_name}")
    engine = sa.create_engine(databases.url("portal_worker", name), poolclass=sa.NullPool)
    point_at(engine)
    with transaction():
        person = Person(email="visitor@visitors.example", full_name="A Visitor")
        session.add(person)
        session.flush()
        audit.record("person.made", person, by=None)
    empty_portal(databases.url("portal_owner", name))
    assert {table for table, number in _rows().items() if number} == {
        "audit_head",
        "catalogue",
        "clock_offset",
    }
    with transaction():
        assert audit.verify() == audit.Verification(0, None)
    session.remove()
    databases.drop(name)


@pytest.mark.parametrize("name", ["load", "reset"])
def test_commands_refuse_where_it_is_no_demonstration(app: Any, name: str) -> None:
    result = app.test_cli_runner().invoke(args=["demo", name])
    assert result.exit_code != 0
    assert "holds no demonstration" in result.output


def _rows() -> dict[str, int]:
    with transaction():
        return {
            table.name: int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for table in Base.metadata.sorted_tables
        }
