"""Reads of notifications, of how people wish to be told, and of messages: what went where, what did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import session
from portal.core.errors import NotFound
from portal.notifications.models import Message, Notification, NotificationSettings
from portal.notifications.states import UNDELIVERED, Channel


@dataclass(frozen=True)
class Row:
    """A notification as its list shows it; `was_undelivered` says that its email did not arrive."""

    notification: Notification
    was_undelivered: bool


@dataclass(frozen=True)
class SealedDay:
    """How many sealed messages did not arrive, of those written on one day: of unopened rounds, or of drafts."""

    day: date
    messages: int


def get_message(message_id: UUID) -> Message:
    """One message, for the job that delivers it."""
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound
    return message


def count_sent_since(moment: datetime, *, to: str, templates: Sequence[str]) -> int:
    """How many messages of these kinds an address was sent since `moment`."""
    statement = sa.select(sa.func.count()).where(
        Message.recipient == to, Message.created_at >= moment, Message.template.in_(templates)
    )
    return session.execute(statement).scalar_one()


def list_messages(recipient: str, *, offset: int, limit: int) -> list[Message]:
    """An address's messages, newest first, as far as row-level security shows them to whoever asks."""
    statement = (
        sa.select(Message)
        .where(Message.recipient == recipient.strip().lower())
        .order_by(Message.created_at.desc(), Message.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def list_latest_recipients(limit: int) -> list[str]:
    """The addresses written to most recently, each once."""
    latest = sa.func.max(Message.created_at)
    statement = sa.select(Message.recipient).group_by(Message.recipient).order_by(latest.desc()).limit(limit)
    return list(session.execute(statement).scalars())


def find_settings(person_id: UUID) -> NotificationSettings | None:
    """How a person wishes to be told; None when they never said."""
    statement = sa.select(NotificationSettings).where(NotificationSettings.person_id == person_id)
    return session.execute(statement).scalar_one_or_none()


def get_notification(person: Any, notification_id: UUID) -> Notification:
    """One of this person's own notifications."""
    found = session.get(Notification, notification_id)
    if found is None or found.person_id != person.id:
        raise NotFound
    return found


def list_notifications(person: Any, *, offset: int, limit: int) -> list[Row]:
    """A person's own notifications, newest first."""
    undelivered = sa.exists().where(
        Message.notification_id == Notification.id,
        Message.channel == Channel.EMAIL,
        Message.state.in_(UNDELIVERED),
    )
    statement = (
        sa.select(Notification, undelivered)
        .where(Notification.person_id == person.id)
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [Row(notification, failed) for notification, failed in session.execute(statement)]


def unread_of(person_id: Any) -> sa.ScalarSelect[int]:
    """How many notifications a person has not read, as a part of the query that reads the person."""
    unread = sa.select(sa.func.count()).select_from(Notification)
    return unread.where(Notification.person_id == person_id, Notification.read_at.is_(None)).scalar_subquery()


def list_waiting_people(before: datetime) -> list[UUID]:
    """Whom notifications from before this moment wait for their daily email."""
    statement = sa.select(Notification.person_id).where(*_waiting(before)).distinct()
    return list(session.execute(statement).scalars())


def list_waiting(person_id: UUID, before: datetime) -> list[Notification]:
    """What one person's daily email shall list, oldest first, locked."""
    statement = (
        sa.select(Notification)
        .where(Notification.person_id == person_id, *_waiting(before))
        .order_by(Notification.created_at, Notification.id)
        .with_for_update()
    )
    return list(session.execute(statement).scalars())


def _waiting(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Notification.waits_for_digest.is_(True),
        Notification.digest_id.is_(None),
        Notification.read_at.is_(None),
        Notification.created_at < before,
    )


def get_undelivered(person: Any, message_id: UUID) -> Message:
    """A message for whoever sees to mail; one of a sealed round is not found (rule 1)."""
    return get_message(message_id)


def list_undelivered(*, offset: int, limit: int) -> list[Message]:
    """Messages that failed or are in doubt, newest first; row-level security leaves out sealed ones."""
    statement = (
        sa.select(Message)
        .where(Message.state.in_(UNDELIVERED))
        .order_by(Message.created_at.desc(), Message.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def list_sealed_days() -> list[SealedDay]:
    """Of sealed messages that did not arrive, all that the councils may know before opening (rule 1)."""
    rows = session.execute(sa.text("SELECT day, messages FROM count_undelivered_sealed()"))
    return [SealedDay(row.day, row.messages) for row in rows]


def list_unsubmitted_days() -> list[SealedDay]:
    """Of mail about applications in opened rounds that nobody submitted, all that the councils ever know."""
    rows = session.execute(sa.text("SELECT day, messages FROM count_undelivered_unsubmitted()"))
    return [SealedDay(row.day, row.messages) for row in rows]


def list_undelivered_sealed() -> list[UUID]:
    """The messages behind those counts, for the worker alone: to anybody at the councils it is empty."""
    unopened = sa.text("sealed_round_id IN (SELECT id FROM round WHERE opened_at IS NULL)")
    return list(
        session.execute(sa.select(Message.id).where(Message.state.in_(UNDELIVERED), unopened)).scalars()
    )
