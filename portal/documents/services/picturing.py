"""Pictures of a clean file's first pages: what is shown of it without handing the file itself over (rule 11)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from portal.adapters import storage
from portal.core.db import session
from portal.core.errors import NotFound
from portal.documents.models import Document
from portal.documents.services.receiving import pieces
from portal.documents.states import DocumentState


def find_to_picture(document_id: uuid.UUID) -> Document | None:
    """A clean file that has pages and no pictures yet, or None. For the job; safe to run twice."""
    document = session.get(Document, document_id)
    if document is None or document.state != DocumentState.CLEAN or document.picture_count is not None:
        return None
    return document if document.kind.has_pages else None


def keep_pictures(stored_name: str, pictures: Sequence[Path]) -> None:
    """Store the pictures beside the file. They go when it goes."""
    for number, picture in enumerate(pictures, 1):
        with picture.open("rb") as file:
            storage.current().write(picture_name(stored_name, number), pieces(file))


def mark_pictured(document_id: uuid.UUID, *, pages: int, pictures: int) -> None:
    """Say how many pages the file has and how many pictures are kept; none means that it has no preview."""
    document = session.get(Document, document_id, with_for_update=True)
    if document is not None and document.picture_count is None:
        document.page_count, document.picture_count = max(pages, pictures), pictures
        session.flush()


def open_picture(document: Document, number: int) -> Iterator[bytes]:
    """The picture of one page, from 1. Raises `NotFound` unless the file is clean and the picture was made."""
    if document.state != DocumentState.CLEAN or not 1 <= number <= (document.picture_count or 0):
        raise NotFound
    try:
        return storage.opened(picture_name(document.stored_name, number))
    except FileNotFoundError:
        raise NotFound from None


def picture_name(stored_name: str, number: int) -> str:
    """Where the picture of a page is kept."""
    return f"{stored_name}.{number}"
