"""Reads links out of the emails that the portal wrote."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import sqlalchemy as sa

from portal.core.db import session
from portal.notifications.models import Message


def mails(to: str) -> list[Message]:
    """What was written to an address, oldest first."""
    statement = sa.select(Message).where(Message.recipient == to).order_by(Message.created_at, Message.id)
    return list(session.execute(statement).scalars())


def templates(to: str) -> list[str]:
    return [message.template for message in mails(to)]


def link(to: str) -> str:
    """The path of the first link in the newest email to an address."""
    found = re.search(r"https?://\S+", mails(to)[-1].body)
    assert found is not None
    return urlsplit(found.group()).path
