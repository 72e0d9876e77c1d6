"""What staff do about messages that did not arrive."""

from __future__ import annotations

from typing import Any

from portal.core import audit, jobs, transitions
from portal.core.access import require
from portal.core.db import session
from portal.notifications import policy, queries
from portal.notifications.models import Message
from portal.notifications.workflow import MESSAGE


def send_again(message: Message, *, by: Any, seen_version: int | None = None) -> None:
    """Queue a message that failed or is in doubt. One in doubt may then arrive twice: a person's decision.

    `by` None: the worker does it to a sealed message, for whoever asked without seeing it.
    """
    transitions.apply(MESSAGE, "send_again", message, by=by, seen_version=seen_version)
    message.attempts, message.asked = 0, 0
    session.flush()
    jobs.defer("notifications.deliver", message_id=message.id)


def leave(message: Message, *, by: Any, seen_version: int | None = None) -> None:
    """Decide that nothing more is done about a message."""
    transitions.apply(MESSAGE, "leave", message, by=by, seen_version=seen_version)
    session.flush()


def ask_for_sealed(*, by: Any) -> None:
    """Have every undelivered message about an unopened round sent again, without learning whose it is."""
    require(policy.can_see_to_mail(by))
    audit.record("sealed_mail.sent_again", by, by=by)
    jobs.defer("notifications.send_sealed_again")


def send_sealed_again() -> None:
    """Queue every undelivered message about an unopened round. The worker alone sees them."""
    for message_id in queries.list_undelivered_sealed():
        send_again(queries.get_message(message_id), by=None)
