"""Telling everybody who writes an application in a round: once each, sealed, and nobody else."""

from __future__ import annotations

import uuid
from contextlib import nullcontext

import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import jobs
from portal.core import jobs as queue
from portal.core.db import session
from portal.notifications.models import Message, Notification
from tests.factories import accounts, applications
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker

# Any text that needs nothing but what every applicant's message has.
TEMPLATE = "applications/withdrawn"


def tell(monkeypatch, round_, cause_id, **path):
    monkeypatch.setattr(jobs, "transaction", lambda: nullcontext(session))
    with as_worker():
        jobs.tell_applicants(str(round_.id), TEMPLATE, {"withdrawn_at": None}, str(cause_id), **path)
    session.commit()


def told():
    with as_worker():
        return session.scalars(sa.select(Message).where(Message.template == TEMPLATE)).all()


def test_drafts_and_submissions_are_told_once_and_others_not(monkeypatch):
    round_ = rounds.round_()
    made = [applications.application(state, round_=round_) for state in ("draft", "submitted")]
    applications.application("withdrawn", round_=round_)
    applications.application("draft", round_=rounds.round_())
    cause = uuid.uuid4()
    tell(monkeypatch, round_, cause)
    tell(monkeypatch, round_, cause)
    with as_worker():
        paths = session.scalars(sa.select(Notification.path).where(Notification.cause_id == cause)).all()
    assert sorted(paths) == sorted(f"/applications/{one.id}" for one in made)
    assert len(told()) == 2
    assert all(message.sealed_round_id == round_.id for message in told())


def test_the_notification_leads_to_the_page_it_is_about(monkeypatch):
    made = applications.application("draft", round_=rounds.round_())
    cause, page = uuid.uuid4(), f"/framework/rounds/{made.round_id}/clarifications"
    tell(monkeypatch, made.round, cause, path=page)
    with as_worker():
        assert session.scalars(sa.select(Notification.path).where(Notification.cause_id == cause)).all() == [
            page
        ]


def test_rule_01_the_councils_do_not_learn_who_was_told(monkeypatch):
    round_ = rounds.round_()
    applications.application("draft", round_=round_)
    tell(monkeypatch, round_, uuid.uuid4())
    for role in (Role.COMMISSIONER, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR):
        acting_as(accounts.person(role, council=Council.KENT))
        assert session.scalars(sa.select(Message).where(Message.template == TEMPLATE)).all() == []


def test_a_context_goes_through_the_queue_as_it_is():
    queue.defer(
        "applications.tell_applicants",
        round_id=uuid.uuid4(),
        template=TEMPLATE,
        context={"number": 3, "summary": "A “new” date", "parts": ["a"]},
        cause_id=uuid.uuid4(),
    )
    with as_worker():
        arguments = session.scalars(
            sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'applications.tell_applicants'")
        ).one()
    assert arguments["context"] == {"number": 3, "summary": "A “new” date", "parts": ["a"]}
