"""What people are told, how they wish to hear of it, and the emails and texts that carry it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base, Identified, Versioned, enum_of
from portal.notifications.states import Channel, MessageState, Topic, topic_of

if TYPE_CHECKING:
    # People belong to the feature above; SQLAlchemy finds the class by its name.
    from portal.accounts.models import Person


class Message(Versioned, Base):
    """One email or text: one row, one stable reference, however often delivery is tried.

    `sealed_round_id` hides it from the councils until that round is opened. The body of a message with
    `is_secret` holds a key to an account; it is not kept once it has been sent.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(None, "recipient", "created_at"),
        Index(
            "ix_message_undelivered", "created_at", postgresql_where=text("state IN ('failed', 'in_doubt')")
        ),
        UniqueConstraint("reference"),
    )

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
    channel: Mapped[Channel] = mapped_column(enum_of(Channel), default=Channel.EMAIL, server_default="email")
    # How often the carrier was asked what became of it.
    asked: Mapped[int] = mapped_column(default=0, server_default="0")
    notification_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("notification.id"), index=True)


class Notification(Identified, Base):
    """One thing a person was told. Told twice of one cause, it is one row."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "template", "cause_id"),
        Index(None, "person_id", "created_at"),
        Index("ix_notification_unread", "person_id", postgresql_where=text("read_at IS NULL")),
        Index(
            "ix_notification_waiting",
            "person_id",
            postgresql_where=text("waits_for_digest AND digest_id IS NULL AND read_at IS NULL"),
        ),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    template: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    path: Mapped[str | None]
    is_mandatory: Mapped[bool]
    is_urgent: Mapped[bool]
    cause_id: Mapped[uuid.UUID | None]
    sealed_round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("round.id"))
    waits_for_digest: Mapped[bool]
    digest_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("digest.id"))
    read_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")

    @property
    def topic(self) -> Topic:
        return topic_of(self.template)


class Digest(Identified, Base):
    """One daily email: at most one a day for each person.

    What is sealed by different rounds travels apart, so that opening one round says nothing of another.
    """

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("person_id", "day", "sealed_round_id", postgresql_nulls_not_distinct=True),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]
    sealed_round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("round.id"))


class NotificationSettings(Versioned, Base):
    """How one person wishes to be told. Somebody without a row is told everything at once, by email."""

    __tablename__ = "notification_settings"
    __table_args__ = (UniqueConstraint("person_id"),)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    digest_topics: Mapped[list[str]]
    mobile: Mapped[str | None]
