"""The equality screening as a file: attached to the papers of a decision, scanned, and named in what is signed."""

from __future__ import annotations

from collections.abc import Iterable

from portal.accounts.models import Person
from portal.core import audit
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.decisions import policy
from portal.decisions.models import DecisionRecord
from portal.decisions.services.drafting import note_editor
from portal.documents import services as documents
from portal.documents.models import Document


def attach_screening(
    record: DecisionRecord,
    *,
    original_name: str,
    chunks: Iterable[bytes],
    by: Person,
    seen_version: int | None = None,
) -> Document:
    """Attach the equality screening, in place of an earlier file, which stays on record.

    A commissioner who may write the papers, until the decision is approved. The record that is signed names the
    file and its SHA-256. Raises `Invalid` for field `file`, `Stale`, `NotAllowed`.
    """
    require(policy.can_edit_papers(by, record))
    document = documents.receive_document(
        organisation_id=None, round_id=None, original_name=original_name, chunks=chunks, by=by
    )
    try:
        _attach(record, document, by, seen_version)
    except Exception:
        documents.discard(document)
        raise
    return document


def _attach(record: DecisionRecord, document: Document, by: Person, seen_version: int | None) -> None:
    lock(record)
    check_version(record, seen_version)
    require(policy.can_edit_papers(by, record))
    note_editor(record, by)
    record.screening_document = document
    session.flush()
    details = {"document_id": document.id, "sha256": document.sha256}
    audit.record("decision_record.screening_attached", record, by=by, details=details)
