"""What can be done with a file: take it in, scan it, hand it out, and clear away what never counted."""

from portal.documents.services.inspection import TAKEN, inspect
from portal.documents.services.receiving import MOST_BYTES, discard, pieces, receive_document
from portal.documents.services.scanning import (
    mark_scanned,
    open_content,
    retry_scan,
    start_scan,
    sweep_unused,
)

__all__ = [
    "MOST_BYTES",
    "TAKEN",
    "discard",
    "inspect",
    "mark_scanned",
    "open_content",
    "pieces",
    "receive_document",
    "retry_scan",
    "start_scan",
    "sweep_unused",
]
