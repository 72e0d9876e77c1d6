"""Mail that did not arrive: seen and settled by staff, who learn nothing of an unopened round by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant
from portal.accounts.states import Role
from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.ui import uk_date
from portal.notifications.jobs import deliver, send_sealed_again
from portal.notifications.models import Message
from portal.notifications.states import MessageState
from tests.factories import applications
from tests.factories.accounts import person
from tests.factories.frameworks import move_to, round_
from tests.factories.notifications import message, notification
from tests.support.acting import acting_as, as_worker, save

S = MessageState
STAFF = [Role.COMMISSIONER, Role.SYSTEM_ADMINISTRATOR]


@pytest.fixture
def officer(client: Any) -> Any:
    made = person(Role.COMMISSIONER)
    client.sign_in(made)
    return made


def page(client: Any) -> str:
    answer = client.get("/undelivered-mail")
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def state_of(sent: Message) -> MessageState:
    [message_id] = sa.inspect(sent).identity
    session.expunge_all()
    with as_worker():
        return session.get_one(Message, message_id).state


def test_an_empty_page_says_so(client: Any, officer: Any) -> None:
    message(state=S.SENT)
    assert "Every message arrived" in page(client)


def test_what_failed_and_what_is_in_doubt_is_listed_with_why(client: Any, officer: Any) -> None:
    message("away@example.org", state=S.FAILED, failure="550 no such mailbox")
    message("perhaps@example.org", state=S.IN_DOUBT, subject="The offer")
    message("fine@example.org", state=S.DELIVERED)
    text = page(client)
    assert "away@example.org" in text
    assert "550 no such mailbox" in text
    assert "May have been sent" in text
    assert "fine@example.org" not in text


def test_sending_again_queues_it_afresh_and_is_recorded(client: Any, officer: Any, outbox: Any) -> None:
    sent = message(state=S.IN_DOUBT, attempts=12)
    seen = sent.version
    path = f"/undelivered-mail/{sent.id}/send-again"
    assert client.post(path, data={"version": seen}).status_code == 303
    assert state_of(sent) is S.QUEUED
    assert client.post(path, data={"version": seen}).status_code == 409
    deliver(str(sent.id))
    assert [one["reference"] for one in outbox.sent] == [sent.reference]
    verbs = session.execute(sa.select(AuditEvent.verb).where(AuditEvent.subject_id == sent.id)).scalars()
    assert list(verbs) == ["message.sent_again"]


def test_leaving_it_takes_it_off_the_list(client: Any, officer: Any) -> None:
    sent = message("away@example.org", state=S.FAILED)
    path = f"/undelivered-mail/{sent.id}/leave"
    assert client.post(path, data={"version": sent.version}).status_code == 303
    assert state_of(sent) is S.LEFT
    assert "away@example.org" not in page(client)


def test_what_arrived_cannot_be_sent_again(client: Any, officer: Any) -> None:
    sent = message(state=S.SENT)
    assert client.post(f"/undelivered-mail/{sent.id}/send-again", data={"version": 1}).status_code == 409
    assert state_of(sent) is S.SENT


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.EVALUATOR, Role.CONTRACT_MANAGER])
def test_nobody_else_sees_to_mail(client: Any, role: Role) -> None:
    sent = message(state=S.FAILED)
    client.sign_in(person(role))
    assert client.get("/undelivered-mail").status_code == 403
    assert client.post(f"/undelivered-mail/{sent.id}/leave").status_code == 403


@pytest.mark.parametrize("role", STAFF)
def test_rule_01_of_an_unopened_round_only_the_number_and_the_day_are_shown(client: Any, role: Role) -> None:
    sealed = round_("published")
    yesterday = clock.now() - timedelta(days=1)
    secret: dict[str, Any] = {
        "subject": "Application KM-7F3A received",
        "failure": "550 writer@agency.example is unknown",
        "template": "applications/submitted",
        "sealed_round_id": sealed.id,
        "state": S.FAILED,
    }
    sent = message("writer@agency.example", created_at=yesterday, **secret)
    client.sign_in(person(role))
    text = page(client)
    assert f"1 message about an unopened round, written on {uk_date(yesterday)}" in text
    for word in ("writer@agency", "KM-7F3A", "applications/submitted", sealed.title, str(sent.id)):
        assert word not in text
    for deed in ("send-again", "leave"):
        session.expunge_all()
        assert client.post(f"/undelivered-mail/{sent.id}/{deed}").status_code == 404
    assert state_of(sent) is S.FAILED


def test_rule_01_sealed_messages_are_sent_again_unseen(client: Any, officer: Any) -> None:
    sealed, opened = round_("published"), round_("published")
    applicant = applications.application("submitted", round_=opened).organisation_id
    writer = person(Role.BID_WRITER, organisation=applicant, email="other@agency.example")
    move_to(opened, "opened")
    told = notification(writer, sealed_round_id=opened.id)
    text: dict[str, Any] = {"channel": "text", "notification_id": told.id, "sealed_round_id": opened.id}
    message("07700900123", state=S.FAILED, **text)
    secret = message("writer@agency.example", sealed_round_id=sealed.id, state=S.IN_DOUBT)
    secret_id = secret.id
    known = message("other@agency.example", sealed_round_id=opened.id, state=S.FAILED)
    for shown in ("other@agency.example", "07700900123"):
        assert shown in page(client)
    for _ in range(2):
        assert client.post("/undelivered-mail/sealed/send-again").status_code == 303
    acting_as(None)
    with as_worker():
        for _ in range(2):
            send_sealed_again()
        events = session.execute(
            sa.select(AuditEvent.sealed_round_id).where(AuditEvent.subject_id == secret_id)
        ).all()
    assert state_of(secret) is S.QUEUED
    assert state_of(known) is S.FAILED
    assert [event.sealed_round_id for event in events] == [sealed.id]


def test_rule_01_mail_of_a_draft_stays_unseen_though_the_same_person_writes_for_another(
    client: Any, officer: Any
) -> None:
    opened = round_("published")
    applicant = applications.application("submitted", round_=opened).organisation_id
    unknown = applications.application("draft", round_=opened).organisation_id
    writer = person(Role.BID_WRITER, organisation=applicant, email="consultant@agency.example")
    save(RoleGrant(person_id=writer.id, role=Role.BID_WRITER, organisation_id=unknown))
    move_to(opened, "opened")
    message("consultant@agency.example", sealed_round_id=opened.id, state=S.FAILED)
    shown = page(client)
    assert "consultant@agency.example" not in shown
    assert "Messages about applications that were not submitted" in shown
    assert "1 message, written on" in shown
    acting_as(writer)
    assert session.execute(sa.text("SELECT * FROM count_undelivered_unsubmitted()")).all() == []


def test_long_lists_have_pages(client: Any, officer: Any) -> None:
    for number in range(26):
        message(f"person{number:02}@example.org", state=S.FAILED)
    assert "person00@" not in page(client)
    assert "person00@" in client.get("/undelivered-mail?page=2").get_data(as_text=True)
