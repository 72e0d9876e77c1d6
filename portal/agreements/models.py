"""Agreements between the councils and a provider, extensions of the framework, and the reviews of its prices."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.agreements.states import AgreementState, ExtensionState, PriceReviewState, ReviewStepKind
from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.documents.models import Document
from portal.frameworks.models import Framework
from portal.pricing.models import Percent
from portal.pricing.states import WageBand
from portal.providers.models import Organisation


class Agreement(Versioned, Base):
    """One provider's agreement. Its end date is the framework's, so it is not stored here ("dovetail").

    Members from before the portal have no `application_id`. A provider has at most one agreement that
    has not lapsed or ended. `text` is what was offered, word for word; `signed_sha256` the fingerprint of the
    text that was signed.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("application_id"),
        Index(
            "uq_agreement_standing",
            "framework_id",
            "organisation_id",
            unique=True,
            postgresql_where=sa.text("state NOT IN ('lapsed', 'ended')"),
        ),
        CheckConstraint("state IN ('offered', 'lapsed') OR signed_at IS NOT NULL", name="signed_before_more"),
        CheckConstraint(
            "state IN ('offered', 'lapsed', 'signed') OR countersigned_at IS NOT NULL",
            name="countersigned_before_active",
        ),
        CheckConstraint(
            "countersigned_by_id IS NULL OR countersigned_by_id IS DISTINCT FROM signed_by_id",
            name="two_people",
        ),
    )

    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("application.id"))
    state: Mapped[AgreementState] = mapped_column(enum_of(AgreementState), default=AgreementState.OFFERED)
    starts_on: Mapped[date]
    offered_at: Mapped[datetime]
    lapses_on: Mapped[date]
    text: Mapped[str] = mapped_column(default="", server_default="", deferred=True)
    text_sha256: Mapped[str] = mapped_column(default="", server_default="")
    signed_sha256: Mapped[str | None]
    signed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    signatory_name: Mapped[str | None]
    signatory_position: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    countersigned_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    countersigned_at: Mapped[datetime | None]

    framework: Mapped[Framework] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    changes: Mapped[list[AgreementChange]] = relationship(order_by="AgreementChange.changed_at")

    @property
    def ends_on(self) -> date:
        return self.framework.ends_on


class AgreementChange(Identified, Base):
    """A suspension, its lifting or the end of an agreement, with the reason given; never altered."""

    __tablename__ = "agreement_change"
    __table_args__ = (CheckConstraint("reason <> ''", name="with_reason"),)

    agreement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agreement.id"), index=True)
    became: Mapped[AgreementState] = mapped_column(enum_of(AgreementState))
    reason: Mapped[str]
    changed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]

    changed_by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class FrameworkExtension(Versioned, Base):
    """A later end of the framework, and so of every agreement under it: proposed, consulted on, decided, notified.

    `extends_from` is the end that it was proposed from. Whoever decides neither proposed it nor recorded the
    consultation. What was decided never changes.
    """

    __tablename__ = "framework_extension"
    __table_args__ = (
        CheckConstraint("extends_to > extends_from", name="later"),
        CheckConstraint("clause <> '' AND reasons <> ''", name="with_reasons"),
        CheckConstraint(
            "state = 'proposed' OR (consultation_by_id IS NOT NULL AND consulted_on IS NOT NULL"
            " AND medway_agreed_on IS NOT NULL AND consultee <> '' AND medway_signatory <> '')",
            name="consulted_before_more",
        ),
        CheckConstraint(
            "(state IN ('proposed', 'consulted')) = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by_id IS NULL)"
            " AND (decided_at IS NULL) = (decision_number = '')"
            " AND (decided_at IS NULL) = (decision_reasons = '')",
            name="decided_whole",
        ),
        CheckConstraint(
            "decided_by_id IS NULL OR (decided_by_id <> proposed_by_id AND decided_by_id <> consultation_by_id)",
            name="duties_apart",
        ),
        CheckConstraint("(state = 'notified') = (notified_at IS NOT NULL)", name="notified_when"),
    )

    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"), index=True)
    state: Mapped[ExtensionState] = mapped_column(enum_of(ExtensionState), default=ExtensionState.PROPOSED)
    extends_from: Mapped[date]
    extends_to: Mapped[date]
    clause: Mapped[str]
    reasons: Mapped[str]
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]

    consultee: Mapped[str] = mapped_column(default="")
    consulted_on: Mapped[date | None]
    consultee_view: Mapped[str] = mapped_column(default="")
    medway_signatory: Mapped[str] = mapped_column(default="")
    medway_agreed_on: Mapped[date | None]
    consultation_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    decision_number: Mapped[str] = mapped_column(default="")
    decision_position: Mapped[str] = mapped_column(default="")
    decision_reasons: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    notified_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    notified_at: Mapped[datetime | None]

    framework: Mapped[Framework] = relationship()
    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id])
    consultation_by: Mapped[Person | None] = relationship(foreign_keys=[consultation_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
    notified_by: Mapped[Person | None] = relationship(foreign_keys=[notified_by_id])

    @property
    def is_overtaken(self) -> bool:
        """Another extension moved the framework's end since this one was proposed."""
        return self.decided_at is None and self.framework.ends_on != self.extends_from


class PriceReview(Versioned, Base):
    """A provider's request for higher prices. What people then did with it are its steps, never altered.

    `asked_modifiers` holds the whole set asked for, decimals as text; None: as they are.
    """

    __tablename__ = "price_review"
    __table_args__ = (
        Index(
            "uq_price_review_under_review",
            "framework_id",
            "organisation_id",
            unique=True,
            postgresql_where=sa.text("state IN ('requested', 'analysed', 'funded', 'recommended')"),
        ),
        CheckConstraint("reason <> ''", name="with_reason"),
    )

    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[PriceReviewState] = mapped_column(
        enum_of(PriceReviewState), default=PriceReviewState.REQUESTED
    )
    reason: Mapped[str]
    takes_effect_on: Mapped[date]
    asked_modifiers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    requested_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    requested_at: Mapped[datetime]

    framework: Mapped[Framework] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    requested_by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    lines: Mapped[list[PriceReviewLine]] = relationship(order_by="PriceReviewLine.cell_id")
    steps: Mapped[list[PriceReviewStep]] = relationship(order_by="PriceReviewStep.id")
    documents: Mapped[list[PriceReviewDocument]] = relationship(order_by="PriceReviewDocument.document_id")


class PriceReviewLine(Base):
    """One weekly fee as it was on the day of the request (None: not offered, or not agreed) and as asked for."""

    __tablename__ = "price_review_line"
    __table_args__ = (CheckConstraint("asked_fee > coalesce(old_fee, 0)", name="asks_more"),)

    price_review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("price_review.id"), primary_key=True)
    cell_id: Mapped[int] = mapped_column(ForeignKey("price_cell.id"), primary_key=True)
    old_fee: Mapped[Money | None]
    asked_fee: Mapped[Money]


class PriceReviewStep(Identified, Base):
    """What one person did in a review, with their words and figures (decimals and dates as text)."""

    __tablename__ = "price_review_step"
    __table_args__ = (CheckConstraint("text <> ''", name="with_text"),)

    price_review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("price_review.id"), index=True)
    kind: Mapped[ReviewStepKind] = mapped_column(enum_of(ReviewStepKind))
    text: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))

    done_by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class PriceReviewDocument(Base):
    """A file that the provider rests its request on."""

    __tablename__ = "price_review_document"

    price_review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("price_review.id"), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)

    document: Mapped[Document] = relationship(lazy="joined", innerjoin=True)


class PriceReviewTerms(Versioned, Base):
    """When a framework's prices are reviewed, and its formula: settings, where they differ from the defaults.

    The dates are those of one year and come round every year until they are changed. `cpi_percent` and
    `wage_percent` are entered for one month's index, where the shipped data do not hold it, with their source.
    """

    __tablename__ = "price_review_terms"
    __table_args__ = (
        UniqueConstraint("framework_id"),
        CheckConstraint("opens_on <= closes_on AND closes_on < takes_effect_on", name="dates_in_order"),
        CheckConstraint("weight BETWEEN 0 AND 1", name="weight_is_a_share"),
        CheckConstraint("floor <= cap", name="floor_below_cap"),
        CheckConstraint("index_month BETWEEN 1 AND 12", name="month_of_the_year"),
        CheckConstraint("decimals BETWEEN 0 AND 2", name="few_decimals"),
        CheckConstraint(
            "(figures_month IS NULL) = (cpi_percent IS NULL AND wage_percent IS NULL)"
            " AND (figures_month IS NULL OR figures_source <> '')",
            name="figures_with_their_source",
        ),
    )

    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    takes_effect_on: Mapped[date]
    index_month: Mapped[int]
    wage_band: Mapped[WageBand] = mapped_column(enum_of(WageBand))
    weight: Mapped[Percent]
    cap: Mapped[Percent | None]
    floor: Mapped[Percent | None]
    decimals: Mapped[int]
    figures_month: Mapped[date | None]
    cpi_percent: Mapped[Percent | None]
    wage_percent: Mapped[Percent | None]
    figures_source: Mapped[str] = mapped_column(default="")
