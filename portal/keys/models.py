"""Keys that act for a provider in the name of whoever made them, and the minute's count of each one's calls."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.core.db import Base, Identified
from portal.providers.models import Organisation

CALLS_A_MINUTE = 120


class ApiKey(Identified, Base):
    """A key. Of its secret only a hash is kept; `starts_with` lets people tell one from another.

    It expires at a date and may be revoked; neither is ever undone.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("secret_hash"),
        CheckConstraint("scopes <> '{}'", name="for_something"),
        CheckConstraint("calls_a_minute > 0", name="calls_allowed"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_by_somebody"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    starts_with: Mapped[str]
    secret_hash: Mapped[bytes]
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime]
    calls_a_minute: Mapped[int] = mapped_column(default=CALLS_A_MINUTE, server_default=str(CALLS_A_MINUTE))
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    use: Mapped[ApiKeyUse | None] = relationship(viewonly=True)


class ApiKeyUse(Base):
    """How many calls came in the minute of the last one, and when that was. Written by one statement a call."""

    __tablename__ = "api_key_use"

    api_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    minute: Mapped[datetime]
    calls: Mapped[int]
    used_at: Mapped[datetime]
