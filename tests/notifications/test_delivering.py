"""Writing emails and handing them over, with everything that can go wrong on the way."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from jinja2 import TemplateNotFound, UndefinedError

from portal.accounts.states import Role
from portal.adapters import mail
from portal.adapters.mail import Fate, FateKind, MailInDoubt, MailRefused
from portal.notifications import services
from portal.notifications.jobs import deliver, follow
from portal.notifications.models import Message
from portal.notifications.services.delivering import ASK_AFTER, FIRST_WAIT, MOST_ATTEMPTS
from portal.notifications.services.writing import render
from portal.notifications.states import Channel, MessageState
from tests.factories.accounts import person
from tests.factories.frameworks import round_
from tests.factories.notifications import message
from tests.factories.providers import organisation
from tests.support.acting import acting_as, as_worker

S = MessageState


class AskedMailer(mail.MemoryMailer):
    """A carrier that can be asked what became of a message, and says `fate`."""

    can_be_asked = True

    def __init__(self, kind: FateKind, reason: str = "") -> None:
        super().__init__()
        self.fate = Fate(kind, reason)

    def find(self, reference: str) -> Fate:
        return self.fate


class BrokenMailer(mail.MemoryMailer):
    """Raises `error` instead of sending."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def send(self, **_: str) -> None:
        raise self.error


def send(**more: Any) -> Message:
    return services.send(
        template="accounts/password_changed",
        to=more.pop("to", "Ada@Example.org "),
        context={"name": "Ada <Holloway> & co"},
        **more,
    )


def queued(session: Any) -> list[Any]:
    statement = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'notifications.deliver'")
    with as_worker():
        return [row.args["message_id"] for row in session.execute(statement)]


def reread(session: Any, sent: Message) -> Message:
    session.expire_all()
    return session.get(Message, sent.id)


def state_of(session: Any, sent: Message) -> MessageState:
    return reread(session, sent).state


def test_a_message_is_written_as_plain_text_and_queued_with_its_cause(session: Any) -> None:
    sent = send()
    assert (sent.recipient, sent.subject, sent.state) == (
        "ada@example.org",
        "Your password was changed",
        S.QUEUED,
    )
    assert sent.body.startswith("Hello Ada <Holloway> & co,\n")
    assert queued(session) == [str(sent.id)]
    session.rollback()
    assert queued(session) == []
    assert session.execute(sa.select(sa.func.count()).select_from(Message)).scalar_one() == 0


def test_a_name_the_template_needs_must_be_given() -> None:
    with pytest.raises(UndefinedError):
        services.send(template="accounts/password_changed", to="ada@example.org", context={})
    with pytest.raises(TemplateNotFound):
        services.send(template="accounts/made_up", to="ada@example.org", context={})


def test_a_subject_is_one_line(session: Any) -> None:
    words = render("accounts/no_account", {"email": "a@b\nBcc: c@d", "register_at": ""})
    assert "\n" not in words.subject


def test_delivery_hands_over_and_remembers(session: Any, outbox: Any) -> None:
    sent = send()
    session.commit()
    deliver(str(sent.id))
    assert state_of(session, sent) is S.SENT
    [handed] = outbox.sent
    assert (handed["to"], handed["reference"]) == ("ada@example.org", sent.reference)
    assert reread(session, sent).sent_at is not None


def test_delivering_twice_sends_once(session: Any, outbox: Any) -> None:
    sent = send()
    session.commit()
    for _ in range(2):
        deliver(str(sent.id))
    assert len(outbox.sent) == 1


def test_the_state_sending_is_committed_before_the_mail_goes(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(services, "hand_over", lambda sent: seen.append(state_of(session, sent)))
    deliver(str(message().id))
    assert seen == [S.SENDING]


def test_a_refusal_is_tried_again_until_the_last_attempt(session: Any) -> None:
    mail.use(BrokenMailer(ConnectionRefusedError("no server")))
    sent = message()
    for attempt in range(1, MOST_ATTEMPTS):
        deliver(str(sent.id))
        assert state_of(session, sent) is S.QUEUED
        assert reread(session, sent).attempts == attempt
    assert "no server" in str(reread(session, sent).failure)
    deliver(str(sent.id))
    assert state_of(session, sent) is S.FAILED
    deliver(str(sent.id))
    assert reread(session, sent).attempts == MOST_ATTEMPTS
    waits = waits_of(session, "notifications.deliver")
    assert len(waits) == MOST_ATTEMPTS - 1
    for number, wait in enumerate(waits):
        assert abs(wait - FIRST_WAIT * 2**number) < timedelta(seconds=20)


def test_what_a_carrier_refuses_for_good_is_not_tried_again(session: Any) -> None:
    mail.use(BrokenMailer(MailRefused("550 no such mailbox")))
    sent = message()
    deliver(str(sent.id))
    assert state_of(session, sent) is S.FAILED
    assert "no such mailbox" in str(reread(session, sent).failure)
    assert queued(session) == []


def test_after_a_refusal_a_later_attempt_succeeds(session: Any) -> None:
    mail.use(BrokenMailer(OSError("for now")))
    sent = message()
    deliver(str(sent.id))
    mail.use(mail.MemoryMailer())
    deliver(str(sent.id))
    assert state_of(session, sent) is S.SENT
    assert reread(session, sent).failure is None


def test_rule_01_the_log_of_a_refused_message_names_nobody(
    session: Any, caplog: pytest.LogCaptureFixture
) -> None:
    refused = smtplib.SMTPRecipientsRefused({"writer@agency.example": (450, b"Not now, writer")})
    mail.use(BrokenMailer(refused))
    deliver(str(message().id))
    assert "SMTPRecipientsRefused" in caplog.text
    assert "writer" not in caplog.text


def test_an_attempt_in_doubt_is_not_repeated(session: Any) -> None:
    mail.use(BrokenMailer(MailInDoubt("connection lost")))
    sent = message()
    deliver(str(sent.id))
    assert state_of(session, sent) is S.IN_DOUBT
    later = mail.MemoryMailer()
    mail.use(later)
    deliver(str(sent.id))
    assert later.sent == []
    assert state_of(session, sent) is S.IN_DOUBT


def test_a_worker_that_died_in_mid_send_leaves_a_doubt(session: Any, outbox: Any) -> None:
    sent = message(state=S.SENDING, attempts=1)
    deliver(str(sent.id))
    assert state_of(session, sent) is S.IN_DOUBT
    assert outbox.sent == []


def waits_of(session: Any, task: str) -> list[timedelta]:
    """How long each waiting job of this name waits yet."""
    statement = sa.text(
        "SELECT scheduled_at - now() FROM procrastinate_jobs WHERE task_name = :task ORDER BY id"
    )
    with as_worker():
        return list(session.execute(statement, {"task": task}).scalars())


def test_a_carrier_that_can_be_asked_is_asked_until_the_message_arrived(session: Any) -> None:
    mail.use(carrier := AskedMailer(FateKind.ON_ITS_WAY))
    sent = message()
    deliver(str(sent.id))
    follow(str(sent.id))
    assert state_of(session, sent) is S.SENT
    carrier.fate = Fate(FateKind.DELIVERED)
    follow(str(sent.id))
    assert state_of(session, sent) is S.DELIVERED
    follow(str(sent.id))
    waits = waits_of(session, "notifications.follow")
    assert len(waits) == 2
    for wait, planned in zip(waits, ASK_AFTER, strict=False):
        assert abs(wait - planned) < timedelta(seconds=20)


def test_a_carrier_is_not_asked_for_ever(session: Any) -> None:
    mail.use(AskedMailer(FateKind.ON_ITS_WAY))
    sent = message()
    deliver(str(sent.id))
    for _ in range(len(ASK_AFTER) + 3):
        follow(str(sent.id))
    assert len(waits_of(session, "notifications.follow")) == len(ASK_AFTER)
    assert state_of(session, sent) is S.SENT


def test_an_address_that_does_not_exist_is_learnt_of_later(session: Any) -> None:
    mail.use(AskedMailer(FateKind.REFUSED, "The address does not exist."))
    sent = message()
    deliver(str(sent.id))
    follow(str(sent.id))
    assert state_of(session, sent) is S.FAILED
    assert reread(session, sent).failure == "The address does not exist."


def test_a_doubt_is_cleared_by_asking_before_anything_is_sent_again(session: Any) -> None:
    carrier = AskedMailer(FateKind.NEVER_SEEN)
    mail.use(carrier)
    unseen, taken = message(state=S.SENDING, attempts=1), message(state=S.SENDING, attempts=1)
    for sent in (unseen, taken):
        deliver(str(sent.id))
        assert state_of(session, sent) is S.IN_DOUBT
    follow(str(unseen.id))
    assert state_of(session, unseen) is S.QUEUED
    deliver(str(unseen.id))
    carrier.fate = Fate(FateKind.DELIVERED)
    follow(str(taken.id))
    assert state_of(session, taken) is S.DELIVERED
    assert [one["reference"] for one in carrier.sent] == [unseen.reference]


def test_a_carrier_that_does_not_answer_is_asked_again(session: Any) -> None:
    class Silent(AskedMailer):
        def find(self, reference: str) -> Fate:
            raise OSError("away")

    mail.use(Silent(FateKind.UNKNOWN))
    sent = message(state=S.IN_DOUBT)
    follow(str(sent.id))
    assert state_of(session, sent) is S.IN_DOUBT
    assert len(waits_of(session, "notifications.follow")) == 1


def test_a_text_message_goes_as_one(session: Any, outbox: Any) -> None:
    sent = message("07700900123", channel=Channel.TEXT, subject="", body="The round closes at 5pm.")
    deliver(str(sent.id))
    assert outbox.sent == []
    assert outbox.texts == [
        {"to": "07700900123", "body": "The round closes at 5pm.", "reference": sent.reference}
    ]


def test_the_words_of_a_secret_message_are_not_kept_once_it_left(session: Any, outbox: Any) -> None:
    sent = message(is_secret=True, body="The key is abc.")
    deliver(str(sent.id))
    assert outbox.sent[0]["body"] == "The key is abc."
    assert state_of(session, sent) is S.SENT
    assert "abc" not in reread(session, sent).body


def test_the_demonstrations_letter_box_keeps_them(session: Any) -> None:
    mail.use(mail.KeptMailer())
    sent = message(is_secret=True, body="The key is abc.")
    deliver(str(sent.id))
    assert state_of(session, sent) is S.SENT
    assert reread(session, sent).body == "The key is abc."


def test_rule_01_a_provider_may_cause_sealed_mail_that_it_cannot_read(session: Any) -> None:
    sealed = round_("published")
    agency = organisation()
    bea = person(Role.BID_WRITER, organisation=agency)
    acting_as(bea)
    send(to="colleague@example.org", sealed_round_id=sealed.id)
    own = send(to=bea.email, sealed_round_id=sealed.id)
    session.commit()
    session.expunge_all()
    visible = session.execute(sa.select(Message.id)).scalars().all()
    assert visible == [own.id]


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR])
def test_rule_01_councils_see_no_mail_of_a_sealed_round(session: Any, role: Role) -> None:
    sealed = round_("published")
    message(sealed_round_id=sealed.id)
    acting_as(person(role))
    assert session.execute(sa.select(sa.func.count()).select_from(Message)).scalar_one() == 0
    with as_worker():
        assert session.execute(sa.select(sa.func.count()).select_from(Message)).scalar_one() == 1
