"""Messages, and what people were told, as the portal keeps them."""

from __future__ import annotations

import uuid
from typing import Any

from portal.core import clock
from portal.notifications.models import Message, Notification, NotificationSettings
from portal.notifications.states import MessageState, Topic
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


def notification(person: Any, **columns: Any) -> Notification:
    """Something a person was told and has not read."""
    defaults: dict[str, Any] = {
        "person_id": person.id,
        "template": "providers/verified",
        "title": "Hop Lane Fostering is verified",
        "body": "You can now apply when a round is open.\n",
        "path": "/start",
        "is_mandatory": False,
        "is_urgent": False,
        "waits_for_digest": False,
        "created_at": clock.now(),
    }
    return save(Notification(**{**defaults, **columns}))


def settings(person: Any, *daily: Topic, mobile: str | None = None) -> NotificationSettings:
    """What a person chose: these topics once a day, and a number for urgent texts."""
    return save(
        NotificationSettings(
            person_id=person.id, digest_topics=[topic.value for topic in daily], mobile=mobile
        )
    )
