"""Telling a person of an event: on their notifications page, and by email at once or with the day's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from portal.adapters import mail
from portal.core import clock, links
from portal.notifications import queries
from portal.notifications.models import Message, Notification, NotificationSettings
from portal.notifications.services.writing import Words, insert_once, render, write
from portal.notifications.states import Channel, topic_of

MOST_TEXT_CHARACTERS = 612


class Told(Protocol):
    """Whoever is told: a person of the portal."""

    @property
    def id(self) -> Any: ...

    @property
    def email(self) -> Any: ...

    @property
    def full_name(self) -> Any: ...

    @property
    def is_disabled(self) -> Any: ...


def tell(
    person: Told,
    *,
    template: str,
    context: Mapping[str, Any],
    link: str | None = None,
    mandatory: bool = False,
    urgent: bool = False,
    sealed_round_id: UUID | None = None,
    cause_id: UUID | None = None,
) -> Notification | None:
    """Tell one person, when and only if this transaction commits. None: told of this before, or disabled.

    `template` names an email template; `context` needs no `name`. `link` is the page it is about, as a path
    or as `core.links.link` writes it. Mandatory and urgent ones are mailed at once, others as the person
    chose; urgent ones also go by text to whoever gave a mobile number. `cause_id` makes telling safe to
    repeat. `sealed_round_id` hides the email from the councils until that round is opened.
    """
    if person.is_disabled:
        return None
    settings = queries.find_settings(person.id)
    at_once = mandatory or urgent or not _chose_digest(settings, template)
    words = render(template, {"name": person.full_name, **context})
    told = Notification(
        id=uuid.uuid4(),
        created_at=clock.now(),
        person_id=person.id,
        template=template,
        title=words.subject,
        body=words.body,
        path=_path(link),
        is_mandatory=mandatory,
        is_urgent=urgent,
        cause_id=cause_id,
        sealed_round_id=sealed_round_id,
        waits_for_digest=not at_once,
    )
    if not insert_once(told):
        return None
    if at_once:
        _write_messages(told, person.email, settings)
    return told


def send_text(to: str, *, template: str, context: Mapping[str, Any], link: str) -> Message | None:
    """A text message to a number that is nobody's account, such as a duty telephone: the template's subject line.

    None where the carrier takes no text messages.
    """
    if not mail.current().sends_texts:
        return None
    words = render(template, context)
    return write(to, Words("", _fitting(words.subject, _path(link))), template=template, channel=Channel.TEXT)


def _chose_digest(settings: NotificationSettings | None, template: str) -> bool:
    return topic_of(template).value in (settings.digest_topics if settings is not None else ())


def _path(link: str | None) -> str | None:
    """The part of an address that stays inside the portal, whatever host it is reached by."""
    if link is None:
        return None
    parts = urlsplit(link)
    if not parts.path.startswith("/") or parts.path.startswith("//"):
        raise ValueError("A notification links to a page of the portal, by its path.")
    return parts._replace(scheme="", netloc="").geturl()


def _write_messages(told: Notification, email: str, settings: NotificationSettings | None) -> None:
    more = {"notification_id": told.id, "sealed_round_id": told.sealed_round_id}
    write(email, Words(told.title, told.body), template=told.template, **more)
    mobile = settings.mobile if settings is not None else None
    if told.is_urgent and mobile is not None and mail.current().sends_texts:
        text = Words("", _as_text(told))
        write(mobile, text, template=told.template, channel=Channel.TEXT, **more)


def _as_text(told: Notification) -> str:
    """The title, and where to read more: what fits into the longest text message."""
    return _fitting(told.title, told.path)


def _fitting(title: str, path: str | None) -> str:
    address = f" {links.whole(path)}" if path else ""
    room = MOST_TEXT_CHARACTERS - len(address) - 1
    title = title if len(title) <= room else title[: room - 1] + "…"
    return f"{title}.{address}" if not title.endswith((".", "…", "?", "!")) else title + address
