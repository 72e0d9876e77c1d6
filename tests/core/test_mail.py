"""Mail over real SMTP: taken, surely not taken, or in doubt."""

from __future__ import annotations

import smtplib
from email import message_from_bytes
from email.policy import default

import pytest

from portal.adapters.mail import MailInDoubt, MailRefused, SmtpMailer
from tests.support.smtp import running_smtp_server

SENDER = "Kent and Medway Fostering Framework <framework@example.org>"
BODY = "The round closes at 5:00pm.\n\nYour organisation’s reference is KM-7F3A.\n"


@pytest.fixture
def server():
    with running_smtp_server() as running:
        yield running


def send(server, **changes):
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}", SENDER)
    mailer.send(
        **{
            "to": "ada@example.org",
            "subject": "Received – thank you",
            "body": BODY,
            "reference": "m-1",
            **changes,
        }
    )


def test_a_message_arrives_whole_and_carries_its_reference(server):
    send(server)
    message = message_from_bytes(server.received[0].encode(), policy=default)
    assert message["To"] == "ada@example.org"
    assert message["From"] == SENDER
    assert message["Subject"] == "Received – thank you"
    assert message["Message-ID"] == "<m-1@example.org>"
    assert message.get_content().replace("\r\n", "\n") == BODY


def test_the_same_message_sent_again_is_the_same_message(server):
    send(server)
    send(server)
    first, second = (message_from_bytes(text.encode())["Message-ID"] for text in server.received)
    assert first == second


def test_nobody_can_slip_a_header_into_a_subject(server):
    with pytest.raises(ValueError, match="linefeed"):
        send(server, subject="Hello\r\nBcc: everybody@example.org")
    assert server.received == []


def test_a_refused_recipient_is_surely_not_sent(server):
    server.refuse_recipients = True
    with pytest.raises(MailRefused, match="550 no such mailbox"):
        send(server)
    assert server.received == []


def test_a_recipient_refused_for_now_may_be_tried_again(server):
    server.refuse_recipients = server.refuse_for_now = True
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(server)
    assert server.received == []


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_connection_that_breaks_before_the_message_is_surely_not_sent(server, verb):
    server.hang_up_at = verb
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(server)


@pytest.mark.parametrize("goodbye", ["500 what?", "250 ok", "", "421 too busy"])
def test_however_the_server_says_goodbye_what_it_took_is_sent(server, goodbye):
    server.says_goodbye = goodbye
    send(server)
    assert len(server.received) == 1


def test_a_server_that_hangs_up_at_goodbye_has_taken_the_message(server):
    server.hang_up_at = "QUIT"
    send(server)
    assert len(server.received) == 1


def test_a_server_that_is_away_is_surely_not_sent(server):
    server.port = 1
    with pytest.raises(ConnectionRefusedError):
        send(server)


def test_a_connection_that_breaks_after_the_message_leaves_it_in_doubt(server):
    server.hang_up_at = "."
    with pytest.raises(MailInDoubt):
        send(server)
    assert len(server.received) == 1
