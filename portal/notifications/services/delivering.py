"""The steps of handing a message over, which `jobs.py` takes one transaction at a time.

What is in doubt is never sent again by itself unless the carrier can be asked and has not seen it.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from portal.adapters import mail
from portal.adapters.mail import Fate, FateKind
from portal.core import clock, jobs
from portal.core.db import lock
from portal.notifications import queries
from portal.notifications.models import Message
from portal.notifications.states import Channel, MessageState

NOT_KEPT = "This message held a key to an account, so its words were not kept after it was sent."
DIED = "The worker stopped while the message was being handed over."

# Twelve attempts over some seventeen hours: a mail server that is away overnight loses nothing.
MOST_ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=30)

# When the carrier is asked what became of a message. GOV.UK Notify itself gives up after 72 hours.
ASK_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720, 1440, 2880))


def start_sending(message_id: UUID) -> Message | None:
    """Take a queued message in hand; None when there is nothing to send.

    A message found in hand already was left there by a worker that died in mid-send: it may have been
    taken, so it is in doubt and is not sent again.
    """
    message = queries.get_message(message_id)
    lock(message)
    if message.state is MessageState.SENDING:
        mark_in_doubt(message, DIED)
        return None
    if message.state is not MessageState.QUEUED:
        return None
    message.state = MessageState.SENDING
    message.attempts += 1
    return message


def hand_over(message: Message) -> None:
    """Give it to the carrier. Raises `MailInDoubt`, `MailRefused`, or any error when it was not taken."""
    carrier = mail.current()
    if message.channel is Channel.TEXT:
        carrier.send_text(to=message.recipient, body=message.body, reference=message.reference)
        return
    carrier.send(
        to=message.recipient, subject=message.subject, body=message.body, reference=message.reference
    )


def mark_sent(message: Message) -> None:
    """The carrier took it."""
    lock(message)
    message.state, message.sent_at, message.failure = MessageState.SENT, clock.now(), None
    # In the demonstration nothing leaves: the row is the letter box.
    if message.is_secret and not isinstance(mail.current(), mail.KeptMailer):
        message.body = NOT_KEPT
    ask_later(message)


def mark_in_doubt(message: Message, failure: str) -> None:
    """It may or may not have been taken. Shown as such, unless the carrier can be asked."""
    lock(message)
    message.state, message.failure = MessageState.IN_DOUBT, failure
    ask_later(message)


def give_up(message: Message, failure: str) -> None:
    """It can never be delivered."""
    lock(message)
    message.state, message.failure = MessageState.FAILED, failure


def put_back(message: Message, failure: str) -> None:
    """It was not taken: queue it again, each time for twice as long, or give up after the last attempt."""
    lock(message)
    message.failure = failure
    if message.attempts >= MOST_ATTEMPTS:
        message.state = MessageState.FAILED
        return
    message.state = MessageState.QUEUED
    wait = FIRST_WAIT * 2 ** (message.attempts - 1)
    jobs.defer("notifications.deliver", after=wait, message_id=message.id)


def ask_later(message: Message) -> None:
    """Have the carrier asked what became of it, if it can be asked and has not been asked enough."""
    if mail.current().can_be_asked and message.asked < len(ASK_AFTER):
        jobs.defer("notifications.follow", after=ASK_AFTER[message.asked], message_id=message.id)


def find_followed(message_id: UUID) -> Message | None:
    """A message whose fate is not known yet; None when it has been settled since."""
    message = queries.get_message(message_id)
    return message if message.state in (MessageState.SENT, MessageState.IN_DOUBT) else None


def settle(message: Message, fate: Fate) -> None:
    """Note what the carrier said became of a message."""
    lock(message)
    if message.state not in (MessageState.SENT, MessageState.IN_DOUBT):
        return
    message.asked += 1
    if fate.kind is FateKind.DELIVERED:
        message.state, message.failure = MessageState.DELIVERED, None
        message.sent_at = message.sent_at or clock.now()
    elif fate.kind is FateKind.REFUSED:
        message.state, message.failure = MessageState.FAILED, fate.reason
    elif message.state is MessageState.IN_DOUBT and fate.kind is FateKind.NEVER_SEEN:
        put_back(message, "The carrier never saw the attempt in doubt.")
    elif message.state is MessageState.IN_DOUBT and fate.kind is FateKind.ON_ITS_WAY:
        mark_sent(message)
    else:
        ask_later(message)
