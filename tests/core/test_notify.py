"""GOV.UK Notify over real HTTP: taken, refused for good, not taken, in doubt, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest
from notifications_python_client.errors import HTTPError

from portal.adapters import mail
from portal.adapters.mail import Fate, FateKind, MailInDoubt, MailRefused
from portal.adapters.notify import NotifyMailer
from portal.notifications.jobs import deliver, follow
from portal.notifications.models import Message
from portal.notifications.states import MessageState
from tests.factories.notifications import message
from tests.support.notify import API_KEY, NotifyServer, running_notify_server


@pytest.fixture
def server():
    with running_notify_server() as running:
        yield running


def send(server: NotifyServer, url: str = "") -> None:
    mailer = NotifyMailer(url or server.url)
    mailer.send(to="ada@example.org", subject="Received", body="Thank you.\n", reference="m-1")


def test_an_email_is_taken_with_its_words_and_reference(server):
    send(server)
    [taken] = server.taken
    assert (taken["type"], taken["to"], taken["reference"]) == ("email", "ada@example.org", "m-1")
    assert taken["content"] == {"subject": "Received", "body": "Thank you.\n"}


def test_a_text_message_is_taken(server):
    mailer = NotifyMailer(server.url)
    assert mailer.sends_texts
    mailer.send_text(to="07700900123", body="The round closes at 5pm.", reference="t-1")
    [taken] = server.taken
    assert (taken["type"], taken["to"]) == ("sms", "07700900123")
    assert taken["content"] == {"body": "The round closes at 5pm."}


def test_without_a_template_for_texts_it_carries_none(server):
    assert not NotifyMailer(server.url.partition("&")[0]).sends_texts


def test_it_speaks_https_to_where_the_address_says():
    mailer = NotifyMailer(f"notify://{API_KEY}@api.notifications.service.gov.uk/?email_template=x")
    client = mailer._client()
    assert client.base_url == "https://api.notifications.service.gov.uk"
    assert f"{client.service_id}-{client.api_key}" == API_KEY.removeprefix("test_key-")


def test_a_bad_address_is_refused_for_good(server):
    server.refuse_with = 400
    with pytest.raises(MailRefused, match="Not a valid email address"):
        send(server)


@pytest.mark.parametrize("status", [403, 429])
def test_what_may_pass_is_not_taken_and_may_be_tried_again(server, status):
    server.refuse_with = status
    with pytest.raises(HTTPError) as raised:
        send(server)
    assert raised.value.status_code == status


def test_a_wrong_key_is_not_let_in(server):
    wrong = server.url.replace(API_KEY, API_KEY[:-4] + "0000")
    with pytest.raises(HTTPError) as raised:
        send(server, wrong)
    assert raised.value.status_code == 403
    assert server.taken == []


def test_a_server_that_is_away_is_surely_not_sent(server):
    with pytest.raises(HTTPError):
        send(server, server.url.replace(f":{server.port}/", ":1/"))


@pytest.mark.parametrize("trouble", ["fail_after_taking", "hang_up_after_taking"])
def test_a_failure_after_the_message_was_taken_leaves_it_in_doubt(server, trouble):
    setattr(server, trouble, True)
    with pytest.raises(MailInDoubt):
        send(server)
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("created", FateKind.ON_ITS_WAY),
        ("sending", FateKind.ON_ITS_WAY),
        ("delivered", FateKind.DELIVERED),
        ("permanent-failure", FateKind.REFUSED),
        ("temporary-failure", FateKind.REFUSED),
        ("technical-failure", FateKind.REFUSED),
    ],
)
def test_it_says_what_became_of_a_message(server, status, kind):
    send(server)
    server.becomes(status)
    fate = NotifyMailer(server.url).find("m-1")
    assert fate.kind is kind
    assert bool(fate.reason) is (kind is FateKind.REFUSED)


def test_it_says_that_it_never_saw_a_message(server):
    assert NotifyMailer(server.url).find("m-2") == Fate(FateKind.NEVER_SEEN)


@pytest.fixture
def notify(server):
    mail.use(NotifyMailer(server.url))
    return server


def state_of(session: Any, sent: Message) -> MessageState:
    session.expire_all()
    return session.get(Message, sent.id).state


def test_a_message_taken_before_the_answer_was_lost_is_not_sent_twice(session, notify):
    notify.hang_up_after_taking = True
    sent = message()
    deliver(str(sent.id))
    assert state_of(session, sent) is MessageState.IN_DOUBT
    notify.hang_up_after_taking = False
    follow(str(sent.id))
    deliver(str(sent.id))
    assert len(notify.taken) == 1
    assert state_of(session, sent) is MessageState.SENT
    notify.becomes("delivered")
    follow(str(sent.id))
    assert state_of(session, sent) is MessageState.DELIVERED


def test_a_message_lost_on_its_way_is_found_missing_and_sent(session, notify):
    sent = message(state=MessageState.SENDING, attempts=1)  # the worker died before it left
    deliver(str(sent.id))
    follow(str(sent.id))
    assert state_of(session, sent) is MessageState.QUEUED
    deliver(str(sent.id))
    assert [one["reference"] for one in notify.taken] == [sent.reference]


def test_a_permanent_failure_shows_the_address_as_failed(session, notify):
    sent = message()
    deliver(str(sent.id))
    notify.becomes("permanent-failure")
    follow(str(sent.id))
    assert state_of(session, sent) is MessageState.FAILED
