"""How an email leaves: by SMTP or, in the demonstration, not at all."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 20


class MailInDoubt(Exception):
    """The connection broke after the message was handed over: it may or may not have been taken."""


class Mailer(Protocol):
    """Hands one message over. Raises `MailInDoubt`, or any other error when it surely was not taken."""

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None: ...


class SmtpMailer:
    """Any SMTP server: smtp://user:password@host:587/?from=address, or smtps:// for TLS from the start."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Message-ID"] = f"<{reference}@{self._sender.rpartition('@')[2]}>"
        message.set_content(body)
        with self._connect() as server:
            try:
                server.send_message(message)
            except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
                raise MailInDoubt(str(error)) from error

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port or 25
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server


class KeptMailer:
    """The demonstration's: the message row is all there is, and the sent-mail page shows it."""

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        return None


class MemoryMailer:
    """For tests: what was sent, newest last."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        self.sent.append({"to": to, "subject": subject, "body": body, "reference": reference})


_current: Mailer = KeptMailer()


def use(mailer: Mailer) -> None:
    """Choose this process's mailer."""
    global _current
    _current = mailer


def current() -> Mailer:
    """This process's mailer."""
    return _current
