"""Agreements between the councils and a provider under a framework, and extensions of the framework."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.agreements.states import AgreementState, ExtensionState
from portal.core.db import Base, Identified, Versioned, enum_of
from portal.frameworks.models import Framework
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
