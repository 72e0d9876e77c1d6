"""Compliance findings, conflict declarations, individual scores and the consensus: each its own record."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.applications.models import Application, ClarificationRequest
from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.evaluations.states import Audience, Finding, PriceOutcome, ScoringOrder
from portal.frameworks.models import Question


class Voidable:
    """What is made void stays on record, with who made it void and why, and counts for nothing."""

    voided_at: Mapped[datetime | None]
    voided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    void_reason: Mapped[str] = mapped_column(default="", server_default="")


VOID_WHOLE = "(voided_at IS NULL) = (voided_by_id IS NULL) AND (voided_at IS NULL) = (void_reason = '')"


class ComplianceFinding(Versioned, Base):
    """What an officer found on one pass/fail question of one application, with the reason.

    Where the applicant says that a ground for exclusion applies, the finding is the decision on self-cleaning and
    names the `evidence_considered`. A fail stands when another officer has confirmed this `version` of it.
    """

    __tablename__ = "compliance_finding"
    __table_args__ = (
        UniqueConstraint("application_id", "question_id"),
        CheckConstraint("finding = 'pass' OR reason <> ''", name="reason_unless_pass"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    finding: Mapped[Finding] = mapped_column(enum_of(Finding))
    reason: Mapped[str] = mapped_column(default="")
    evidence_considered: Mapped[str] = mapped_column(default="", server_default="")
    found_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    question: Mapped[Question] = relationship()
    found_by: Mapped[Person] = relationship()


class FindingReview(Identified, Base):
    """A second officer confirmed a fail, or turned it back with a reason. Never changed.

    It is about one version of the finding: changing the finding leaves the review behind.
    """

    __tablename__ = "finding_review"
    __table_args__ = (
        UniqueConstraint("finding_id", "finding_version"),
        CheckConstraint("is_confirmed OR reason <> ''", name="turned_back_with_reason"),
    )

    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("compliance_finding.id"))
    finding_version: Mapped[int]
    is_confirmed: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    reviewed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    finding: Mapped[ComplianceFinding] = relationship()
    reviewed_by: Mapped[Person] = relationship()


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


class EvaluationSheet(Voidable, Versioned, Base):
    """One evaluator's scores on one application. Finished means locked; void means that they do not count."""

    __tablename__ = "evaluation_sheet"
    __table_args__ = (
        Index(
            "uq_evaluation_sheet_application_id_evaluator_id",
            "application_id",
            "evaluator_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        CheckConstraint(VOID_WHOLE, name="void_whole"),
        # The evaluator's own list, in its order.
        Index("ix_evaluation_sheet_list", "evaluator_id", "created_at", "id"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    evaluator_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
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
        # What is left of a question.
        Index("ix_score_waiting", "question_id", "sheet_id", postgresql_where=text("value IS NULL")),
    )

    sheet_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_sheet.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    value: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    working_notes: Mapped[str] = mapped_column(default="")
    scored_at: Mapped[datetime | None]

    sheet: Mapped[EvaluationSheet] = relationship(back_populates="scores")
    question: Mapped[Question] = relationship()


class ConsensusScore(Voidable, Versioned, Base):
    """The agreed score on one question of one application: a new record, with its own reason (rule 5).

    One that rests on scores made void, or that a moderator with a conflict agreed, is void and agreed again.
    """

    __tablename__ = "consensus_score"
    __table_args__ = (
        Index(
            "uq_consensus_score_application_id_question_id",
            "application_id",
            "question_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        CheckConstraint(VOID_WHOLE, name="void_whole"),
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


class PriceQuery(Versioned, Base):
    """An applicant was asked to explain a price that looks abnormally low, and what an officer made of the answer.

    What was asked, by when, and the answer are the request to clarify. `concern` is the councils' own reason for
    asking. Neither it nor a recorded outcome changes. A price that is rejected takes no part in price evaluation.
    """

    __tablename__ = "price_query"
    __table_args__ = (
        UniqueConstraint("request_id"),
        CheckConstraint("concern <> ''", name="with_concern"),
        CheckConstraint(
            "(outcome IS NULL) = (concluded_at IS NULL) AND (outcome IS NULL) = (concluded_by_id IS NULL)"
            " AND (outcome IS NULL) = (outcome_reason = '')",
            name="concluded_whole",
        ),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clarification_request.id"))
    concern: Mapped[str]
    outcome: Mapped[PriceOutcome | None] = mapped_column(enum_of(PriceOutcome))
    outcome_reason: Mapped[str] = mapped_column(default="")
    concluded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    concluded_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship()
    request: Mapped[ClarificationRequest] = relationship()
    concluded_by: Mapped[Person | None] = relationship()


class EvaluationTimetable(Base):
    """When the scores of a round are due. Evaluators are reminded by it; nothing closes by itself."""

    __tablename__ = "evaluation_timetable"

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"), primary_key=True)
    scores_due_on: Mapped[date | None]


class EvaluatorReminder(Identified, Base):
    """An evaluator was reminded of what is left to score: once a day at most. `sent_by_id` None: by the date."""

    __tablename__ = "evaluator_reminder"
    __table_args__ = (UniqueConstraint("round_id", "evaluator_id", "reminded_on"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    evaluator_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    reminded_on: Mapped[date]
    sent_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))


class SheetUnlocking(Identified, Base):
    """A commissioner unlocked a finished sheet before consensus opened, and why. Never changed.

    `finished_at` names the finish that it undid: without such a record the database unlocks nothing.
    """

    __tablename__ = "sheet_unlocking"
    __table_args__ = (
        UniqueConstraint("sheet_id", "finished_at"),
        CheckConstraint("reason <> ''", name="with_reason"),
    )

    sheet_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_sheet.id"))
    finished_at: Mapped[datetime]
    reason: Mapped[str]
    unlocked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    unlocked_by: Mapped[Person] = relationship()


class ChairQuestion(Identified, Base):
    """What an evaluator asked the chair about one question of one application. Never changed; names no score (rule 4).

    Read by who asked, by commissioners who declared no conflict, and by auditors: never by another evaluator.
    """

    __tablename__ = "chair_question"
    __table_args__ = (CheckConstraint("text <> ''", name="asks_something"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    text: Mapped[str]

    application: Mapped[Application] = relationship()
    question: Mapped[Question] = relationship()
    asked_by: Mapped[Person] = relationship()
    answer: Mapped[ChairAnswer | None] = relationship(back_populates="asked")


class ChairAnswer(Identified, Base):
    """The chair's answer, to whoever asked or to all who score the question. Never changed.

    Others read the question in the chair's `wording`, not in the words of whoever asked.
    """

    __tablename__ = "chair_answer"
    __table_args__ = (
        UniqueConstraint("chair_question_id"),
        CheckConstraint("text <> ''", name="says_something"),
        CheckConstraint("audience = 'asker' OR wording <> ''", name="shared_with_wording"),
    )

    chair_question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chair_question.id"))
    audience: Mapped[Audience] = mapped_column(enum_of(Audience))
    wording: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    answered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    asked: Mapped[ChairQuestion] = relationship(back_populates="answer")
    answered_by: Mapped[Person] = relationship()


class OrderChosen(Base):
    """The order in which one evaluator goes on from score to score, kept until they choose the other."""

    __tablename__ = "scoring_order"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    follows: Mapped[ScoringOrder] = mapped_column(enum_of(ScoringOrder))
