"""An application with the core alone, to which each test adds the pages it needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint

from portal.accounts.queries import find_active_person
from portal.core import access, session, ui, web
from tests.support.client import PortalClient
from tests.support.database import settings_for

IDLE_SECONDS = 1800


@pytest.fixture
def core_app(tmp_path: Path) -> web.PortalFlask:
    """As `create_app` builds it, without the features and their frame around the page."""
    app = web.PortalFlask("portal", template_folder="../templates", static_folder="../static")
    app.config.update(
        SECRET_KEY="a key that only tests use, and long enough",
        SETTINGS=settings_for(tmp_path, "postgresql://nowhere/none"),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=1024 * 1024,
    )
    access.csrf.init_app(app)
    session.init_app(app, find_person=find_active_person, idle_seconds=IDLE_SECONDS)
    web.init_app(app)
    ui.init_app(app)
    accounts = Blueprint("accounts", __name__)
    accounts.add_url_rule("/sign-in", "sign_in", access.public(lambda: "sign in"))
    app.register_blueprint(accounts)
    app.test_client_class = PortalClient
    return app


@pytest.fixture
def client(core_app: web.PortalFlask) -> PortalClient:
    """A browser for `core_app`."""
    made: PortalClient = core_app.test_client()
    return made


@pytest.fixture
def add_page(core_app: web.PortalFlask) -> Callable[..., None]:
    """`add_page("/path", view, methods=[…])`; the view carries its own access rule."""

    def add(path: str, view: Callable[..., Any], methods: tuple[str, ...] = ("GET", "POST")) -> None:
        core_app.add_url_rule(path, path.strip("/").split("/")[0], view, methods=list(methods))

    return add
