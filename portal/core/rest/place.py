"""Where the endpoints for machines stand. Nothing else, so that any part of the edge may ask."""

from __future__ import annotations

from flask import request

ROOT = "/api/v1"


def is_machine() -> bool:
    """Is this a request to the API? Cookies and form tokens mean nothing there, and errors are problems."""
    return request.path == ROOT or request.path.startswith(f"{ROOT}/")
