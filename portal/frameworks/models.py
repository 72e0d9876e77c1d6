"""Frameworks, the rounds that re-open them, their questions, and the cells a price schedule is made of."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.frameworks.states import (
    AdmissionRule,
    ClarificationState,
    EvaluatedBy,
    EvidenceKind,
    EvidenceRule,
    NoteKind,
    NotOfferedRule,
    QuestionKind,
    Regime,
    Rounding,
    RoundState,
    SectionKind,
    TieRule,
)

# What of a question an amendment may change: the columns that `amendment_change` keeps before and after.
WORDING = ("text", "guidance", "word_limit", "choices", "shown_when_value")


class Framework(Versioned, Base):
    """A framework agreement of the two councils. Its end date is every agreement's end date ("dovetail")."""

    __tablename__ = "framework"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="dates_in_order"),
        UniqueConstraint("reference"),
    )

    reference: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    ends_on_is_illustrative: Mapped[bool] = mapped_column(default=True)
    decision_number: Mapped[str]
    notice_reference: Mapped[str]
    regime: Mapped[Regime] = mapped_column(enum_of(Regime), default=Regime.PCR2015)

    rounds: Mapped[list[Round]] = relationship(back_populates="framework", order_by="Round.number")


class Round(Versioned, Base):
    """One re-opening of a framework. The authority columns must be filled before it can be published."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("framework_id", "number"),
        CheckConstraint("quality_weight + price_weight = 100", name="weights_add_up"),
        CheckConstraint("clarification_deadline < submission_deadline", name="dates_in_order"),
        CheckConstraint(
            "opened_by_id IS DISTINCT FROM open_requested_by_id OR opened_by_id IS NULL", name="two_openers"
        ),
        CheckConstraint(
            "state IN ('draft', 'published', 'cancelled')"
            " OR (opened_at IS NOT NULL AND opened_by_id IS NOT NULL)",
            name="opened_by_two",
        ),
        CheckConstraint("state <> 'cancelled' OR cancelled_reason IS NOT NULL", name="cancelled_with_reason"),
        CheckConstraint(
            "state = 'draft' OR state = 'cancelled' OR (authority_decision <> '' AND authority_clause <> ''"
            " AND (criteria_match_original OR departure_advice <> ''))",
            name="published_with_authority",
        ),
    )

    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    number: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    state: Mapped[RoundState] = mapped_column(enum_of(RoundState), default=RoundState.DRAFT, index=True)

    published_at: Mapped[datetime | None]
    clarification_deadline: Mapped[datetime]
    submission_deadline: Mapped[datetime]
    agreements_start_on: Mapped[date]

    authority_decision: Mapped[str] = mapped_column(default="")
    authority_clause: Mapped[str] = mapped_column(default="")
    criteria_match_original: Mapped[bool] = mapped_column(default=False)
    departure_advice: Mapped[str] = mapped_column(default="")
    notice_reference: Mapped[str] = mapped_column(default="")

    quality_weight: Mapped[Money] = mapped_column(default=Decimal(60))
    price_weight: Mapped[Money] = mapped_column(default=Decimal(40))
    quality_minimum: Mapped[Money] = mapped_column(default=Decimal(0))
    admission_rule: Mapped[AdmissionRule] = mapped_column(
        enum_of(AdmissionRule), default=AdmissionRule.ALL_WHO_MEET
    )
    admit_at_most: Mapped[int | None]
    not_offered_rule: Mapped[NotOfferedRule] = mapped_column(
        enum_of(NotOfferedRule), default=NotOfferedRule.CEILING_OR_HIGHEST
    )
    rounding: Mapped[Rounding] = mapped_column(enum_of(Rounding), default=Rounding.TWO)
    tie_rule: Mapped[TieRule] = mapped_column(enum_of(TieRule), default=TieRule.QUALITY)
    standstill_days: Mapped[int] = mapped_column(default=10)
    applicants_anonymised: Mapped[bool] = mapped_column(default=False, server_default="false")

    open_requested_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    open_requested_at: Mapped[datetime | None]
    opened_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime | None]
    quality_locked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    quality_locked_at: Mapped[datetime | None]
    notices_sent_at: Mapped[datetime | None]
    standstill_ends_at: Mapped[datetime | None]
    cancelled_reason: Mapped[str | None]

    framework: Mapped[Framework] = relationship(back_populates="rounds", lazy="joined", innerjoin=True)
    sections: Mapped[list[Section]] = relationship(back_populates="round", order_by="Section.position")
    volumes: Mapped[list[BasketVolume]] = relationship(back_populates="round")


class DeadlineExtension(Identified, Base):
    """A later deadline for everyone, decided before the earlier one passed, with its published reason."""

    __tablename__ = "deadline_extension"

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"), index=True)
    extended_from: Mapped[datetime]
    extended_to: Mapped[datetime]
    reason: Mapped[str]
    extended_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))


class Section(Identified, Base):
    """A part of the application, and a row of its task list. Frozen once the round is published."""

    __tablename__ = "section"
    __table_args__ = (UniqueConstraint("round_id", "position"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    position: Mapped[int]
    kind: Mapped[SectionKind] = mapped_column(enum_of(SectionKind))
    title: Mapped[str]
    guidance: Mapped[str] = mapped_column(default="")

    round: Mapped[Round] = relationship(back_populates="sections")
    questions: Mapped[list[Question]] = relationship(back_populates="section", order_by="Question.position")


class Question(Identified, Base):
    """One question. Scored ones have a weight (points of the quality total) and perhaps a minimum score.

    `prefilled_from` names the column of the organisation that an answer starts from. `evaluator_note` is for
    those who score it and never shown to applicants. With `shown_when_question` it is asked only if that
    question's answer is `shown_when_value` (see `queries.is_asked`). `amendment_id` names the last published
    correction: the only way in which a question changes once its round is published.
    """

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("section_id", "position"),
        CheckConstraint("minimum_score BETWEEN 0 AND 5", name="minimum_in_scale"),
        CheckConstraint("weight IS NULL OR weight > 0", name="weight_positive"),
        CheckConstraint("NOT (weight IS NOT NULL AND pass_fail)", name="scored_or_pass_fail"),
        CheckConstraint("word_limit > 0", name="word_limit_positive"),
        CheckConstraint(
            "NOT may_be_obtained_on_award OR evidence <> 'none' OR kind = 'file'", name="something_to_obtain"
        ),
        CheckConstraint(
            "(shown_when_question_id IS NULL) = (shown_when_value IS NULL) AND shown_when_question_id <> id",
            name="condition_whole",
        ),
    )

    section_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("section.id"))
    position: Mapped[int]
    number: Mapped[str]
    kind: Mapped[QuestionKind] = mapped_column(enum_of(QuestionKind))
    text: Mapped[str]
    guidance: Mapped[str] = mapped_column(default="")
    word_limit: Mapped[int | None]
    is_required: Mapped[bool] = mapped_column(default=True)
    choices: Mapped[list[str]] = mapped_column(default=list)
    pass_fail: Mapped[bool] = mapped_column(default=False)
    weight: Mapped[Money | None]
    minimum_score: Mapped[int | None]
    prefilled_from: Mapped[str | None]
    evaluator_note: Mapped[str] = mapped_column(default="")
    evaluated_by: Mapped[EvaluatedBy] = mapped_column(enum_of(EvaluatedBy), default=EvaluatedBy.EITHER)
    evidence: Mapped[EvidenceRule] = mapped_column(enum_of(EvidenceRule), default=EvidenceRule.NONE)
    evidence_kind: Mapped[EvidenceKind | None] = mapped_column(enum_of(EvidenceKind))
    may_be_obtained_on_award: Mapped[bool] = mapped_column(default=False)
    shown_when_question_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("question.id"))
    shown_when_value: Mapped[str | None]
    amendment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("amendment.id"))

    section: Mapped[Section] = relationship(back_populates="questions")
    shown_when_question: Mapped[Question | None] = relationship(remote_side="Question.id")


class Amendment(Identified, Base):
    """A published correction of a published round: numbered, told to every applicant, never changed."""

    __tablename__ = "amendment"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    summary: Mapped[str]
    published_at: Mapped[datetime]
    published_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    round: Mapped[Round] = relationship()
    changes: Mapped[list[AmendmentChange]] = relationship(back_populates="amendment")


class AmendmentChange(Identified, Base):
    """What an amendment made of one question: its wording before and after, each a whole (`WORDING`)."""

    __tablename__ = "amendment_change"
    __table_args__ = (UniqueConstraint("amendment_id", "question_id"),)

    amendment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("amendment.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id"), index=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    amendment: Mapped[Amendment] = relationship(back_populates="changes")
    question: Mapped[Question] = relationship()


class PlacementType(Base):
    """A list that councils differ on: what kind of placement."""

    __tablename__ = "placement_type"

    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    position: Mapped[int]


class NeedCategory(Base):
    """A list that councils differ on: how much need."""

    __tablename__ = "need_category"

    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    position: Mapped[int]


class AgeBand(Base):
    """A list that councils differ on: whole years, both ends included."""

    __tablename__ = "age_band"
    __table_args__ = (CheckConstraint("youngest <= oldest", name="ages_in_order"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    youngest: Mapped[int]
    oldest: Mapped[int]
    position: Mapped[int]


class PriceCell(Base):
    """One cell of the price schedule: placement type × need category × age band → weekly fee."""

    __tablename__ = "price_cell"
    __table_args__ = (UniqueConstraint("placement_type", "need_category", "age_band"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    placement_type: Mapped[str] = mapped_column(ForeignKey("placement_type.code"))
    need_category: Mapped[str] = mapped_column(ForeignKey("need_category.code"))
    age_band: Mapped[str] = mapped_column(ForeignKey("age_band.code"))


class BasketVolume(Base):
    """How many weeks of a cell the round's basket counts, and the highest weekly fee it allows, if any."""

    __tablename__ = "basket_volume"
    __table_args__ = (CheckConstraint("weeks >= 0", name="weeks_not_negative"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"), primary_key=True)
    cell_id: Mapped[int] = mapped_column(ForeignKey("price_cell.id"), primary_key=True)
    weeks: Mapped[int]
    ceiling: Mapped[Money | None]

    round: Mapped[Round] = relationship(back_populates="volumes")
    cell: Mapped[PriceCell] = relationship(lazy="joined", innerjoin=True)


class Clarification(Versioned, Base):
    """A provider's question about a round, as it was asked, and its private answer if it got one.

    Who asked stands apart in `ClarificationAsker`, which is sealed from the councils until the round is opened.
    """

    __tablename__ = "clarification"
    __table_args__ = (
        CheckConstraint("question <> ''", name="question_asked"),
        CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by_id IS NULL)",
            name="answered_when",
        ),
        CheckConstraint(
            "(state = 'private') = (private_answer <> '') AND (state = 'private') = (private_reason <> '')",
            name="private_with_reason",
        ),
        Index(None, "round_id", "created_at"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    question: Mapped[str]
    state: Mapped[ClarificationState] = mapped_column(
        enum_of(ClarificationState), default=ClarificationState.WAITING
    )
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    private_answer: Mapped[str] = mapped_column(default="")
    private_reason: Mapped[str] = mapped_column(default="")

    round: Mapped[Round] = relationship()


class ClarificationAsker(Base):
    """Whose question it is. Before opening only the organisation itself may know (rule 1)."""

    __tablename__ = "clarification_asker"

    clarification_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clarification.id"), primary_key=True)
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))


class ClarificationNote(Identified, Base):
    """What everybody may read: a numbered question and answer. Never changed: a correction is another note."""

    __tablename__ = "clarification_note"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        UniqueConstraint("clarification_id"),
        UniqueConstraint("corrects_id"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("(kind = 'answer') = (corrects_id IS NULL)", name="corrects_what"),
        CheckConstraint("(kind = 'answer') = (clarification_id IS NOT NULL)", name="answers_what"),
        CheckConstraint("question <> '' AND answer <> ''", name="says_something"),
        Index(
            "ix_clarification_note_search",
            text("to_tsvector('english'::regconfig, (question || ' '::text) || answer)"),
            postgresql_using="gin",
        ),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    kind: Mapped[NoteKind] = mapped_column(enum_of(NoteKind))
    clarification_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("clarification.id"))
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("clarification_note.id"))
    question: Mapped[str]
    answer: Mapped[str]
    published_at: Mapped[datetime]
    published_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    round: Mapped[Round] = relationship()
    corrects: Mapped[ClarificationNote | None] = relationship(
        remote_side="ClarificationNote.id", back_populates="corrected_by"
    )
    corrected_by: Mapped[ClarificationNote | None] = relationship(back_populates="corrects", uselist=False)
