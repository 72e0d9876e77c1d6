"""Emails as the portal keeps them."""

from __future__ import annotations

import uuid
from typing import Any

from portal.core import clock
from portal.notifications.models import Message
from portal.notifications.states import MessageState
from tests.support.acting import save


def message(to: str = "ada@example.org", **columns: Any) -> Message:
    """A message that is waiting to be sent."""
    defaults: dict[str, Any] = {
        "recipient": to,
        "subject": "Something happened",
        "body": "Something happened.\n",
        "template": "accounts/password_changed",
        "reference": uuid.uuid4().hex,
        "state": MessageState.QUEUED,
        "created_at": clock.now(),
    }
    return save(Message(**{**defaults, **columns}))
