"""Pages of applications: `drafting`, `prices` and `submitting` for providers, `opening` for the councils."""

from flask import Blueprint

blueprint = Blueprint("applications", __name__)

from portal.applications.views import drafting, opening, prices, submitting  # noqa: E402

__all__ = ["blueprint", "drafting", "opening", "prices", "submitting"]
