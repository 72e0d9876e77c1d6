"""What the clock does with keys: reminders before they expire, and forgetting the answers kept for repeated calls."""

from __future__ import annotations

from portal.core.db import transaction
from portal.core.jobs import job
from portal.core.rest.replies import forget_old_replies
from portal.keys import services


@job("keys.remind_expiring", cron="20 7 * * *")
def remind_expiring() -> None:
    """Every morning."""
    with transaction():
        services.remind_expiring()


@job("keys.forget_old", cron="27 * * * *")
def forget_old() -> None:
    """Every hour."""
    with transaction():
        forget_old_replies()
