"""Compliance findings, conflict declarations, individual scores and the consensus: each its own record."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.evaluations.states import Finding
from portal.frameworks.models import Question


class ComplianceFinding(Versioned, Base):
    """What an officer found on one pass/fail question of one application, with the reason."""

    __tablename__ = "compliance_finding"
    __table_args__ = (
        UniqueConstraint("application_id", "question_id"),
        CheckConstraint("finding = 'pass' OR reason <> ''", name="reason_unless_pass"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    finding: Mapped[Finding] = mapped_column(enum_of(Finding))
    reason: Mapped[str] = mapped_column(default="")
    found_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    question: Mapped[Question] = relationship()


class ComplianceConclusion(Identified, Base):
    """How an officer concluded the compliance check of one application, and why. Never changed."""

    __tablename__ = "compliance_conclusion"
    __table_args__ = (
        UniqueConstraint("application_id"),
        CheckConstraint("reasons <> ''", name="with_reasons"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    is_compliant: Mapped[bool]
    reasons: Mapped[str]
    concluded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    concluded_at: Mapped[datetime]

    concluded_by: Mapped[Person] = relationship()


class ConflictDeclaration(Versioned, Base):
    """A person's declaration on one application, before anything of it may be read (rule 3)."""

    __tablename__ = "conflict_declaration"
    __table_args__ = (
        UniqueConstraint("application_id", "person_id"),
        CheckConstraint("NOT has_conflict OR nature <> ''", name="conflict_with_nature"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    has_conflict: Mapped[bool]
    nature: Mapped[str] = mapped_column(default="")
    declared_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class EvaluationSheet(Versioned, Base):
    """One evaluator's scores on one application. Finished means locked."""

    __tablename__ = "evaluation_sheet"
    __table_args__ = (UniqueConstraint("application_id", "evaluator_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    evaluator_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    assigned_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    finished_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship()
    evaluator: Mapped[Person] = relationship(foreign_keys=[evaluator_id])
    scores: Mapped[list[Score]] = relationship(back_populates="sheet")


class Score(Versioned, Base):
    """An assignment of one question, and the evaluator's own score on it: 0 to 5, with a reason (rule 5)."""

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("sheet_id", "question_id"),
        CheckConstraint("value BETWEEN 0 AND 5", name="in_scale"),
        CheckConstraint("value IS NULL OR reason <> ''", name="with_reason"),
    )

    sheet_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_sheet.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    value: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    working_notes: Mapped[str] = mapped_column(default="")
    scored_at: Mapped[datetime | None]

    sheet: Mapped[EvaluationSheet] = relationship(back_populates="scores")
    question: Mapped[Question] = relationship()


class ConsensusScore(Versioned, Base):
    """The agreed score on one question of one application: a new record, with its own reason (rule 5)."""

    __tablename__ = "consensus_score"
    __table_args__ = (
        UniqueConstraint("application_id", "question_id"),
        CheckConstraint("value BETWEEN 0 AND 5", name="in_scale"),
        CheckConstraint("reason <> ''", name="with_reason"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    value: Mapped[int]
    reason: Mapped[str]
    attended: Mapped[str] = mapped_column(default="")
    agreed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    agreed_at: Mapped[datetime]

    question: Mapped[Question] = relationship()


class PriceScore(Identified, Base):
    """An application's price score, written once when quality consensus is locked: lowest ÷ bid × weight."""

    __tablename__ = "price_score"
    __table_args__ = (UniqueConstraint("application_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    basket_total: Mapped[Money]
    lowest_total: Mapped[Money]
    score: Mapped[Decimal]
