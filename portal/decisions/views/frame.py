"""What the pages of the decision share: their blueprint, and how forms answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, request
from flask.blueprints import Blueprint
from wtforms import DateField

from portal.core.db import session
from portal.core.downloads import attachment
from portal.core.errors import Invalid

blueprint = Blueprint("decisions", __name__)


def seen_version() -> int | None:
    """The version that the form was filled in against."""
    return request.form.get("version", type=int)


def status(form: Any) -> int:
    return 422 if form.errors else 200


def beside(form: Any, error: Invalid) -> None:
    """Show a rule's answer beside the field it speaks of; nothing of the attempt is kept."""
    session.rollback()
    if error.field not in form:
        raise error
    form[error.field].errors = [*form[error.field].errors, error.message]


def day(field: DateField) -> date:
    """The date of a field whose form was found complete."""
    assert field.data is not None, "asked only once the form is valid"
    return field.data


def pdf(content: bytes, name: str) -> Response:
    """A PDF to keep."""
    return attachment([content], name=name, media_type="application/pdf", size=len(content))
