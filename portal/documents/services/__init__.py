"""What can be done with a file: take it in, scan it, picture it, hand it out, clear away what never counted."""

from portal.documents.services.inspection import TAKEN, inspect
from portal.documents.services.picturing import (
    find_to_picture,
    keep_pictures,
    mark_pictured,
    open_picture,
    picture_name,
)
from portal.documents.services.receiving import (
    MOST_BYTES,
    NoRoom,
    discard,
    pieces,
    receive_document,
    tidy_name,
)
from portal.documents.services.scanning import (
    list_left_waiting,
    mark_scanned,
    open_content,
    quarantine,
    retry_scan,
    start_scan,
    sweep_unused,
)

__all__ = [
    "MOST_BYTES",
    "TAKEN",
    "NoRoom",
    "discard",
    "find_to_picture",
    "inspect",
    "keep_pictures",
    "list_left_waiting",
    "mark_pictured",
    "mark_scanned",
    "open_content",
    "open_picture",
    "picture_name",
    "pieces",
    "quarantine",
    "receive_document",
    "retry_scan",
    "start_scan",
    "sweep_unused",
    "tidy_name",
]
