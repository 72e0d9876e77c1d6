"""The demonstration's letter box: every email the portal wrote, by the address it was written to."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.core.access import current_person, public
from portal.core.errors import NotFound
from portal.core.web import page, page_number
from portal.notifications import queries
from portal.notifications.models import Message
from portal.notifications.views.edge import blueprint, with_links

PAGE_LENGTH = 10
RECIPIENTS_OFFERED = 30


@dataclass(frozen=True)
class Letter:
    """A message as the page shows it: plain text whose addresses are links."""

    message: Message
    body: Markup


@blueprint.route("/sent-mail", methods=["GET"])
@public
def sent_mail() -> ResponseReturnValue:
    if not current_app.config["DEMONSTRATION"]:
        raise NotFound
    recipient = request.args.get("to", "").strip().lower()
    number = page_number()
    found = queries.list_messages(recipient, offset=(number - 1) * PAGE_LENGTH, limit=PAGE_LENGTH + 1)
    return page(
        "notifications/sent_mail.html",
        recipient=recipient,
        recipients=queries.list_latest_recipients(RECIPIENTS_OFFERED),
        letters=[Letter(message, with_links(message.body)) for message in found[:PAGE_LENGTH]],
        number=number,
        has_next=len(found) > PAGE_LENGTH,
        own_address=current_person().email if current_person() is not None else None,
    )
