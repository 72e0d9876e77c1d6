"""Telling a key's maker in time that it is about to expire, before a system falls silent."""

from __future__ import annotations

import uuid
from datetime import timedelta

from portal.core import clock, links
from portal.keys import queries
from portal.notifications.services import tell

DAYS_AHEAD = (2, 14)


def remind_expiring() -> int:
    """Tell the makers of keys that expire within fourteen days, and again within two; returns how many were told.

    Safe to repeat: each of the two is told once. For a job.
    """
    now, told = clock.now(), 0
    for key in queries.list_expiring(now + timedelta(days=max(DAYS_AHEAD))):
        ahead = next(days for days in DAYS_AHEAD if key.expires_at <= now + timedelta(days=days))
        href = links.link("keys.index", organisation_id=key.organisation_id)
        tell(
            key.person,
            template="keys/expiring",
            context={
                "key": key.name,
                "organisation": key.organisation.name,
                "expires_at": key.expires_at,
                "href": href,
            },
            link=href,
            cause_id=uuid.uuid5(key.id, f"expires in {ahead}"),
        )
        told += 1
    return told
