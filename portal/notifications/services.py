"""Writing an email, and the steps of handing it over, which `jobs.py` takes one transaction at a time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.adapters import mail
from portal.core import clock, jobs, ui
from portal.core.db import lock, session
from portal.notifications import queries
from portal.notifications.models import Message
from portal.notifications.states import MessageState

NOT_KEPT = "This message held a key to an account, so its words were not kept after it was sent."


def send(
    *,
    template: str,
    to: str,
    context: Mapping[str, Any],
    sealed_round_id: UUID | None = None,
    is_secret: bool = False,
) -> Message:
    """Write an email in this transaction; it leaves when, and only if, the transaction commits.

    `template` names `templates/email/<template>.txt`, whose first line is "Subject: …". A name that the
    template uses and `context` lacks is an error. `sealed_round_id` hides the message from the councils until
    that round is opened. `is_secret`: the body holds a single-use link and is not kept once sent.
    """
    subject, body = _render(template, context)
    # With id and time made here nothing is read back: the row may be invisible to whoever causes it.
    message = Message(
        id=uuid.uuid4(),
        created_at=clock.now(),
        recipient=to.strip().lower(),
        subject=subject,
        body=body,
        template=template,
        reference=uuid.uuid4().hex,
        state=MessageState.QUEUED,
        is_secret=is_secret,
        sealed_round_id=sealed_round_id,
    )
    session.add(message)
    jobs.defer("notifications.deliver", message_id=message.id)
    return message


def start_sending(message_id: UUID) -> Message | None:
    """Take a queued message in hand; None when there is nothing to send.

    A message found in hand already was left there by a worker that died in mid-send: it may have been
    taken, so it is in doubt and is not sent again.
    """
    message = queries.get_message(message_id)
    lock(message)
    if message.state is MessageState.SENDING:
        mark_in_doubt(message, "The worker stopped while the message was being handed over.")
        return None
    if message.state is not MessageState.QUEUED:
        return None
    message.state = MessageState.SENDING
    message.attempts += 1
    return message


def hand_over(message: Message) -> None:
    """Give it to the mail server. Raises `MailInDoubt`, or any error when it surely was not taken."""
    mail.current().send(
        to=message.recipient, subject=message.subject, body=message.body, reference=message.reference
    )


def mark_sent(message: Message) -> None:
    """The mail server took it."""
    lock(message)
    message.state, message.sent_at, message.failure = MessageState.SENT, clock.now(), None
    # In the demonstration nothing leaves: the row is the letter box.
    if message.is_secret and not isinstance(mail.current(), mail.KeptMailer):
        message.body = NOT_KEPT


def mark_in_doubt(message: Message, failure: str) -> None:
    """It may or may not have been taken. Shown as such, and never sent again by itself."""
    lock(message)
    message.state, message.failure = MessageState.IN_DOUBT, failure


def put_back(message: Message, failure: str) -> bool:
    """It was not taken: queue it again, or give up after the last attempt. Says whether to try again."""
    lock(message)
    again = message.attempts < jobs.MOST_ATTEMPTS
    message.state = MessageState.QUEUED if again else MessageState.FAILED
    message.failure = failure
    return again


def _render(template: str, context: Mapping[str, Any]) -> tuple[str, str]:
    text = _environment().get_template(f"{template}.txt").render(context)
    first, _, body = text.partition("\n")
    if not first.startswith("Subject: "):
        raise ValueError(f"templates/email/{template}.txt must begin with “Subject: ”")
    return " ".join(first.removeprefix("Subject: ").split()), body.strip() + "\n"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ui.ROOT / "templates" / "email"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        uk_datetime=ui.uk_datetime, uk_date=ui.uk_date, uk_time=ui.uk_time, money=ui.money, plural=ui.plural
    )
    return made
