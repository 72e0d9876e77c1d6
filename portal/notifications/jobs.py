"""Delivering messages. Each step commits before the next, so that a crash can never send twice unseen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from portal.adapters import mail
from portal.adapters.mail import Fate, FateKind, MailInDoubt, MailRefused
from portal.core.db import transaction
from portal.core.jobs import job
from portal.notifications import services
from portal.notifications.models import Message

log = logging.getLogger(__name__)


@job("notifications.deliver")
def deliver(message_id: str) -> None:
    """Hand one message over. One that was not taken is queued again for later, with what went wrong."""
    with transaction():
        message = services.start_sending(UUID(message_id))
    if message is None:
        return
    try:
        services.hand_over(message)
    except MailInDoubt as doubt:
        _note(message, services.mark_in_doubt, doubt)
    except MailRefused as refusal:
        _note(message, services.give_up, refusal)
    except Exception as error:
        _note(message, services.put_back, error)
    else:
        with transaction() as session:
            services.mark_sent(session.merge(message, load=False))


@job("notifications.follow")
def follow(message_id: str) -> None:
    """Ask the carrier what became of a message. No answer counts as "on its way": it is asked again."""
    with transaction():
        message = services.find_followed(UUID(message_id))
    if message is None:
        return
    try:
        fate = mail.current().find(message.reference)
    except Exception as error:
        log.warning("The carrier did not say what became of a message: %s", type(error).__name__)
        fate = Fate(FateKind.UNKNOWN)
    with transaction() as session:
        services.settle(session.merge(message, load=False), fate)


@job("notifications.send_digests", cron="*/10 * * * *")
def send_digests() -> None:
    """Write the daily emails that are due, each in a transaction of its own."""
    with transaction():
        due = services.list_due()
    for person_id in due:
        with transaction():
            services.send_digest(person_id)


@job("notifications.send_sealed_again")
def send_sealed_again() -> None:
    """Queue what did not arrive about unopened rounds, which nobody at the councils may see."""
    with transaction():
        services.send_sealed_again()


def _note(message: Message, note: Callable[[Message, str], None], error: Exception) -> None:
    # The log names the error's kind alone: what a mail server answers names addresses (rule 1).
    kind = type(error).__name__
    log.warning("A message was not handed over: %s", kind)
    in_words = isinstance(error, MailRefused | MailInDoubt) and str(error)
    with transaction() as session:
        note(session.merge(message, load=False), str(error) if in_words else f"{kind}: {error}")
