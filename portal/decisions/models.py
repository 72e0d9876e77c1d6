"""Recommendations, the decisions on them, and the notices that tell applicants."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import Base, Identified, Versioned, enum_of
from portal.decisions.states import DecisionKind, EventKind, Outcome
from portal.documents.models import Document
from portal.frameworks.models import Round


class Recommendation(Identified, Base):
    """A commissioner's recommendation on a whole round; a new number after each reference back."""

    __tablename__ = "recommendation"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        CheckConstraint("reasons <> ''", name="with_reasons"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    recommended_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    recommended_at: Mapped[datetime]
    reasons: Mapped[str]

    round: Mapped[Round] = relationship()
    lines: Mapped[list[RecommendationLine]] = relationship(back_populates="recommendation")
    decision: Mapped[Decision | None] = relationship(back_populates="recommendation")


class RecommendationLine(Identified, Base):
    """What is recommended for one application, with the figures it rests on (points).

    `answer` answers the point that an approver made on this applicant when referring back, if one did.
    """

    __tablename__ = "recommendation_line"
    __table_args__ = (
        UniqueConstraint("recommendation_id", "application_id"),
        CheckConstraint("reason <> ''", name="with_reason"),
    )

    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    outcome: Mapped[Outcome] = mapped_column(enum_of(Outcome))
    reason: Mapped[str]
    answer: Mapped[str] = mapped_column(default="")
    quality_score: Mapped[Decimal | None]
    price_score: Mapped[Decimal | None]
    total_score: Mapped[Decimal | None]
    rank: Mapped[int | None]

    recommendation: Mapped[Recommendation] = relationship(back_populates="lines")
    application: Mapped[Application] = relationship()

    @property
    def sort_key(self) -> tuple[bool, int, bool, str]:
        """Best first: ranked, then unranked, then not compliant; by legal name where that is equal."""
        return (
            self.rank is None,
            self.rank or 0,
            self.quality_score is None,
            self.application.organisation.legal_name,
        )


class Decision(Identified, Base):
    """The approver's decision, with reasons. The database refuses one who took part in the round (rule 6).

    An approval holds the whole Record of Decision as it was signed, and its fingerprint.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("recommendation_id"),
        CheckConstraint("reasons <> ''", name="with_reasons"),
        CheckConstraint("(kind = 'approve') = (record_sha256 IS NOT NULL)", name="signed_record"),
    )

    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"))
    kind: Mapped[DecisionKind] = mapped_column(enum_of(DecisionKind))
    reasons: Mapped[str]
    decided_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime]
    record: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    record_sha256: Mapped[str | None]

    recommendation: Mapped[Recommendation] = relationship(back_populates="decision")
    lines: Mapped[list[DecisionLine]] = relationship()


class DecisionNotice(Identified, Base):
    """The notice to one applicant, as sent: outcome, its own scores and reasons, end of standstill."""

    __tablename__ = "decision_notice"
    __table_args__ = (UniqueConstraint("application_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    outcome: Mapped[Outcome] = mapped_column(enum_of(Outcome))
    content: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship()


class DecisionRecord(Versioned, Base):
    """The papers of one round's decision and what its lawfulness rests on, edited until it is approved.

    The officer's delegated decision (`number`, `delegation`, the consultation before it) is kept apart from the
    member's decision that it carries out (`member_…`). `report` and `record` hold the texts by section key
    (see `papers`); `exempt` is what is not for publication. Publication and call-in are recorded afterwards.
    """

    __tablename__ = "decision_record"
    __table_args__ = (
        UniqueConstraint("round_id"),
        CheckConstraint("exempt = '' OR exempt_reason <> ''", name="exempt_with_reason"),
        CheckConstraint("call_in_ends_on >= published_on", name="call_in_after_publication"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    report: Mapped[dict[str, Any]]
    record: Mapped[dict[str, Any]]
    exempt: Mapped[str] = mapped_column(default="")
    exempt_reason: Mapped[str] = mapped_column(default="")
    spend: Mapped[dict[str, Any]] = mapped_column(default=dict)
    editor_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()), default=list)

    number: Mapped[str] = mapped_column(default="")
    delegation: Mapped[str] = mapped_column(default="")
    is_key: Mapped[bool] = mapped_column(default=False)
    notice_on: Mapped[date | None]
    consultee: Mapped[str] = mapped_column(default="")
    consulted_on: Mapped[date | None]
    consultee_view: Mapped[str] = mapped_column(default="")
    consultee_interests: Mapped[str] = mapped_column(default="", server_default="")
    consultee_declared_on: Mapped[date | None]
    committee: Mapped[str] = mapped_column(default="")
    committee_on: Mapped[date | None]
    committee_view: Mapped[str] = mapped_column(default="")

    member_number: Mapped[str] = mapped_column(default="")
    member_name: Mapped[str] = mapped_column(default="")
    member_decided_on: Mapped[date | None]
    member_call_in_ended_on: Mapped[date | None]

    medway_signatory: Mapped[str] = mapped_column(default="")
    medway_position: Mapped[str] = mapped_column(default="")
    medway_agreed_on: Mapped[date | None]

    screening: Mapped[str] = mapped_column(default="")
    screening_document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"))
    screened_on: Mapped[date | None]
    screening_review_on: Mapped[date | None]

    published_on: Mapped[date | None]
    call_in_ends_on: Mapped[date | None]
    award_notice: Mapped[str] = mapped_column(default="")
    award_notice_on: Mapped[date | None]

    round: Mapped[Round] = relationship(lazy="joined", innerjoin=True)
    screening_document: Mapped[Document | None] = relationship(lazy="joined")


class DecisionLine(Identified, Base):
    """What the approver decided on one line of a recommendation, with the point to answer unless agreed."""

    __tablename__ = "decision_line"
    __table_args__ = (
        UniqueConstraint("decision_id", "recommendation_line_id"),
        CheckConstraint("kind = 'approve' OR point <> ''", name="with_point"),
    )

    decision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision.id"))
    recommendation_line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation_line.id"))
    kind: Mapped[DecisionKind] = mapped_column(enum_of(DecisionKind))
    point: Mapped[str] = mapped_column(default="")

    line: Mapped[RecommendationLine] = relationship(lazy="joined", innerjoin=True)


class PublishedRecord(Identified, Base):
    """The part of a Record of Decision that anybody may read, as published. Never changed."""

    __tablename__ = "published_record"
    __table_args__ = (UniqueConstraint("round_id"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    number: Mapped[str]
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    published_on: Mapped[date]


class LetterPreview(Base):
    """Who looked at an applicant's letter before it was sent."""

    __tablename__ = "letter_preview"

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    previewed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    previewed_at: Mapped[datetime]


class DecisionLetter(Base):
    """A notice as typeset: where the PDF is kept, and its fingerprint."""

    __tablename__ = "decision_letter"
    __table_args__ = (CheckConstraint("size > 0", name="not_empty"),)

    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision_notice.id"), primary_key=True)
    stored_name: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    typeset_at: Mapped[datetime]


class StandstillEvent(Identified, Base):
    """A complaint, an extension, a claim form or its end, with its effect; recorded by an officer, never changed."""

    __tablename__ = "standstill_event"
    __table_args__ = (
        UniqueConstraint("claim_id"),
        CheckConstraint("summary <> ''", name="with_summary"),
        CheckConstraint("(kind = 'extension') = (extends_to IS NOT NULL)", name="extends_when"),
        CheckConstraint("(kind = 'claim_ended') = (claim_id IS NOT NULL)", name="ends_what"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"), index=True)
    kind: Mapped[EventKind] = mapped_column(enum_of(EventKind))
    happened_on: Mapped[date]
    summary: Mapped[str]
    extends_to: Mapped[datetime | None]
    claim_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("standstill_event.id"))
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    recorded_by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
