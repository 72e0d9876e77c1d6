"""What the pages of the evaluation share: the blueprint, page numbers, and errors beside their field."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.core.errors import Invalid

blueprint = Blueprint("evaluations", __name__)


def beside(form: Any, error: Invalid) -> None:
    """Show a domain error beside the field it is about, or raise it again if the form has none."""
    if error.field is None or error.field not in form:
        raise error
    form[error.field].errors = [error.message]


def seen(form: Any) -> int | None:
    """The version the form was filled in against."""
    text = str(form.version.data or "")
    return int(text) if text.isdigit() else None
