"""Telling people: once of each cause, at once or once a day, by text when it is urgent, and in secret."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.adapters import mail
from portal.core.errors import Invalid, Stale
from portal.notifications import services
from portal.notifications.models import Message, Notification
from portal.notifications.services.telling import MOST_TEXT_CHARACTERS
from portal.notifications.states import Channel, Topic
from tests.factories.accounts import person
from tests.factories.frameworks import round_
from tests.factories.notifications import notification, settings
from tests.factories.providers import organisation
from tests.support.acting import acting_as, as_worker

TEMPLATE = "decisions/decided"
CONTEXT = {"round_title": "Re-opening 2026", "outcome": "approved", "href": "https://portal.example/x"}


def tell(whom: Any, **more: Any) -> Notification | None:
    return services.tell(whom, **{"template": TEMPLATE, "context": CONTEXT, "link": "/rounds", **more})


def everything(session: Any, kind: Any) -> list[Any]:
    with as_worker():
        return list(session.execute(sa.select(kind)).scalars())


def test_telling_writes_a_notification_and_an_email(session: Any) -> None:
    ada = person()
    told = tell(ada)
    assert told is not None
    [kept] = everything(session, Notification)
    assert (kept.person_id, kept.title, kept.path) == (ada.id, "Your recommendation was approved", "/rounds")
    [sent] = everything(session, Message)
    assert (sent.recipient, sent.subject, sent.body) == (ada.email, kept.title, kept.body)
    assert ada.full_name in sent.body


def test_what_is_rolled_back_was_never_told(session: Any) -> None:
    ada = person()
    tell(ada)
    session.rollback()
    assert everything(session, Notification) == everything(session, Message) == []
    with as_worker():
        assert session.execute(sa.text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_told_twice_of_one_cause_is_told_once(session: Any) -> None:
    ada, cause = person(), uuid.uuid4()
    assert tell(ada, cause_id=cause) is not None
    assert tell(ada, cause_id=cause) is None
    assert tell(person(), cause_id=cause) is not None
    assert tell(ada, cause_id=uuid.uuid4()) is not None
    assert len(everything(session, Message)) == 3


def test_without_a_cause_each_telling_counts(session: Any) -> None:
    ada = person()
    tell(ada)
    tell(ada)
    assert len(everything(session, Message)) == 2


def test_nobody_whose_account_is_closed_is_told(session: Any) -> None:
    assert tell(person(disabled=True)) is None
    assert everything(session, Notification) == []


def test_a_topic_chosen_for_the_daily_email_waits_unless_it_is_mandatory_or_urgent(session: Any) -> None:
    ada = person()
    settings(ada, Topic.DECISIONS)
    tell(ada)
    assert everything(session, Message) == []
    assert [told.waits_for_digest for told in everything(session, Notification)] == [True]
    tell(ada, mandatory=True)
    tell(ada, urgent=True)
    tell(ada, template="accounts/password_changed", context={})
    assert len(everything(session, Message)) == 3


def test_urgent_things_go_by_text_to_who_gave_a_number(session: Any) -> None:
    ada, bea = person(), person()
    settings(ada, mobile="07700900123")
    tell(ada, urgent=True)
    tell(ada)
    tell(bea, urgent=True)
    [text] = [sent for sent in everything(session, Message) if sent.channel is Channel.TEXT]
    assert text.recipient == "07700900123"
    assert text.body == "Your recommendation was approved. http://127.0.0.1:5000/rounds"


def test_no_text_is_written_where_nothing_carries_it(session: Any) -> None:
    mail.use(mail.SmtpMailer("smtp://localhost", "framework@example.org"))
    ada = person()
    settings(ada, mobile="07700900123")
    tell(ada, urgent=True)
    assert [sent.channel for sent in everything(session, Message)] == [Channel.EMAIL]


def test_a_text_is_never_too_long(session: Any) -> None:
    ada = person()
    settings(ada, mobile="07700900123")
    tell(ada, urgent=True, context={**CONTEXT, "outcome": "approved " * 200})
    [text] = [sent for sent in everything(session, Message) if sent.channel is Channel.TEXT]
    assert len(text.body) <= MOST_TEXT_CHARACTERS
    assert text.body.endswith("… http://127.0.0.1:5000/rounds")


@pytest.mark.parametrize("link", ["https://portal.example//evil.example/x", "rounds", "javascript:alert(1)"])
def test_a_link_stays_inside_the_portal(link: str) -> None:
    with pytest.raises(ValueError, match="page of the portal"):
        tell(person(), link=link)


def test_a_whole_address_is_kept_as_its_path(session: Any) -> None:
    tell(person(), link="https://portal.example/rounds?page=2")
    assert [told.path for told in everything(session, Notification)] == ["/rounds?page=2"]


def test_rule_01_one_may_cause_a_sealed_notification_that_one_cannot_read(session: Any) -> None:
    sealed = round_("published")
    agency = organisation()
    bea = person(Role.BID_WRITER, organisation=agency)
    colleague = person(Role.BID_WRITER, organisation=agency)
    acting_as(bea)
    assert tell(colleague, sealed_round_id=sealed.id, cause_id=sealed.id) is not None
    assert tell(colleague, sealed_round_id=sealed.id, cause_id=sealed.id) is None
    own = tell(bea, sealed_round_id=sealed.id)
    assert own is not None
    session.commit()
    assert session.execute(sa.select(Notification.id)).scalars().all() == [own.id]
    assert session.execute(sa.select(Message.recipient)).scalars().all() == [bea.email]


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR])
def test_rule_01_councils_see_no_notification_nor_text_of_an_applicant(session: Any, role: Role) -> None:
    sealed = round_("published")
    writer = person(Role.BID_WRITER, organisation=organisation())
    settings(writer, mobile="07700900123")
    officer = person(role)
    settings(officer, mobile="07700900123")  # to claim another's number shows nothing either
    with as_worker():
        tell(writer, urgent=True, sealed_round_id=sealed.id)
    session.commit()
    acting_as(officer)
    for kind in (Notification, Message):
        assert session.execute(sa.select(sa.func.count()).select_from(kind)).scalar_one() == 0


def test_reading_one_and_all(session: Any) -> None:
    ada = person()
    acting_as(ada)
    first, second = notification(ada), notification(ada)
    others = notification(person())
    services.mark_read(first, by=ada)
    read_at = first.read_at
    services.mark_read(first, by=ada)
    assert first.read_at == read_at is not None
    services.mark_all_read(by=ada)
    session.commit()
    session.expire_all()
    assert second.read_at is not None
    with as_worker():
        assert others.read_at is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("07700 900123", "07700900123"),
        ("+44 7700 900123", "07700900123"),
        ("+44 (0)7700 900 123", "07700900123"),
        ("0044-7700-900123", "07700900123"),
        ("07624 123456", "07624123456"),
        ("  ", None),
    ],
)
def test_a_mobile_number_is_kept_in_one_spelling(typed: str, kept: str | None) -> None:
    assert services.clean_mobile(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["01622 696565", "0770090012", "077009001234", "07000 900123", "07600 900123", "+33 612345678", "x"],
)
def test_what_is_no_uk_mobile_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="UK mobile") as raised:
        services.clean_mobile(typed)
    assert raised.value.field == "mobile"


def test_choices_are_kept_and_a_stale_form_overwrites_nothing(session: Any) -> None:
    ada = person()
    made = services.choose_settings(digest_topics=[Topic.ROUNDS], mobile="", by=ada, seen_version=None)
    seen = made.version
    services.choose_settings(digest_topics=[], mobile="07700900123", by=ada, seen_version=seen)
    assert (made.digest_topics, made.mobile) == ([], "07700900123")
    for stale in (seen, None):
        with pytest.raises(Stale):
            services.choose_settings(digest_topics=[], mobile="", by=ada, seen_version=stale)
