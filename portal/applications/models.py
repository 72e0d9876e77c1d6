"""Applications: the working copy a provider edits, and the submissions that stand.

Everything here is sealed by row-level security until the round is opened, prices until quality
consensus is locked (rules 1 and 4).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.applications.states import ApplicationState
from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks.models import PriceCell, Question, Round
from portal.providers.models import Organisation

# States that the applicant itself brought about.
OWN_DOING = frozenset({ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.WITHDRAWN})


class Application(Versioned, Base):
    """One organisation's application in one round. `reference` is printed on the receipt.

    The database draws `applicant_number` by lot as the round is opened, for evaluators who are not to see the name.

    `declared_*` hold the declaration for the working copy; an edit after signing empties them.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("round_id", "organisation_id"),
        UniqueConstraint("reference"),
        UniqueConstraint("round_id", "applicant_number"),
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
    withdrawn_reason: Mapped[str | None]
    declared_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    declared_name: Mapped[str | None]
    declared_position: Mapped[str | None]
    declared_at: Mapped[datetime | None]
    applicant_number: Mapped[int | None]

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
    """The working answer to one question: `value` is text, a list, true or false, by the question's kind.

    `answered_*` say who last saved it or said that it still holds. `carried_from` is the reference of the
    earlier application it was copied from, until then.
    """

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("application_id", "question_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    answered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime]
    carried_from: Mapped[str | None]
    obtained_on_award: Mapped[bool] = mapped_column(default=False, server_default="false")

    application: Mapped[Application] = relationship(back_populates="answers")
    question: Mapped[Question] = relationship()
    evidence: Mapped[list[Evidence]] = relationship(
        primaryjoin="and_(Evidence.answer_id == Answer.id, Evidence.replaced_by_id.is_(None))",
        order_by="Evidence.created_at",
        viewonly=True,
    )

    @property
    def file_states(self) -> list[DocumentState]:
        """The states of the files that stand."""
        return [one.document.state for one in self.evidence]


class AnswerComment(Identified, Base):
    """What one colleague says to the others about an answer. Never part of a submission, never the councils'."""

    __tablename__ = "answer_comment"
    __table_args__ = (
        CheckConstraint("text <> ''", name="says_something"),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by_id IS NULL)", name="resolved_whole"),
        Index(None, "application_id", "question_id"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))


class Evidence(Identified, Base):
    """A document that belongs to an answer. One that was replaced stays as history behind the newer one.

    `Answer.evidence` holds those that stand.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("answer_id", "document_id"),
        UniqueConstraint("replaced_by_id"),
        CheckConstraint("replaced_by_id <> id", name="replaced_by_another"),
    )

    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answer.id"))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"))
    replaced_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evidence.id"))

    answer: Mapped[Answer] = relationship()
    document: Mapped[Document] = relationship(lazy="joined")


PRICED_OR_NOT_OFFERED = "not_offered = (weekly_fee IS NULL) AND (weekly_fee IS NULL OR weekly_fee > 0)"


class BidPrice(Versioned, Base):
    """A price in the working copy: priced in pounds and pence a week, or not offered (rule 8).

    `priced_*` say who saved it last, and when; unknown of prices older than this record.
    """

    __tablename__ = "bid_price"
    __table_args__ = (
        UniqueConstraint("application_id", "cell_id"),
        CheckConstraint(PRICED_OR_NOT_OFFERED, name="priced_or_not_offered"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    cell_id: Mapped[int] = mapped_column(ForeignKey("price_cell.id"))
    weekly_fee: Mapped[Money | None]
    not_offered: Mapped[bool] = mapped_column(default=False)
    priced_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    priced_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(back_populates="prices")
    cell: Mapped[PriceCell] = relationship(lazy="joined", innerjoin=True)


class Submission(Identified, Base):
    """What was submitted, never changed: the latest `number` of an application stands.

    `content` holds sections, questions, answers and files with their SHA-256, without prices. `manifest`
    lists the salted hash of every part, `sha256` is of these hashes (`services.manifest`). `instructed_at`:
    when the standing instruction was given, if that is what submitted it at the deadline.
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
    manifest: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    instructed_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(back_populates="submissions")
    prices: Mapped[list[SubmittedPrice]] = relationship(back_populates="submission")


class SubmittedPrice(Base):
    """A price as submitted. Its own table, because it stays shut to the councils longer than the answers.

    So does the `salt` of its hash in the manifest: with it the price could be guessed from the hash.
    """

    __tablename__ = "submitted_price"
    __table_args__ = (CheckConstraint(PRICED_OR_NOT_OFFERED, name="priced_or_not_offered"),)

    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    cell_id: Mapped[int] = mapped_column(ForeignKey("price_cell.id"), primary_key=True)
    weekly_fee: Mapped[Money | None]
    not_offered: Mapped[bool] = mapped_column(default=False)
    salt: Mapped[str]

    submission: Mapped[Submission] = relationship(back_populates="prices")
    cell: Mapped[PriceCell] = relationship(lazy="joined", innerjoin=True)


class SubmittedFile(Base):
    """A document that is part of a submission: what opens it to the councils, and keeps it."""

    __tablename__ = "submitted_file"

    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, index=True)
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"), primary_key=True)


class LateAttempt(Identified, Base):
    """A submission that came after the deadline: refused, and kept with the hashes of what was to go in.

    Its own people alone see it; the councils learn of it from the audit log once the round is opened.
    """

    __tablename__ = "late_attempt"

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    manifest: Mapped[dict[str, Any]]
    sha256: Mapped[str]


class StandingInstruction(Identified, Base):
    """ "Submit by itself at the deadline if complete", resting on the declaration signed at `declared_at`.

    Any edit of what is to be submitted sets `voided_at`, by trigger too. Carried out once: it leaves either a
    submission or the `problem` that prevented one.
    """

    __tablename__ = "standing_instruction"
    __table_args__ = (
        Index(
            "uq_standing_instruction_application_id",
            "application_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        CheckConstraint(
            "(carried_out_at IS NULL AND submission_id IS NULL AND problem IS NULL)"
            " OR (carried_out_at IS NOT NULL AND (submission_id IS NULL) <> (problem IS NULL))",
            name="carried_out_whole",
        ),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    given_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[datetime] = mapped_column(server_default=text("portal_now()"))
    declared_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    carried_out_at: Mapped[datetime | None]
    submission_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("submission.id"))
    problem: Mapped[str | None]

    application: Mapped[Application] = relationship()


class Reminder(Identified, Base):
    """The applicant was reminded, so many hours before this deadline; once, also when the job runs twice."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("application_id", "deadline", "hours_before"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    deadline: Mapped[datetime]
    hours_before: Mapped[int]


class AccessRegister(Identified, Base):
    """Somebody at a council read an application (rule 1: every later read is recorded)."""

    __tablename__ = "access_register"
    __table_args__ = (Index(None, "application_id", "created_at"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]


class ClarificationRequest(Versioned, Base):
    """After opening the councils ask the applicant to explain something. The submission stays as it is.

    Question and answer join the record; neither changes once written. One about an answer (`about`) is read
    with it by its evaluators; one about the application as a whole by commissioners and auditors alone.
    """

    __tablename__ = "clarification_request"
    __table_args__ = (
        CheckConstraint("question <> ''", name="question_asked"),
        CheckConstraint("due_at > created_at", name="due_later"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL) AND (answered_at IS NULL) = (answer = '')",
            name="answered_whole",
        ),
        Index(None, "application_id", "created_at"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    question_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("question.id"))
    question: Mapped[str]
    due_at: Mapped[datetime]
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship()
    about: Mapped[Question | None] = relationship()


class OpeningRecord(Identified, Base):
    """How a round was opened: by whom, when, and with what in it. Written at opening, never changed.

    `sha256` is of the canonical JSON of the lines, so that a printed record can be checked against this one.
    """

    __tablename__ = "opening_record"
    __table_args__ = (
        UniqueConstraint("round_id"),
        CheckConstraint("asked_by_id <> confirmed_by_id", name="two_officers"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    confirmed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime]
    sha256: Mapped[str]

    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id])
    confirmed_by: Mapped[Person] = relationship(foreign_keys=[confirmed_by_id])
    lines: Mapped[list[OpeningRecordLine]] = relationship(order_by="OpeningRecordLine.position")


class OpeningRecordLine(Base):
    """One submission as it stood at opening, in words that later changes of the organisation leave alone."""

    __tablename__ = "opening_record_line"

    record_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opening_record.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submission.id"))
    reference: Mapped[str]
    legal_name: Mapped[str]
    urn: Mapped[str | None]
    town: Mapped[str]
    number: Mapped[int]
    submitted_at: Mapped[datetime]
    files: Mapped[int]
    sha256: Mapped[str]
