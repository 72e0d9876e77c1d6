"""Delivering emails. Each step commits before the next, so that a crash can never send twice unseen."""

from __future__ import annotations

from uuid import UUID

from portal.adapters.mail import MailInDoubt
from portal.core.db import transaction
from portal.core.jobs import job
from portal.notifications import services


class NotTaken(Exception):
    """The message is queued again. Says no more: what a mail server answers names addresses (rule 1)."""


@job("notifications.deliver")
def deliver(message_id: str) -> None:
    """Hand one message over. An error is raised again while attempts are left, so the queue retries."""
    with transaction():
        message = services.start_sending(UUID(message_id))
    if message is None:
        return
    try:
        services.hand_over(message)
    except MailInDoubt as doubt:
        with transaction() as session:
            services.mark_in_doubt(session.merge(message, load=False), str(doubt))
    except Exception as error:
        with transaction() as session:
            again = services.put_back(session.merge(message, load=False), f"{type(error).__name__}: {error}")
        if again:
            raise NotTaken(f"Message {message_id} was not taken: {type(error).__name__}") from None
    else:
        with transaction() as session:
            services.mark_sent(session.merge(message, load=False))
