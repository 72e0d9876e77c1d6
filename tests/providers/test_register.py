"""Loading Ofsted's register into the database, and finding an agency in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal import commands
from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import NotAllowed, Refused
from portal.providers import queries, services
from portal.providers.models import OfstedAgency, RegisterImport
from tests.factories.accounts import person
from tests.factories.providers import agency, organisation, register_import
from tests.providers.test_ofsted_file import GOOD, TITLES, UNINSPECTED, file


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes a file of Ofsted's and gives its path."""

    def write(*rows: str, titles: str = TITLES, name: str = "ofsted.csv") -> Path:
        path = tmp_path / name
        path.write_text(file(*rows, titles=titles), encoding="utf-8-sig")
        return path

    return write


def agencies() -> dict[str, OfstedAgency]:
    return {found.urn: found for found in session.scalars(sa.select(OfstedAgency))}


def test_the_shipped_register_is_loaded_once() -> None:
    assert services.load_shipped_register() is not None
    assert services.load_shipped_register() is None
    assert queries.count_agencies() == 339


def test_a_newer_file_updates_and_keeps_who_is_absent(written: Any) -> None:
    services.import_register(written(GOOD, UNINSPECTED))
    newer = GOOD.replace("Good,Good,Outstanding", "Outstanding,Good,Good")
    made = services.import_register(written(newer, titles=TITLES.replace("2025", "2026")))
    found = agencies()
    assert set(found) == {"9800001", "SC980002"}
    assert found["9800001"].overall_grade == "Outstanding"
    assert found["9800001"].import_.as_at.year == 2026
    assert found["SC980002"].import_.as_at.year == 2025
    assert (made.agencies, len(made.sha256)) == (1, 64)


def test_the_same_file_twice_says_so(written: Any) -> None:
    path = written(GOOD)
    services.import_register(path)
    with pytest.raises(Refused, match=r"was loaded before, as ofsted\.csv with 1 agencies"):
        services.import_register(path)


def test_an_older_file_is_refused(written: Any) -> None:
    services.import_register(written(GOOD))
    with pytest.raises(Refused, match="as at 31/03/2024, but the register is as at 31/03/2025 already"):
        services.import_register(written(GOOD, titles=TITLES.replace("2025", "2024")))


def test_a_bad_file_changes_nothing(written: Any) -> None:
    services.import_register(written(GOOD))
    bad = written(GOOD.replace("Active", "Closed"), GOOD[:40], titles=TITLES.replace("2025", "2026"))
    with pytest.raises(services.BadRegisterFile):
        services.import_register(bad)
    assert agencies()["9800001"].registration_status == "Active"
    assert session.scalar(sa.select(sa.func.count()).select_from(RegisterImport)) == 1


def test_fictional_agencies_stay_beside_the_real(written: Any) -> None:
    fictional = agency(name="Larkspur Fostering")
    services.import_register(written(GOOD))
    assert agencies()[fictional.urn].is_fictional
    assert not agencies()["9800001"].is_fictional


def test_a_provider_cannot_load_the_register(written: Any) -> None:
    with pytest.raises(NotAllowed):
        services.import_register(written(GOOD), by=person(Role.BID_WRITER, organisation=organisation()))


def test_the_command_loads_and_says_why_not(app: Any, written: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "connect_as_worker", lambda: None)
    runner = app.test_cli_runner()
    path = str(written(GOOD))
    assert "Loaded 1 agencies as at 31/03/2025." in runner.invoke(args=["ofsted", "import", path]).output
    again = runner.invoke(args=["ofsted", "import", path])
    assert again.exit_code == 1
    assert "was loaded before" in again.output
    bad = runner.invoke(args=["ofsted", "import", str(written(GOOD[:50], name="cut.csv"))])
    assert bad.exit_code == 1
    assert "Row 5 has 4 columns" in bad.output


def test_search_by_urn_in_any_spelling() -> None:
    made = agency(urn="SC991234")
    assert queries.search_agencies(" sc 991234 ") == [made]
    assert queries.search_agencies("SC991235") == []


def test_search_by_the_start_of_words_of_name_and_town() -> None:
    whitstable = agency(name="Medlar Tree Foster Care", town="Whitstable")
    dover = agency(name="Medlar Tree Foster Care", town="Dover")
    agency(name="Quince Fostering", town="Dover")
    assert {found.urn for found in queries.search_agencies("med tre")} == {whitstable.urn, dover.urn}
    assert queries.search_agencies("medlar dov") == [dover]


@pytest.mark.parametrize("text", ["", "  ", "&|!", "'; drop table person", "a & b:*", "\\", "(((", "O'Neill"])
def test_search_takes_whatever_is_typed(text: str) -> None:
    agency()
    assert queries.search_agencies(text) == []


def test_search_gives_twenty_at_most() -> None:
    for _ in range(25):
        agency(name="Medlar Tree Foster Care")
    assert len(queries.search_agencies("medlar")) == 20


def test_search_uses_its_index() -> None:
    agency()
    session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    asked = sa.func.to_tsquery(sa.text("'simple'::regconfig"), "medlar:*")
    statement = sa.select(OfstedAgency.urn).where(queries.SEARCHED.op("@@")(asked))
    compiled = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(session.execute(sa.text(f"EXPLAIN {compiled}")).scalars())
    assert "ix_ofsted_agency_search" in plan


def test_the_import_that_stands_is_the_newest_of_real_agencies(written: Any) -> None:
    made = services.import_register(written(GOOD))
    later = register_import(as_at=made.as_at + timedelta(days=400), sha256="1" * 64)
    agency(import_id=later.id)
    assert queries.find_newest_import() == made
