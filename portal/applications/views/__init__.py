"""Pages of applications: the councils’ in `opening`, `previewing` and `trying`, the provider’s in all the others."""

from flask import Blueprint

blueprint = Blueprint("applications", __name__)

from portal.applications.views import (  # noqa: E402
    answering,
    clarifying,
    colleagues,
    describing,
    drafting,
    earlier,
    exporting,
    files,
    opening,
    previewing,
    prices,
    receipts,
    registers,
    submitting,
    trying,
)

__all__ = [
    "answering",
    "blueprint",
    "clarifying",
    "colleagues",
    "describing",
    "drafting",
    "earlier",
    "exporting",
    "files",
    "opening",
    "previewing",
    "prices",
    "receipts",
    "registers",
    "submitting",
    "trying",
]
