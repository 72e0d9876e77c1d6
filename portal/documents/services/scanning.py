"""A file's way through the scanner, and what may be handed out afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.adapters import storage
from portal.adapters.scanner import Scanned, ScanResult
from portal.core import clock, jobs
from portal.core.db import session
from portal.core.errors import Refused
from portal.core.transitions import apply
from portal.documents.models import Document
from portal.documents.states import PENDING, DocumentState
from portal.documents.workflow import DOCUMENT

LEFT_AFTER = timedelta(minutes=2)
LEFT_AT_ONCE = 100
QUARANTINE = "quarantine/"
UNUSED_AFTER = timedelta(days=1)
SWEPT_AT_ONCE = 500

FOUND = {
    ScanResult.CLEAN: "find_clean",
    ScanResult.INFECTED: "find_infected",
    ScanResult.UNREADABLE: "find_unreadable",
}
WHY_NOT = {
    DocumentState.UPLOADED: "This file waits to be scanned. It can be downloaded once it is found clean.",
    DocumentState.SCANNING: "This file is being scanned. It can be downloaded once it has been found clean.",
    DocumentState.INFECTED: "The scanner found malware in this file, so nobody can download it.",
    DocumentState.UNREADABLE: "The scanner could not read this file, so it cannot be downloaded.",
}


def start_scan(document_id: uuid.UUID) -> Document | None:
    """Move a file into scanning, or return None when it needs no scan. For the job; safe to run twice."""
    document = session.get(Document, document_id)
    if document is None or document.state in {DocumentState.CLEAN, DocumentState.INFECTED}:
        return None
    if document.state == DocumentState.UPLOADED:
        apply(DOCUMENT, "start_scan", document, by=None)
    return document if document.state == DocumentState.SCANNING else None


def list_left_waiting() -> list[uuid.UUID]:
    """Files whose scan should be done by now, oldest first: the scanner was away, or a job was lost."""
    left = (
        sa.select(Document.id)
        .where(Document.state.in_(PENDING), Document.created_at < clock.now() - LEFT_AFTER)
        .order_by(Document.created_at)
        .limit(LEFT_AT_ONCE)
    )
    return list(session.scalars(left))


def mark_scanned(document: Document, found: Scanned) -> None:
    """Record what the scanner said. Who: the scan job. A file already judged stays as it was judged.

    A clean file gets its preview; an infected one goes into quarantine, and those whom it concerns are told.
    """
    session.refresh(document, with_for_update=True)
    if document.state != DocumentState.SCANNING:
        return
    document.finding = found.finding
    apply(DOCUMENT, FOUND[found.result], document, by=None)
    if found.result == ScanResult.CLEAN and document.kind.has_pages:
        jobs.defer("documents.picture", document_id=document.id, when_idle=True)
    if found.result == ScanResult.INFECTED:
        jobs.defer("documents.quarantine", document_id=document.id)
        jobs.defer("applications.tell_of_infected_file", document_id=document.id)


def quarantine(document: Document) -> None:
    """Move an infected file's content to where nothing is served from. Who: the job; safe to run twice.

    It is kept, not deleted: a scanner may be wrong, and after the deadline there is no other copy.
    """
    if document.state == DocumentState.INFECTED:
        storage.current().move(document.stored_name, QUARANTINE + document.stored_name)


def retry_scan(document: Document, *, by: Person) -> None:
    """Have a file that could not be read scanned again. Who: people of its organisation."""
    apply(DOCUMENT, "retry_scan", document, by=by)
    jobs.defer("documents.scan", document_id=document.id)


def open_content(document: Document) -> Iterator[bytes]:
    """The content in pieces, of a clean file only (rule 11). Raises `Refused` with the reason."""
    if document.state != DocumentState.CLEAN:
        raise Refused(WHY_NOT[document.state])
    try:
        return storage.opened(document.stored_name)
    except FileNotFoundError as error:
        raise Refused("This file is missing from the store. Please tell the support desk.") from error


def sweep_unused() -> int:
    """Delete stored objects older than a day that no row names: uploads that failed. Returns how many.

    Who: the sweep job, as the worker, who sees every row.
    """
    # The store keeps the server's own time, which the portal's may be moved away from.
    before: datetime = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one() - UNUSED_AFTER
    deleted, batch = 0, list[str]()
    for name in storage.current().names_older_than(before):
        if name.startswith(storage.LETTERS):
            continue
        batch.append(name)
        if len(batch) == SWEPT_AT_ONCE:
            deleted += _delete_unused(batch)
            batch = []
    return deleted + _delete_unused(batch)


def _delete_unused(names: list[str]) -> int:
    if not names:
        return 0
    files = {_file_of(name) for name in names}
    kept = set(session.scalars(sa.select(Document.stored_name).where(Document.stored_name.in_(files))))
    unused = [name for name in names if _file_of(name) not in kept]
    for name in unused:
        storage.current().delete(name)
    return len(unused)


def _file_of(name: str) -> str:
    """The stored name of the file that an object is, is a page picture of, or is in quarantine for."""
    return name.removeprefix(QUARANTINE).partition(".")[0]
