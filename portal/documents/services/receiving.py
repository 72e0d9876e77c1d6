"""Taking a file in: counted and hashed as it comes, inspected, stored under a random name, recorded."""

from __future__ import annotations

import hashlib
import logging
import secrets
import tempfile
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO, cast

from portal.accounts.models import Person
from portal.adapters import storage
from portal.core import audit, jobs
from portal.core.access import require
from portal.core.db import session
from portal.core.errors import DomainError, Invalid
from portal.documents import policy
from portal.documents.models import Document
from portal.documents.services.inspection import EMPTY, FIELD, inspect
from portal.documents.states import FileKind
from portal.frameworks.states import EvidenceKind

log = logging.getLogger(__name__)

MOST_BYTES = 50 * 1024 * 1024
IN_MEMORY_BYTES = 1024 * 1024
LONGEST_NAME = 180

TOO_BIG = (
    "The file is bigger than 50 MB. Make its pictures smaller, save it as PDF in a smaller size,"
    " or split it into parts."
)


class NoRoom(DomainError):
    """The portal could not keep the file just now; nothing of it was kept."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "We could not keep the file just now, and nothing of it was kept. Your answers are safe."
            " Try again in a few minutes. If it fails again, contact us."
        )


def receive_document(
    *,
    organisation_id: uuid.UUID | None,
    round_id: uuid.UUID | None,
    original_name: str,
    chunks: Iterable[bytes],
    by: Person,
    evidence_kind: EvidenceKind | None = None,
) -> Document:
    """Keep an uploaded file and have it scanned. It counts once this transaction commits, and not before.

    `by` must act for the organisation; None is a file of the councils' own. `round_id` seals the file until that
    round is opened. The file is known by its content: PDF, docx, xlsx, odt, ods, PNG or JPG, at most 50 MB, whole,
    without password or macros. Raises `Invalid` for field `file` with the way out, `NoRoom` when the disk or the
    store is full.
    """
    require(policy.can_upload(by, organisation_id))
    stored_name = secrets.token_hex(16)
    try:
        size, sha256, kind = _store(chunks, stored_name)
    except (storage.NotStored, OSError) as error:
        if isinstance(error, ConnectionError):
            raise
        log.exception("A file could not be kept")
        raise NoRoom from error
    document = Document(
        id=uuid.uuid4(),
        organisation_id=organisation_id,
        round_id=round_id,
        uploaded_by_id=by.id,
        original_name=tidy_name(original_name, kind),
        kind=kind,
        size=size,
        sha256=sha256,
        stored_name=stored_name,
        evidence_kind=evidence_kind,
    )
    try:
        _record(document, by)
    except Exception:
        discard(document)
        raise
    return document


def discard(document: Document) -> None:
    """Forget the content of a file whose row will not be kept. What fails here the sweep does later."""
    try:
        storage.current().delete(document.stored_name)
    except Exception:
        log.warning("An unused file could not be deleted; the sweep will try again", exc_info=True)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """A file in pieces of a mebibyte."""
    while piece := file.read(storage.CHUNK_BYTES):
        yield piece


def tidy_name(name: str, kind: str) -> str:
    """The file's own name without folders or invisible characters, for showing and for downloads."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip(" .")
    if not shown:
        return f"file.{kind}"
    if len(shown) <= LONGEST_NAME:
        return shown
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[: LONGEST_NAME - 10]}{dot}{ending[:8]}" if dot else shown[:LONGEST_NAME]


def _store(chunks: Iterable[bytes], stored_name: str) -> tuple[int, str, FileKind]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
        size, sha256 = _spool(chunks, spool)
        kind = inspect(cast(BinaryIO, spool))
        spool.seek(0)
        storage.current().write(stored_name, pieces(cast(BinaryIO, spool)))
    return size, sha256, kind


def _record(document: Document, by: Person) -> None:
    session.add(document)
    session.flush()
    audit.record(
        "document.uploaded",
        document,
        by=by,
        details={"sha256": document.sha256, "size": document.size, "kind": document.kind},
        sealed_round_id=document.round_id,
    )
    jobs.defer("documents.scan", document_id=document.id)


def _spool(chunks: Iterable[bytes], spool: IO[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            raise Invalid(TOO_BIG, field=FIELD)
        digest.update(chunk)
        spool.write(chunk)
    if not size:
        raise Invalid(EMPTY, field=FIELD)
    return size, digest.hexdigest()
