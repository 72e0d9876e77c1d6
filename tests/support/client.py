"""A test client that signs in, carries the form token, and refuses malformed HTML."""

from __future__ import annotations

from typing import Any

import html5lib
from flask import g
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from portal.core import session as portal_session

RAW_TOKEN = "0" * 40


class PortalClient(FlaskClient):
    """`sign_in(person)`, then `get` and `post`; posts carry the CSRF token unless `csrf=False`."""

    def sign_in(self, person: Any) -> None:
        """Sign in without the form, which has tests of its own."""
        with self.session_transaction() as cookie:
            cookie.clear()
            cookie["_user_id"] = str(person.id)
            cookie["_fresh"] = True
            cookie["auth_version"] = person.auth_version
            cookie["seen"] = int(portal_session.wall_clock())

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:  # type: ignore[override]
        if csrf and kwargs.get("method") == "POST" and not kwargs.get("json"):
            kwargs["data"] = {**(kwargs.get("data") or {}), "csrf_token": self._token()}
        _forget_earlier_request()
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.data:
            check_html(response.get_data(as_text=True))
        return response

    def _token(self) -> str:
        with self.session_transaction() as cookie:
            cookie["csrf_token"] = RAW_TOKEN
        secret = self.application.secret_key
        return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(RAW_TOKEN))


def _forget_earlier_request() -> None:
    """A test's requests share its application context, where Flask-Login would keep the first person."""
    for name in list(g or ()):
        g.pop(name)


def check_html(text: str) -> None:
    """Parse strictly: a whole page, a lone table row inside `tbody`, any other fragment inside `div`."""
    parser = html5lib.HTMLParser(strict=True)
    start = text.lstrip()[:9].lower()
    if start.startswith("<!doctype"):
        parser.parse(text)
    else:
        parser.parseFragment(text.strip(), container="tbody" if start.startswith("<tr") else "div")
