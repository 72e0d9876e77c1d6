"""Reminders at 7 days, 2 days and 4 hours: once each, to whoever has not submitted, saying what is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import Reminder
from portal.core import clock
from portal.core.db import session
from portal.frameworks.models import Round
from portal.frameworks.states import QuestionKind
from portal.notifications.models import Message
from tests.applications.conftest import make_desk
from tests.factories import accounts
from tests.support.acting import acting_as, as_worker, travel


@pytest.fixture
def draft():
    """A complete draft begun long before its deadline of ten days from now."""
    return begun_early(make_desk(answered=True))


def begun_early(desk):
    set_deadline(desk, timedelta(days=10))
    return desk


def set_deadline(desk, left):
    """So that this much time is left."""
    with as_worker():
        session.execute(
            sa.update(Round)
            .where(Round.id == desk.round_.id)
            .values(submission_deadline=sa.func.portal_now() + left)
        )
    session.commit()
    session.expire_all()


def to(desk, left):
    """Move on to when this much is left."""
    acting_as(None)
    with as_worker():
        deadline = session.scalar(sa.select(Round.submission_deadline).where(Round.id == desk.round_.id))
    travel(deadline - clock.now() - left)
    session.expire_all()


def remind():
    """What the job does, as the worker's role."""
    with as_worker():
        due = queries.list_reminders_due(clock.now())
        for application_id, hours in due:
            services.remind(application_id, hours)
    session.commit()
    return [hours for _, hours in due]


def mails():
    with as_worker():
        return session.scalars(
            sa.select(Message).where(Message.template == "applications/reminder").order_by(Message.created_at)
        ).all()


def test_each_moment_reminds_once(draft):
    moments = [
        timedelta(days=7, minutes=5),
        timedelta(days=7) - timedelta(minutes=1),
        timedelta(days=6),
        timedelta(hours=47),
        timedelta(hours=5),
        timedelta(hours=3),
        timedelta(minutes=10),
    ]
    sent = []
    for left in moments:
        to(draft, left)
        remind()
        remind()
        sent.append(len(mails()))
    assert sent == [0, 1, 1, 2, 2, 3, 3]
    assert all(mail.sealed_round_id == draft.round_.id for mail in mails())


def test_a_worker_that_was_away_sends_the_last_one_only(draft):
    to(draft, timedelta(hours=3))
    assert remind() == [4]
    assert len(mails()) == 1


def test_nobody_is_reminded_of_a_moment_before_they_began():
    now = clock.now()
    desk = make_desk(
        answered=True,
        clarification_deadline=now + timedelta(days=1),
        submission_deadline=now + timedelta(days=5),
    )
    assert remind() == []
    to(desk, timedelta(hours=40))
    assert remind() == [48]


def test_an_extension_begins_the_reminders_afresh(draft):
    to(draft, timedelta(days=1))
    remind()
    set_deadline(draft, timedelta(days=9))
    assert remind() == []
    to(draft, timedelta(days=1))
    remind()
    assert len(mails()) == 2


def test_it_says_what_is_missing_section_by_section():
    desk = begun_early(make_desk())
    to(desk, timedelta(days=1))
    remind()
    body = mails()[0].body
    acting_as(desk.writer)
    progress = queries.get_progress(desk.application)
    for section in progress.sections:
        if section.gaps:
            assert section.section.title in body
            assert section.gaps[0].question.number in body
    assert "NOT submitted yet" in body
    assert "missing or not ready" in body


def test_the_complete_are_told_that_only_submitting_is_left(draft):
    to(draft, timedelta(days=1))
    remind()
    assert "What is left is to sign the declaration and submit" in mails()[0].body


def test_every_writer_is_reminded_and_nobody_else(draft):
    organisation = draft.application.organisation
    accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation, email="boss@example.org")
    accounts.person(Role.FINANCE_LEAD, organisation=organisation)
    to(draft, timedelta(days=1))
    remind()
    assert {mail.recipient for mail in mails()} == {draft.writer.email, "boss@example.org"}


@pytest.mark.parametrize("done", ["submitted", "withdrawn", "instructed"])
def test_whoever_has_nothing_left_to_do_is_left_in_peace(draft, done):
    draft.declare()
    if done == "submitted":
        draft.submit()
    elif done == "withdrawn":
        services.withdraw_application(draft.application, by=draft.writer)
    else:
        services.instruct(draft.application, by=draft.writer)
    session.commit()
    to(draft, timedelta(days=1))
    remind()
    assert mails() == []
    with as_worker():
        assert session.scalars(sa.select(Reminder)).all() == []


def test_changes_since_the_submission_are_named_as_not_submitted(draft):
    draft.declare()
    draft.submit()
    session.commit()
    travel(timedelta(minutes=1))
    acting_as(draft.writer)
    draft.save(draft.question(QuestionKind.SHORT_TEXT), "Renamed")
    session.commit()
    to(draft, timedelta(hours=3))
    remind()
    assert "the changes are NOT submitted" in mails()[0].body


def test_an_instruction_that_cannot_work_is_warned_of(draft):
    draft.declare()
    services.instruct(draft.application, by=draft.writer)
    session.commit()
    with as_worker():
        session.execute(sa.text("UPDATE document SET state = 'infected'"))
    session.commit()
    to(draft, timedelta(hours=3))
    remind()
    assert "That cannot happen while something is missing" in mails()[0].body


def test_nothing_is_sent_after_the_deadline(draft):
    to(draft, -timedelta(minutes=1))
    assert remind() == []
    with as_worker():
        services.remind(draft.application.id, 4)
    assert mails() == []
