"""Recommendations, the decisions on them, and the notices that tell applicants."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.applications.models import Application
from portal.core.db import Base, Identified, enum_of
from portal.decisions.states import DecisionKind, Outcome
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
    """What is recommended for one application, with the figures it rests on (points)."""

    __tablename__ = "recommendation_line"
    __table_args__ = (
        UniqueConstraint("recommendation_id", "application_id"),
        CheckConstraint("reason <> ''", name="with_reason"),
    )

    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    outcome: Mapped[Outcome] = mapped_column(enum_of(Outcome))
    reason: Mapped[str]
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
    """The approver's decision, with reasons. The database refuses one who took part in the round (rule 6)."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("recommendation_id"),
        CheckConstraint("reasons <> ''", name="with_reasons"),
    )

    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"))
    kind: Mapped[DecisionKind] = mapped_column(enum_of(DecisionKind))
    reasons: Mapped[str]
    decided_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime]

    recommendation: Mapped[Recommendation] = relationship(back_populates="decision")


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
