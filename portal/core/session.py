"""The signed-in session, kept in a signed cookie: who, since which sign-out-everywhere, and last active when.

It ends when idle, when the password changes and by "sign out everywhere" (both raise the person's
`auth_version`). Finding the person is the accounts feature's; it hands in how.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user

from portal.core.db import act_as
from portal.core.rest.place import is_machine

# Requests that a page makes by itself do not count as somebody being there.
BACKGROUND_HEADER = "X-Background"

wall_clock = time.time


def init_app(app: Flask, *, find_person: Callable[[UUID], Any], idle_seconds: int) -> None:
    """Install the session. `find_person` returns the person with that id who may still sign in, or None."""
    app.config.update(
        SESSION_COOKIE_NAME="portal_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        IDLE_SECONDS=idle_seconds,
    )
    login = LoginManager(app)
    login.session_protection = None
    login.user_loader(lambda person_id: _load(person_id, find_person))
    login.unauthorized_handler(ask_to_sign_in)
    app.before_request(_whose_request)


def begin(person: Any) -> None:
    """Sign `person` in here. The old session's content is dropped, so that nobody can plant one.

    The rest of this request, and what it commits, stays the stranger's: the next one is the person's.
    """
    session.clear()
    login_user(person)
    session["auth_version"] = person.auth_version
    session["seen"] = int(wall_clock())


def end() -> None:
    """Sign out here. What this request wrote is still committed as the person's."""
    session.clear()  # first: signing out asks who was signed in, and would load the person again
    logout_user()


def ask_to_sign_in() -> ResponseReturnValue:
    """Send whoever is not signed in to the sign-in page, and back afterwards."""
    back_to = request.full_path.rstrip("?") if request.method == "GET" else ""
    if request.headers.get("HX-Request"):
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("accounts.sign_in")
        return response
    return redirect(url_for("accounts.sign_in", next=back_to or None), 303)


def _whose_request() -> None:
    if is_machine():
        act_as(None)  # until its key is admitted; the API takes no cookie
        return
    person_id = session.get("_user_id")
    if person_id is not None and _idle_too_long():
        end()
        flash("You were signed out because nothing happened for a while.", "notice")
        person_id = None
    act_as(UUID(person_id) if person_id is not None else None)
    if person_id is not None and request.endpoint != "static":
        # Now, before anything is written: a session that has ended makes this a stranger's request.
        current_user.is_authenticated  # noqa: B018 - looking is what loads the person


def _idle_too_long() -> bool:
    now = int(wall_clock())
    if now - session.get("seen", 0) > current_app.config["IDLE_SECONDS"]:
        return True
    if BACKGROUND_HEADER not in request.headers and request.endpoint != "static":
        session["seen"] = now
    return False


def _load(person_id: str, find_person: Callable[[UUID], Any]) -> Any:
    person = find_person(UUID(person_id))
    if person is None or person.auth_version != session.get("auth_version"):
        session.clear()
        act_as(None)
        return None
    return person
