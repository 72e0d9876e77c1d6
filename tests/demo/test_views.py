"""The page that says who a visitor can be."""

from __future__ import annotations

from typing import Any

import pytest

from portal.demo import services
from tests.support.client import PortalClient


@pytest.fixture
def in_demonstration(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "DEMONSTRATION", True)
    monkeypatch.setitem(app.jinja_env.globals, "demonstration_accounts", services.tour())
    monkeypatch.setitem(app.jinja_env.globals, "demonstration_password", services.PASSWORD)


@pytest.mark.usefixtures("in_demonstration")
def test_lists_everybody_with_a_button_that_signs_in(client: PortalClient) -> None:
    text = client.get("/demonstration").get_data(as_text=True)
    for email, _ in services.accounts():
        assert f'value="{email}"' in text
    assert services.PASSWORD in text


def test_is_not_there_in_any_other_mode(client: PortalClient, app: Any) -> None:
    assert client.get("/demonstration").status_code == 404
    assert "demonstration_accounts" not in app.jinja_env.globals


def test_sign_in_page_says_nothing_of_it_in_any_other_mode(client: PortalClient) -> None:
    assert services.PASSWORD not in client.get("/sign-in").get_data(as_text=True)
