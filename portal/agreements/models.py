"""Agreements between the councils and a provider under a framework."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.agreements.states import AgreementState
from portal.core.db import Base, Versioned, enum_of
from portal.frameworks.models import Framework
from portal.providers.models import Organisation


class Agreement(Versioned, Base):
    """One provider's agreement. Its end date is the framework's, so it is not stored here ("dovetail")."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("framework_id", "organisation_id"),
        CheckConstraint(
            "state IN ('offered', 'lapsed') OR signed_at IS NOT NULL", name="signed_before_more"
        ),
        CheckConstraint(
            "state IN ('offered', 'lapsed', 'signed') OR countersigned_at IS NOT NULL",
            name="countersigned_before_active",
        ),
    )

    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("application.id"))
    state: Mapped[AgreementState] = mapped_column(enum_of(AgreementState), default=AgreementState.OFFERED)
    starts_on: Mapped[date]
    offered_at: Mapped[datetime]
    lapses_on: Mapped[date]
    signed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    signatory_name: Mapped[str | None]
    signatory_position: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    countersigned_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    countersigned_at: Mapped[datetime | None]

    framework: Mapped[Framework] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    @property
    def ends_on(self) -> date:
        return self.framework.ends_on
