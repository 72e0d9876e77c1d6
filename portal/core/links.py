"""Addresses of pages as they stand in emails and letters: complete, and checked against the endpoints."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for


def link(endpoint: str, **values: Any) -> str:
    """The whole address of a page, also where no request is being answered."""
    with current_app.test_request_context():
        path = url_for(endpoint, **values)
    return whole(path)


def whole(path: str) -> str:
    """The whole address of a path of the portal."""
    return str(current_app.config["BASE_URL"]).rstrip("/") + path
