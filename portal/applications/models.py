"""Applications: the working copy a provider edits, and the submissions that stand.

Everything here is sealed by row-level security until the round is opened, prices until quality
consensus is locked (rules 1 and 4).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.applications.states import ApplicationState
from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.documents.models import Document
from portal.frameworks.models import PriceCell, Question, Round
from portal.providers.models import Organisation

# States that the applicant itself brought about.
OWN_DOING = frozenset({ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.WITHDRAWN})


class Application(Versioned, Base):
    """One organisation's application in one round. `reference` is printed on the receipt.

    `declared_*` hold the declaration for the working copy; an edit after signing empties them.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("round_id", "organisation_id"),
        UniqueConstraint("reference"),
        CheckConstraint(
            "state = 'draft' OR state = 'withdrawn' OR submitted_at IS NOT NULL", name="submitted_when"
        ),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_when"),
        CheckConstraint(
            "(declared_at IS NULL) = (declared_by_id IS NULL)"
            " AND (declared_at IS NULL) = (declared_name IS NULL)"
            " AND (declared_at IS NULL) = (declared_position IS NULL)",
            name="declaration_whole",
        ),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    reference: Mapped[str]
    state: Mapped[ApplicationState] = mapped_column(enum_of(ApplicationState), default=ApplicationState.DRAFT)
    started_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    declared_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    declared_name: Mapped[str | None]
    declared_position: Mapped[str | None]
    declared_at: Mapped[datetime | None]

    round: Mapped[Round] = relationship()
    organisation: Mapped[Organisation] = relationship()
    answers: Mapped[list[Answer]] = relationship(back_populates="application")
    prices: Mapped[list[BidPrice]] = relationship(back_populates="application")
    submissions: Mapped[list[Submission]] = relationship(
        back_populates="application", order_by="Submission.number"
    )

    @property
    def state_for_applicant(self) -> ApplicationState:
        """The state its own people may know: how it fares they learn from the decision notice, not before."""
        if self.state in OWN_DOING or self.round.notices_sent_at is not None:
            return self.state
        return ApplicationState.SUBMITTED


class Answer(Versioned, Base):
    """The working answer to one question: `value` is text, a list, true or false, by the question's kind."""

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("application_id", "question_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    answered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime]

    application: Mapped[Application] = relationship(back_populates="answers")
    question: Mapped[Question] = relationship()
    evidence: Mapped[list[Evidence]] = relationship(back_populates="answer", order_by="Evidence.created_at")


class Evidence(Identified, Base):
    """A document that belongs to an answer."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("answer_id", "document_id"),)

    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answer.id"))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"))

    answer: Mapped[Answer] = relationship(back_populates="evidence")
    document: Mapped[Document] = relationship(lazy="joined")


PRICED_OR_NOT_OFFERED = "not_offered = (weekly_fee IS NULL) AND (weekly_fee IS NULL OR weekly_fee > 0)"


class BidPrice(Versioned, Base):
    """A price in the working copy: priced in pounds and pence a week, or not offered (rule 8)."""

    __tablename__ = "bid_price"
    __table_args__ = (
        UniqueConstraint("application_id", "cell_id"),
        CheckConstraint(PRICED_OR_NOT_OFFERED, name="priced_or_not_offered"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    cell_id: Mapped[int] = mapped_column(ForeignKey("price_cell.id"))
    weekly_fee: Mapped[Money | None]
    not_offered: Mapped[bool] = mapped_column(default=False)

    application: Mapped[Application] = relationship(back_populates="prices")
    cell: Mapped[PriceCell] = relationship(lazy="joined", innerjoin=True)


class Submission(Identified, Base):
    """What was submitted, never changed: the latest `number` of an application stands.

    `content` holds sections, questions, answers and files with their SHA-256, without prices;
    `sha256` is of the canonical JSON of `content` together with the prices, as the receipt says.
    """

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("application_id", "number"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    number: Mapped[int]
    submitted_at: Mapped[datetime]
    submitted_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    declared_name: Mapped[str]
    declared_position: Mapped[str]
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str]

    application: Mapped[Application] = relationship(back_populates="submissions")
    prices: Mapped[list[SubmittedPrice]] = relationship(back_populates="submission")


class SubmittedPrice(Base):
    """A price as submitted. Its own table, because it stays shut to the councils longer than the answers."""

    __tablename__ = "submitted_price"
    __table_args__ = (CheckConstraint(PRICED_OR_NOT_OFFERED, name="priced_or_not_offered"),)

    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    cell_id: Mapped[int] = mapped_column(ForeignKey("price_cell.id"), primary_key=True)
    weekly_fee: Mapped[Money | None]
    not_offered: Mapped[bool] = mapped_column(default=False)

    submission: Mapped[Submission] = relationship(back_populates="prices")
    cell: Mapped[PriceCell] = relationship(lazy="joined", innerjoin=True)


class SubmittedFile(Base):
    """A document that is part of a submission: what opens it to the councils, and keeps it."""

    __tablename__ = "submitted_file"

    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, index=True)
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"), primary_key=True)


class LateAttempt(Identified, Base):
    """A submission that came after the deadline: refused, and kept on record."""

    __tablename__ = "late_attempt"

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))


class AccessRegister(Identified, Base):
    """Somebody at a council read an application (rule 1: every later read is recorded)."""

    __tablename__ = "access_register"
    __table_args__ = (Index(None, "application_id", "created_at"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]
