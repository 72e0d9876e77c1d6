"""Files that providers upload. The content lives in the storage adapter under a random name."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Versioned, enum_of
from portal.documents.states import DocumentState, FileKind


class Document(Versioned, Base):
    """One file, never changed after upload. `round_id` seals it until that round is opened.

    `size` is in bytes; `sha256` is of the content, in hexadecimal.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("stored_name"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_shape"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("round.id"), index=True)
    uploaded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    original_name: Mapped[str]
    kind: Mapped[FileKind] = mapped_column(enum_of(FileKind))
    size: Mapped[int]
    sha256: Mapped[str]
    stored_name: Mapped[str]
    state: Mapped[DocumentState] = mapped_column(enum_of(DocumentState), default=DocumentState.UPLOADED)
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
