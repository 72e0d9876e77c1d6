"""What the pages of this feature share: their blueprint, and how forms answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from portal.core.db import session
from portal.core.errors import Invalid

blueprint = Blueprint("frameworks", __name__)


def seen(form: Any) -> int | None:
    """The version that the form was filled in against."""
    text = form.version.data or ""
    return int(text) if str(text).isdigit() else None


def seen_version() -> int | None:
    """The same, of a form that is no more than its fields."""
    return request.form.get("version", type=int)


def status(form: Any) -> int:
    return 422 if form.errors else 200


def beside(form: Any, error: Invalid) -> None:
    """Show a rule's answer beside the field it speaks of; nothing of the attempt is kept."""
    session.rollback()
    name = (error.field or "").replace("_deadline", "_date")
    if name not in form:
        raise error
    form[name].errors = [*form[name].errors, error.message]
