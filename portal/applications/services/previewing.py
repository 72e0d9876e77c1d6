"""The record of somebody at the councils looking at the pages of a submitted file."""

from __future__ import annotations

from datetime import timedelta

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import Application
from portal.applications.services.opening import record_access
from portal.core import clock
from portal.documents.models import Document

ONE_READING = timedelta(hours=1)


def record_preview(application: Application, person: Person, document: Document) -> None:
    """Put the reading on record before a page is shown: once an hour, though each page is fetched by itself."""
    what = f"preview {document.id}"
    if not queries.has_read(application, person, what, since=clock.now() - ONE_READING):
        record_access(application, person, what)
