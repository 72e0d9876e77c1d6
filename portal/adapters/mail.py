"""How a message leaves: by SMTP, by GOV.UK Notify (`adapters.notify`) or, in the demonstration, not at all."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 20
PERMANENT = range(500, 600)


class MailInDoubt(Exception):
    """The connection broke after the message was handed over: it may or may not have been taken."""


class MailRefused(Exception):
    """The carrier refused the message for good: trying again would not help."""


class FateKind(Enum):
    """What became of a message."""

    UNKNOWN = auto()
    NEVER_SEEN = auto()
    ON_ITS_WAY = auto()
    DELIVERED = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Fate:
    """What a carrier says became of a message, with the reason if it was refused."""

    kind: FateKind
    reason: str = ""


class Mailer:
    """A carrier. `send` raises `MailInDoubt`, `MailRefused`, or any other error when it was not taken.

    `sends_texts`: it carries text messages too. `can_be_asked`: it says what became of a message.
    """

    sends_texts = False
    can_be_asked = False

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        """Hand over an email."""
        raise NotImplementedError

    def send_text(self, *, to: str, body: str, reference: str) -> None:
        """Hand over a text message."""
        raise MailRefused("Nothing is set up that carries text messages.")

    def find(self, reference: str) -> Fate:
        """What became of the message with this reference."""
        return Fate(FateKind.UNKNOWN)


class SmtpMailer(Mailer):
    """Any SMTP server: smtp://user:password@host:587, or smtps:// for TLS from the start."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Message-ID"] = f"<{reference}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        message.set_content(body)
        with self._connected() as server:
            _hand_over(server, message)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._connect()
        try:
            yield server
            # The server answered for the message already: however it says goodbye, nothing is sent again.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port or 25
        if self._url.scheme == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = _SafeSMTPS(host, port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = _SafeSMTP(host, port, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server


class _DoubtfulData:
    """While the content is going over, a broken connection leaves in doubt whether it was taken."""

    def data(self, content: Any) -> tuple[int, bytes]:
        try:
            answer: tuple[int, bytes] = super().data(content)  # type: ignore[misc]
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise MailInDoubt(str(error)) from error
        return answer


class _SafeSMTP(_DoubtfulData, smtplib.SMTP):
    pass


class _SafeSMTPS(_DoubtfulData, smtplib.SMTP_SSL):
    pass


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        [(code, answer)] = error.recipients.values()
        _refuse_for_good(code, answer)
        raise
    except smtplib.SMTPDataError as error:
        _refuse_for_good(error.smtp_code, error.smtp_error)
        raise


def _refuse_for_good(code: int, answer: bytes | str) -> None:
    if code in PERMANENT:
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        raise MailRefused(f"The mail server said: {code} {text}") from None


class KeptMailer(Mailer):
    """The demonstration's: the message row is all there is, and the sent-mail page shows it."""

    sends_texts = True

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        return None

    def send_text(self, *, to: str, body: str, reference: str) -> None:
        return None


class MemoryMailer(Mailer):
    """For tests: what was sent, newest last."""

    sends_texts = True

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.texts: list[dict[str, str]] = []

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        self.sent.append({"to": to, "subject": subject, "body": body, "reference": reference})

    def send_text(self, *, to: str, body: str, reference: str) -> None:
        self.texts.append({"to": to, "body": body, "reference": reference})


_current: Mailer = KeptMailer()


def use(mailer: Mailer) -> None:
    """Choose this process's mailer."""
    global _current
    _current = mailer


def current() -> Mailer:
    """This process's mailer."""
    return _current
