"""What happens to files after upload: scanning, page pictures, quarantine, and clearing away what never counted."""

from __future__ import annotations

import logging
import uuid

from portal.adapters import pages, scanner, storage
from portal.adapters.scanner import Scanned, ScannerAway, ScanResult
from portal.core.db import session, transaction
from portal.core.jobs import job
from portal.documents import services
from portal.documents.models import Document

log = logging.getLogger(__name__)


@job("documents.scan")
def scan(document_id: str) -> None:
    """Scan one file. While the scanner is away the job fails and is tried again; the file stays in scanning."""
    with transaction():
        document = services.start_scan(uuid.UUID(document_id))
        stored_name = document.stored_name if document is not None else None
    if stored_name is None:
        return
    # The scan may take long: no transaction is open meanwhile.
    found = _judge(stored_name)
    with transaction():
        scanned = session.get(Document, uuid.UUID(document_id))
        if scanned is not None:
            services.mark_scanned(scanned, found)


@job("documents.scan_left", cron="*/2 * * * *")
def scan_left() -> None:
    """Scan what still waits after its own job gave up, for as long as the scanner answers."""
    with transaction():
        left = services.list_left_waiting()
    for document_id in left:
        try:
            scan(str(document_id))
        except ScannerAway as away:
            log.warning("%s files wait for the scanner, which is away: %s", len(left), away)
            return


@job("documents.picture")
def picture(document_id: str) -> None:
    """Make the pictures of a clean file's first pages."""
    with transaction():
        document = services.find_to_picture(uuid.UUID(document_id))
        found = (document.stored_name, document.kind) if document is not None else None
    if found is None:
        return
    stored_name, kind = found
    with pages.drawn(storage.current().read(stored_name), kind) as drawn:
        services.keep_pictures(stored_name, drawn.pictures)
        count, made = drawn.page_count, len(drawn.pictures)
    with transaction():
        services.mark_pictured(uuid.UUID(document_id), pages=count, pictures=made)


@job("documents.quarantine")
def quarantine(document_id: str) -> None:
    """Put an infected file's content away."""
    with transaction():
        document = session.get(Document, uuid.UUID(document_id))
        if document is not None:
            services.quarantine(document)


@job("documents.sweep", cron="17 3 * * *")
def sweep() -> None:
    """Delete stored objects that no row names."""
    with transaction():
        services.sweep_unused()


def _judge(stored_name: str) -> Scanned:
    try:
        return scanner.current().scan(storage.current().read(stored_name))
    except FileNotFoundError:
        return Scanned(ScanResult.UNREADABLE)
