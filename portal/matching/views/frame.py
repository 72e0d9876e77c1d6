"""What the pages of matching share: the blueprint, and what is read of a form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import beside
from portal.matching.forms import NeedsForm, arguments
from portal.matching.models import Search
from portal.matching.needs import Needs

blueprint = Blueprint("matching", __name__)


def asked_needs() -> Needs | None:
    """The needs that the address holds, or None where it holds none or wrong ones."""
    if "age" not in request.args:
        return None
    form = NeedsForm(request.args)
    return form.needs() if form.validate() else None


def sent_back(form: Any, error: Invalid) -> None:
    """Show a rule's answer beside its field, or in the summary where the form has no such field."""
    if error.field in form:
        beside(form, error)
        return
    session.rollback()
    form.form_errors = [*form.form_errors, error.message]


def search_address(needs: Needs, **more: Any) -> str:
    """The address of a search, to be shared."""
    return url_for("matching.search", **arguments(needs), **more)


def show_search(search: Search) -> str:
    return url_for("matching.saved_search", search_id=search.id)
