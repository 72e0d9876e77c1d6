"""What the pages of the decision share: their blueprint, and how forms answer."""

from __future__ import annotations

from datetime import date

from flask import Response
from flask.blueprints import Blueprint
from wtforms import DateField

from portal.core.downloads import attachment

blueprint = Blueprint("decisions", __name__)


def day(field: DateField) -> date:
    """The date of a field whose form was found complete."""
    assert field.data is not None, "asked only once the form is valid"
    return field.data


def pdf(content: bytes, name: str) -> Response:
    """A PDF to keep."""
    return attachment([content], name=name, media_type="application/pdf", size=len(content))
