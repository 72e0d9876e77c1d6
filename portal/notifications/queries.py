"""Reads of emails: what an address was sent, and how often lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import session
from portal.core.errors import NotFound
from portal.notifications.models import Message


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
