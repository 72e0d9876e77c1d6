"""Emails as the portal wrote them: one row, one stable reference, however often delivery is tried."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Versioned, enum_of
from portal.notifications.states import MessageState


class Message(Versioned, Base):
    """One email to one address. `sealed_round_id` hides it from the councils until that round is opened.

    The body of a message with `is_secret` holds a key to an account; it is not kept once it has been sent.
    """

    __tablename__ = "message"
    __table_args__ = (Index(None, "recipient", "created_at"), UniqueConstraint("reference"))

    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    template: Mapped[str]
    reference: Mapped[str]
    state: Mapped[MessageState] = mapped_column(enum_of(MessageState), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    is_secret: Mapped[bool] = mapped_column(default=False)
    sealed_round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("round.id"))
