"""One price saved by itself: said beside it, never over a colleague's, and asked about when it is unusual."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.core.db import session
from tests.applications.conftest import Desk, make_desk
from tests.applications.test_words import HOSTILE
from tests.factories import accounts
from tests.support.acting import acting_as, travel


def cell_of(desk: Desk, number: int = 0) -> Any:
    acting_as(desk.writer)
    return queries.get_schedule(desk.application).cells[number]


def send(client: Any, desk: Desk, cell: Any, fee: str, seen: str = "", **more: str) -> Any:
    """What the page sends for one price."""
    return client.post(
        f"{desk.address}/prices/cells/{cell.id}",
        data={services.price_field(cell.id): fee, f"seen-{cell.id}": seen, **more},
        headers={"HX-Request": "true"},
    )


def fees(desk: Desk) -> dict[int, Decimal | None]:
    acting_as(desk.writer)
    session.rollback()
    return queries.get_schedule(desk.application).fees


@pytest.fixture
def at(client: Any, desk: Desk) -> Desk:
    client.sign_in(desk.writer)
    return desk


def test_it_says_saved_and_gives_the_mark_to_go_on_with(client: Any, at: Desk) -> None:
    cell = cell_of(at)
    first = send(client, at, cell, "£812.5")
    text = first.get_data(as_text=True)
    assert first.status_code == 200
    assert re.search(r"Saved at \d", text)
    assert "<html" not in text
    assert 'data-seen="812.50"' in text
    assert send(client, at, cell, "", "812.50", **{f"none-{cell.id}": "y"}).status_code == 200
    assert fees(at) == {cell.id: None}
    assert send(client, at, cell, "", "not offered").status_code == 200
    assert fees(at) == {}


def test_a_colleagues_price_is_never_overwritten_and_both_are_shown(client: Any, at: Desk) -> None:
    cell = cell_of(at)
    colleague = accounts.person(
        Role.BID_WRITER, organisation=at.application.organisation, full_name="Wilf Penhale"
    )
    acting_as(colleague)
    services.save_prices(at.application, {cell.id: Decimal(700)}, by=colleague)
    session.commit()
    answer = send(client, at, cell, "800")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Wilf Penhale saved <strong>£700.00</strong>" in text
    assert 'data-save-state="conflict"' in text
    assert text.count(f'name="keep-{cell.id}"') == 2
    assert fees(at) == {cell.id: Decimal(700)}
    assert "by Wilf Penhale" in client.get(f"{at.address}/prices/{cell.cell.type_code}").get_data(
        as_text=True
    )


def test_an_unusual_fee_is_saved_and_asked_about(client: Any, at: Desk) -> None:
    cell = cell_of(at)
    assert "Is £81.25 a week right?" in send(client, at, cell, "81.25").get_data(as_text=True)
    assert fees(at) == {cell.id: Decimal("81.25")}


@pytest.mark.parametrize("fee", ["eight hundred", "0", "812.555"])
def test_rule_08_what_is_no_fee_is_told_and_not_saved(client: Any, at: Desk, fee: str) -> None:
    answer = send(client, at, cell_of(at), fee)
    assert answer.status_code == 422
    assert "Not saved." in answer.get_data(as_text=True)
    assert fees(at) == {}


def test_rule_02_after_the_deadline_no_price_saves_itself(client: Any, at: Desk) -> None:
    cell = cell_of(at)
    travel(timedelta(days=30))
    answer = send(client, at, cell, "800")
    assert answer.status_code == 409
    assert "The deadline has passed" in answer.get_data(as_text=True)
    assert fees(at) == {}


def test_rule_09_another_providers_price_is_not_found(client: Any, desk: Desk) -> None:
    address = f"{desk.address}/prices/cells/{cell_of(desk).id}"
    client.sign_in(make_desk().writer)
    assert client.post(address).status_code == 404


def test_a_cell_that_the_round_does_not_ask_for_is_not_found(client: Any, at: Desk) -> None:
    answer = client.post(f"{at.address}/prices/cells/999999", data={"fee-999999": "800"})
    assert answer.status_code == 404


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_typed_into_a_price_is_refused_in_words_and_shown_again(
    client: Any, at: Desk, text: str
) -> None:
    cell = cell_of(at)
    assert send(client, at, cell, text).status_code in {200, 422}
    page = client.post(
        f"{at.address}/prices/{cell.cell.type_code}", data={services.price_field(cell.id): text}
    )
    assert page.status_code in {200, 303, 422}
    assert fees(at) == {}
