"""A person's own notifications: reading them, and choosing how to be told."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Stale, on_constraint
from portal.notifications import policy, queries
from portal.notifications.models import Notification, NotificationSettings
from portal.notifications.states import Topic

on_constraint(
    "uq_notification_settings_person_id",
    "You saved your choices in another tab just now. Load this page again.",
)

# 07 and nine more digits; not 070 (personal numbers) or 076 (pagers), but for 07624, the Isle of Man's.
UK_MOBILE = re.compile(r"07(?:[1-57-9]\d{8}|624\d{6})", re.ASCII)
WRITTEN_BETWEEN = re.compile(r"[\s().\-–]")


def mark_read(notification: Notification, *, by: Any) -> None:
    """Note that somebody has read a notification of theirs. Reading it again changes nothing."""
    require(policy.can_read(by, notification))
    if notification.read_at is None:
        notification.read_at = clock.now()
        session.flush()


def mark_all_read(*, by: Any) -> None:
    """Note that somebody has read all they were told until now."""
    session.execute(
        sa.update(Notification)
        .where(Notification.person_id == by.id, Notification.read_at.is_(None))
        .values(read_at=clock.now())
    )


def choose_settings(
    *, digest_topics: Collection[Topic], mobile: str, by: Any, seen_version: int | None
) -> NotificationSettings:
    """Choose which topics come once a day, and where urgent texts go (nothing: none are sent).

    Raises `Invalid` on `mobile`, or `Stale`.
    """
    number = clean_mobile(mobile)
    settings = queries.find_settings(by.id)
    if settings is None:
        settings = NotificationSettings(person_id=by.id)
        session.add(settings)
    else:
        _hold(settings, seen_version)
    settings.digest_topics = sorted(topic.value for topic in digest_topics)
    settings.mobile = number
    session.flush()
    return settings


def clean_mobile(text: str) -> str | None:
    """`+44 7700 900123` as `07700900123`, nothing as None. Raises `Invalid` for what is no UK mobile number."""
    number = WRITTEN_BETWEEN.sub("", text)
    if not number:
        return None
    number = re.sub(r"^(?:\+44|0044)0?", "0", number)
    if not UK_MOBILE.fullmatch(number):
        raise Invalid("Enter a UK mobile number, like 07700 900123 or +44 7700 900123.", field="mobile")
    return number


def _hold(settings: NotificationSettings, seen_version: int | None) -> None:
    lock(settings)
    if seen_version is None:
        raise Stale
    check_version(settings, seen_version)
