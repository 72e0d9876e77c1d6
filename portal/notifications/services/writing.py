"""Writing a message in the transaction that causes it, and the words of emails."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.dialects.postgresql import insert

from portal.core import clock, jobs, ui
from portal.core.db import Base, session
from portal.notifications.models import Message
from portal.notifications.states import MessageState


@dataclass(frozen=True)
class Words:
    """An email's subject, in one line, and its body, in plain text."""

    subject: str
    body: str


def send(
    *,
    template: str,
    to: str,
    context: Mapping[str, Any],
    sealed_round_id: UUID | None = None,
    is_secret: bool = False,
) -> Message:
    """Write an email in this transaction; it leaves when, and only if, the transaction commits.

    For addresses without an account, and for mail that proves who somebody is; people are told with `tell`.
    `sealed_round_id` hides the message from the councils until that round is opened. `is_secret`: the body
    holds a single-use link and is not kept once sent.
    """
    words = render(template, context)
    return write(to, words, template=template, is_secret=is_secret, sealed_round_id=sealed_round_id)


def write(to: str, words: Words, *, template: str, **more: Any) -> Message:
    """Put a message into the queue. With id and time made here nothing is read back.

    The row may be invisible to whoever causes it.
    """
    message = Message(
        id=uuid.uuid4(),
        created_at=clock.now(),
        recipient=to.strip().lower(),
        subject=words.subject,
        body=words.body,
        template=template,
        reference=uuid.uuid4().hex,
        state=MessageState.QUEUED,
        **more,
    )
    session.add(message)
    jobs.defer("notifications.deliver", message_id=message.id)
    return message


def insert_once(made: Base) -> bool:
    """Write a row unless a constraint says that there is one like it. Says whether it was written.

    Without RETURNING or a conflict target, for either would read a row that its writer may not see.
    """
    columns = made.__table__.columns
    values = {column.key: getattr(made, column.key) for column in columns}
    statement = insert(type(made)).values(values).on_conflict_do_nothing()
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("sa.CursorResult[Any]", result).rowcount == 1


def render(template: str, context: Mapping[str, Any]) -> Words:
    """`templates/email/<template>.txt`, whose first line is "Subject: …".

    A name that the template uses and `context` lacks is an error.
    """
    text = _environment().get_template(f"{template}.txt").render(context)
    first, _, body = text.partition("\n")
    if not first.startswith("Subject: "):
        raise ValueError(f"templates/email/{template}.txt must begin with “Subject: ”")
    return Words(" ".join(first.removeprefix("Subject: ").split()), body.strip() + "\n")


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
