"""Files that providers upload, and the councils' own. The content lives in the storage adapter under a random name."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Versioned, enum_of
from portal.documents.states import DocumentState, FileKind
from portal.frameworks.states import EvidenceKind


class Document(Versioned, Base):
    """One file, whose content never changes after upload. The councils' own has no organisation.

    `round_id` seals it until that round is opened. `size` is in bytes; `sha256` is of the content, in hexadecimal.
    `finding` is what the scanner called the malware. `picture_count` pictures of its first pages are kept for the
    preview; None: not made yet.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("stored_name"),
        CheckConstraint("organisation_id IS NOT NULL OR round_id IS NULL", name="only_applicants_are_sealed"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_shape"),
        CheckConstraint("expires_on >= issued_on", name="dates_in_order"),
        CheckConstraint("picture_count <= page_count", name="pictures_of_pages"),
    )

    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("round.id"), index=True)
    uploaded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    original_name: Mapped[str]
    kind: Mapped[FileKind] = mapped_column(enum_of(FileKind))
    size: Mapped[int]
    sha256: Mapped[str]
    stored_name: Mapped[str]
    state: Mapped[DocumentState] = mapped_column(enum_of(DocumentState), default=DocumentState.UPLOADED)
    finding: Mapped[str] = mapped_column(default="", server_default="")
    evidence_kind: Mapped[EvidenceKind | None] = mapped_column(enum_of(EvidenceKind))
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    page_count: Mapped[int | None]
    picture_count: Mapped[int | None]
