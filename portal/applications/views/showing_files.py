"""What every page that shows an application's files needs to know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.adapters import scanner
from portal.applications import queries
from portal.applications.models import Application
from portal.core import clock
from portal.documents import services as documents
from portal.documents.states import PENDING

ACCEPTED_NAMES = ".pdf,.docx,.xlsx,.odt,.ods,.png,.jpg,.jpeg"
SCANS_TAKE = timedelta(minutes=1)


def about_files(application: Application, *, has_files: bool = True) -> dict[str, Any]:
    """The context of `_files.html` and `_upload.html`, and of a page that may have none of them."""
    return {
        "pending": PENDING,
        "accept": ACCEPTED_NAMES,
        "taken": documents.TAKEN,
        "max_bytes": documents.MOST_BYTES,
        "files_are_scanned": scanner.current().is_real,
        "takes_files": queries.takes_files,
        "history": queries.list_history(application) if has_files else {},
        "today": clock.today(),
        "late_scan": clock.now() - SCANS_TAKE,
    }
