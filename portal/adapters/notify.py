"""GOV.UK Notify, which councils send emails and text messages with.

MAIL_URL is `notify://API-KEY@api.notifications.service.gov.uk/?email_template=ID&text_template=ID`. The
email template holds `((subject))` and `((body))`, the one for texts `((body))`. Our own reference goes with
each message, so that Notify can be asked what became of it: after a doubt, before anything is sent again.
`notify+http://` speaks to a server on this machine, for trying things out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from notifications_python_client.errors import APIError, HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from urllib3.exceptions import NewConnectionError

from portal.adapters.mail import TIMEOUT_SECONDS, Fate, FateKind, Mailer, MailInDoubt, MailRefused

BAD_REQUEST = 400
SERVER_ERRORS = range(500, 600)

ON_THE_WAY = frozenset({"created", "sending", "pending", "sent"})
REASONS = {
    "permanent-failure": "The address or number does not exist, or does not accept messages.",
    "temporary-failure": "The mailbox was full or the phone was off for three days.",
    "technical-failure": "GOV.UK Notify could not send it.",
}


class NotifyMailer(Mailer):
    """Sends emails and, where a template for them is given, text messages through GOV.UK Notify."""

    can_be_asked = True

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        settings = parse_qs(parts.query)
        scheme = "http" if parts.scheme == "notify+http" else "https"
        self._base_url = f"{scheme}://{parts.netloc.rpartition('@')[2]}"
        self._api_key = parts.username or ""
        self._email_template = settings["email_template"][0]
        self._text_template = settings.get("text_template", [""])[0]
        self.sends_texts = bool(self._text_template)

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        words = {"subject": subject, "body": body}
        client = self._client()
        _hand_over(
            lambda: client.send_email_notification(to, self._email_template, words, reference=reference)
        )

    def send_text(self, *, to: str, body: str, reference: str) -> None:
        client = self._client()
        _hand_over(
            lambda: client.send_sms_notification(to, self._text_template, {"body": body}, reference=reference)
        )

    def find(self, reference: str) -> Fate:
        found = self._client().get_all_notifications(reference=reference)["notifications"]
        if not found:
            return Fate(FateKind.NEVER_SEEN)
        status = found[0]["status"]  # the newest first
        if status == "delivered":
            return Fate(FateKind.DELIVERED)
        if status in ON_THE_WAY:
            return Fate(FateKind.ON_ITS_WAY)
        return Fate(FateKind.REFUSED, REASONS.get(status, f"GOV.UK Notify said: {status}."))

    def _client(self) -> Any:
        # A new one each time: it is not safe to share between the worker's threads.
        return NotificationsAPIClient(  # type: ignore[no-untyped-call] # the library has no types
            self._api_key, base_url=self._base_url, timeout=TIMEOUT_SECONDS
        )


def _hand_over(post: Callable[[], Any]) -> None:
    """Post, and say of an error whether it was refused for good, is in doubt, or was not taken."""
    try:
        post()
    except InvalidResponse as error:
        raise MailInDoubt("GOV.UK Notify took it, but its answer could not be read.") from error
    except HTTPError as error:
        if error.status_code == BAD_REQUEST:
            raise MailRefused(f"GOV.UK Notify said: {_words(error)}") from None
        if error.status_code in SERVER_ERRORS and not _never_left(error):
            raise MailInDoubt(f"GOV.UK Notify did not answer as it should: {error.status_code}.") from error
        raise


def _words(error: APIError) -> str:
    said = error.message
    return said if isinstance(said, str) else "; ".join(str(one.get("message", one)) for one in said)


def _never_left(error: HTTPError) -> bool:
    """Nothing listened at the other end, so nothing can have been taken."""
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    return isinstance(reason, NewConnectionError)
