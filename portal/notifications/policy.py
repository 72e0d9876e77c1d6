"""Who may read notifications, and who sees to messages that did not arrive."""

from __future__ import annotations

from typing import Any

from portal.core.access import ALLOWED, Verdict, denied
from portal.notifications.models import Message, Notification

# The accounts stand above this feature, so roles are named here as they are stored.
SEES_TO_MAIL = ("commissioner", "system_administrator")


def can_be_told(person: Any) -> Verdict:
    """Everybody who can sign in has notifications and chooses how to be told."""
    return ALLOWED


def can_read(person: Any, notification: Notification) -> Verdict:
    """Only the person who was told."""
    if notification.person_id != person.id:
        return denied("Only the person who was told can read a notification.")
    return ALLOWED


def can_see_to_mail(person: Any) -> Verdict:
    """Commissioners and system administrators."""
    if not person.holds(*SEES_TO_MAIL):
        return denied("Only commissioners and system administrators see to mail that did not arrive.")
    return ALLOWED


def can_settle(person: Any, message: Message) -> Verdict:
    """Whoever sees to mail decides about a message that did not arrive."""
    return can_see_to_mail(person)
