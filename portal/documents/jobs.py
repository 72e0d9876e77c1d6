"""Scanning after upload, and the nightly sweep of what failed uploads left behind."""

from __future__ import annotations

import uuid

from portal.adapters import scanner, storage
from portal.adapters.scanner import ScanResult
from portal.core.db import session, transaction
from portal.core.jobs import job
from portal.documents import services
from portal.documents.models import Document


@job("documents.scan")
def scan(document_id: str) -> None:
    """Scan one file. A scanner's error fails the job, which is tried again; the file stays in scanning."""
    with transaction():
        document = services.start_scan(uuid.UUID(document_id))
        stored_name = document.stored_name if document is not None else None
    if stored_name is None:
        return
    # The scan may take long: no transaction is open meanwhile.
    result = _result(stored_name)
    with transaction():
        scanned = session.get(Document, uuid.UUID(document_id))
        if scanned is not None:
            services.mark_scanned(scanned, result)


@job("documents.sweep", cron="17 3 * * *")
def sweep() -> None:
    """Delete stored objects that no row names."""
    with transaction():
        services.sweep_unused()


def _result(stored_name: str) -> ScanResult:
    try:
        return scanner.current().scan(storage.current().read(stored_name))
    except FileNotFoundError:
        return ScanResult.UNREADABLE
