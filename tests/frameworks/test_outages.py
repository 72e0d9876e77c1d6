"""Heartbeats, outages near a deadline, and the extension that the portal proposes."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.adapters import pulse
from portal.core import clock, heartbeat
from portal.core.db import session
from portal.core.heartbeat import MINUTE, Heartbeat
from portal.frameworks import jobs, queries
from portal.frameworks.models import Round
from portal.frameworks.queries.outages import next_working_day
from tests.factories.accounts import person
from tests.factories.frameworks import extension, round_
from tests.support.acting import as_worker, travel
from tests.support.client import PortalClient


def beats(
    since: datetime, until: datetime, silent: tuple[datetime, datetime] | None = None, *, noted: bool
) -> None:
    """A beat for each minute; the silent ones noted as not answered, or, with nothing running, not at all."""
    minute = since.replace(second=0, microsecond=0)
    with as_worker():
        while minute <= until:
            hushed = silent is not None and silent[0] <= minute < silent[1]
            if noted or not hushed:
                session.add(Heartbeat(minute=minute, answered=not hushed))
            minute += MINUTE
    session.commit()


@pytest.fixture
def closing() -> Round:
    """A round that closes in five hours."""
    return round_(questions=False, submission_deadline=clock.now() + timedelta(hours=5))


def suffer(minutes: int, *, noted: bool, hours_ago: float = 2) -> tuple[datetime, datetime]:
    began = (clock.now() - timedelta(hours=hours_ago)).replace(second=0, microsecond=0)
    ended = began + timedelta(minutes=minutes)
    beats(began - timedelta(minutes=5), clock.now(), (began, ended), noted=noted)
    return began, ended


@pytest.mark.parametrize("noted", [True, False], ids=["asked in vain", "nothing was running"])
def test_an_outage_close_to_the_deadline_is_proposed_to_be_made_good(closing: Round, noted: bool) -> None:
    began, ended = suffer(34, noted=noted)
    found = queries.propose_extensions([closing], clock.now())[closing.id]
    assert [(one.began_at, one.ended_at, one.minutes) for one in found.outages] == [(began, ended, 34)]
    assert found.figures.startswith("The portal did not answer for 34 minutes between ")
    assert found.deadline > closing.submission_deadline
    assert found.deadline.astimezone(clock.LONDON).weekday() < 5
    same = closing.submission_deadline.astimezone(clock.LONDON)
    assert found.deadline.astimezone(clock.LONDON).time() == same.replace(second=0, microsecond=0).time()


@pytest.mark.parametrize("minutes", [0, 3, 9])
def test_a_short_silence_hinders_nobody(closing: Round, minutes: int) -> None:
    suffer(minutes, noted=True)
    assert queries.propose_extensions([closing], clock.now()) == {}


def test_no_beat_at_all_is_no_outage(closing: Round) -> None:
    assert queries.propose_extensions([closing], clock.now()) == {}


def test_an_outage_long_before_the_deadline_is_none_of_its_business(closing: Round) -> None:
    far = round_(questions=False)
    suffer(34, noted=True, hours_ago=22)
    assert set(queries.propose_extensions([closing, far], clock.now())) == set()


def test_an_extension_that_followed_makes_good(closing: Round) -> None:
    suffer(34, noted=True)
    closing.submission_deadline -= timedelta(days=7)
    extension(closing, person(Role.COMMISSIONER))
    assert queries.propose_extensions([closing], clock.now()) == {}


def test_after_the_deadline_nothing_is_proposed(closing: Round) -> None:
    suffer(34, noted=True)
    travel(timedelta(hours=6))
    assert queries.propose_extensions([closing], clock.now()) == {}


@pytest.mark.parametrize(
    "deadline", [datetime(2026, 3, 27, 17, tzinfo=UTC), datetime(2026, 10, 23, 16, tzinfo=UTC)]
)
def test_the_same_time_in_kent_is_proposed_when_the_clocks_change(deadline: datetime) -> None:
    later = next_working_day(deadline).astimezone(clock.LONDON)
    assert (later.hour, later.weekday()) == (17, 0)


def test_a_bank_holiday_is_no_day_to_close_on() -> None:
    later = next_working_day(datetime(2026, 12, 24, 12, tzinfo=UTC))
    assert later == datetime(2026, 12, 29, 12, tzinfo=UTC)  # the 28th stands in for Boxing Day, a Saturday


def test_a_minute_is_noted_once_and_old_ones_forgotten() -> None:
    with as_worker():
        session.add(Heartbeat(minute=clock.now() - heartbeat.KEPT_FOR - timedelta(hours=1), answered=True))
        session.flush()
        heartbeat.note(True)
        heartbeat.note(False)
    assert [beat.answered for beat in session.scalars(sa.select(Heartbeat))] == [True]


def test_the_web_cannot_make_up_beats() -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        session.execute(sa.text("INSERT INTO heartbeat VALUES (portal_now(), true)"))
    session.rollback()


@pytest.mark.parametrize("is_up", [True, False])
def test_the_job_notes_whether_the_portal_answers(monkeypatch: pytest.MonkeyPatch, is_up: bool) -> None:
    @contextmanager
    def transaction() -> Iterator[None]:
        with as_worker():
            yield

    monkeypatch.setattr(jobs, "transaction", transaction)
    pulse.use(pulse.MemoryPulse(is_up))
    jobs.note_heartbeat()
    assert [beat.answered for beat in session.scalars(sa.select(Heartbeat))] == [is_up]


def test_nobody_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("refused")

    monkeypatch.setattr(pulse, "urlopen", refuse)
    assert not pulse.HttpPulse("http://127.0.0.1:9/").is_felt()


def test_the_commissioner_is_shown_the_figures_and_a_filled_in_form(
    client: PortalClient, closing: Round
) -> None:
    suffer(34, noted=False)
    client.sign_in(person(Role.COMMISSIONER))
    shown = client.get(f"/rounds/{closing.id}").text
    assert "did not answer for 34 minutes" in shown
    assert "Extend to " in shown
    assert "Extend the deadline after an outage" in client.get("/start").text
    form = client.get(f"/rounds/{closing.id}/extend?proposed=1").text
    later = queries.propose_extensions([closing], clock.now())[closing.id].deadline
    assert f'value="{later.astimezone(clock.LONDON).date().isoformat()}"' in form
    assert "did not answer for 34 minutes" in form
    client.sign_in(person(Role.AUDITOR))
    assert "Extend to " not in client.get(f"/rounds/{closing.id}").text
