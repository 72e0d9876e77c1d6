"""The daily email: what somebody who chose it was told since the last one, at eight in the morning in Kent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from portal.core import clock, links
from portal.core.clock import LONDON
from portal.core.db import session
from portal.notifications import queries
from portal.notifications.models import Digest, Notification
from portal.notifications.services.writing import insert_once, render, write

AT = time(8)
TEMPLATE = "notifications/digest"


def list_due() -> list[UUID]:
    """Whose daily email is due. A worker that slept at eight sends it when it wakes."""
    return queries.list_waiting_people(_last_eight())


def send_digest(person_id: UUID) -> None:
    """Write one person's daily email; nothing when there is nothing to tell, or today's has been written."""
    eight = _last_eight()
    waiting = queries.list_waiting(person_id, eight)
    for sealed_round_id, told in _by_seal(waiting):
        digest_id = _claim(person_id, eight.date(), sealed_round_id)
        if digest_id is None:
            continue
        for notification in told:
            notification.digest_id = digest_id
        _write(told, sealed_round_id)


def _last_eight() -> datetime:
    """The last eight o'clock in Kent, summer or winter."""
    local = clock.now().astimezone(LONDON)
    day = local.date() if local.time() >= AT else local.date() - timedelta(days=1)
    return datetime.combine(day, AT, LONDON)


def _by_seal(waiting: list[Notification]) -> Iterable[tuple[UUID | None, list[Notification]]]:
    """What one email may hold. What no round seals travels with the first sealed part, if there is one."""
    parts: dict[UUID | None, list[Notification]] = {}
    for notification in waiting:
        parts.setdefault(notification.sealed_round_id, []).append(notification)
    open_part = parts.pop(None, [])
    first = next(iter(parts), None)
    if open_part:
        parts[first] = sorted(open_part + parts.get(first, []), key=lambda told: told.created_at)
    return parts.items()


def _claim(person_id: UUID, day: date, sealed_round_id: UUID | None) -> UUID | None:
    """The id of this day's email; None when it has been written already."""
    made = Digest(
        id=uuid.uuid4(),
        created_at=clock.now(),
        person_id=person_id,
        day=day,
        sealed_round_id=sealed_round_id,
    )
    return made.id if insert_once(made) else None


def _write(told: list[Notification], sealed_round_id: UUID | None) -> None:
    session.refresh(told[0], ["person"])
    person = told[0].person
    if person.is_disabled:
        return
    items = [
        {"title": one.title, "at": one.created_at, "address": links.whole(one.path) if one.path else None}
        for one in told
    ]
    context = {
        "name": person.full_name,
        "items": items,
        "all_at": links.link("notifications.index"),
        "settings_at": links.link("notifications.settings"),
    }
    write(person.email, render(TEMPLATE, context), template=TEMPLATE, sealed_round_id=sealed_round_id)
