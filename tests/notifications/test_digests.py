"""The daily email: at eight in Kent, never empty, never twice, and apart for what different rounds seal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.db import session as portal_session
from portal.notifications.jobs import send_digests
from portal.notifications.models import Message, Notification
from portal.notifications.services.digests import TEMPLATE
from tests.factories.accounts import person
from tests.factories.frameworks import round_
from tests.factories.notifications import notification
from tests.support.acting import as_worker

WINTER_EIGHT = datetime(2027, 1, 12, 8, tzinfo=UTC)
SUMMER_EIGHT = datetime(2027, 7, 12, 7, tzinfo=UTC)  # eight o'clock in Kent


@pytest.fixture(autouse=True)
def worker(session: Any) -> Iterator[None]:
    """Everything here is the worker's doing."""
    with as_worker():
        yield


def as_before() -> None:
    """A factory leaves the connection in the web's role."""
    portal_session.execute(sa.text("SET ROLE portal_worker"))


def go_to(moment: datetime) -> None:
    with as_worker():
        clock.travel(clock.offset() + (moment - clock.locked_now()))
    portal_session.commit()
    as_before()


def waiting(whom: Any, *, minutes_before: int = 60, **columns: Any) -> Notification:
    made = notification(
        whom,
        waits_for_digest=True,
        **{"created_at": clock.now() - timedelta(minutes=minutes_before), **columns},
    )
    as_before()
    return made


def digests(session: Any) -> list[Message]:
    session.expire_all()
    return list(session.execute(sa.select(Message).where(Message.template == TEMPLATE)).scalars())


@pytest.mark.parametrize("eight", [WINTER_EIGHT, SUMMER_EIGHT], ids=["winter", "summer"])
def test_it_goes_at_eight_in_kent_and_not_before(session: Any, eight: datetime) -> None:
    go_to(eight - timedelta(minutes=5))
    ada = person()
    waiting(ada, title="First thing")
    waiting(ada, title="Second thing", minutes_before=30)
    send_digests()
    assert digests(session) == []
    go_to(eight + timedelta(minutes=1))
    send_digests()
    [email] = digests(session)
    assert (email.recipient, email.subject) == (
        ada.email,
        "2 notifications from the Kent and Medway Fostering Framework",
    )
    assert email.body.index("First thing") < email.body.index("Second thing")


def test_it_is_written_once_a_day_and_never_empty(session: Any) -> None:
    go_to(WINTER_EIGHT + timedelta(minutes=1))
    ada = person()
    person()
    waiting(ada, title="Early")
    for _ in range(3):
        send_digests()
    assert len(digests(session)) == 1
    late = waiting(ada, title="Committed late", minutes_before=30)
    send_digests()
    assert len(digests(session)) == 1
    assert late.digest_id is None
    go_to(WINTER_EIGHT + timedelta(days=1, minutes=1))
    send_digests()
    send_digests()
    assert sorted("Committed late" in email.body for email in digests(session)) == [False, True]


def test_a_worker_that_slept_at_eight_sends_it_later(session: Any) -> None:
    go_to(WINTER_EIGHT - timedelta(minutes=10))
    waiting(person())
    go_to(WINTER_EIGHT + timedelta(hours=5))
    send_digests()
    assert len(digests(session)) == 1


def test_what_was_read_or_mailed_at_once_is_not_repeated(session: Any) -> None:
    go_to(WINTER_EIGHT + timedelta(minutes=1))
    ada = person()
    waiting(ada, read_at=clock.now())
    waiting(person(disabled=True))
    notification(ada, created_at=clock.now() - timedelta(hours=1))
    as_before()
    send_digests()
    assert digests(session) == []


def test_rule_01_what_two_rounds_seal_travels_apart(session: Any) -> None:
    go_to(WINTER_EIGHT + timedelta(minutes=1))
    ada = person()
    one, other = round_("published"), round_("published")
    as_before()
    waiting(ada, title="Open to all")
    waiting(ada, title="Of one", sealed_round_id=one.id)
    waiting(ada, title="Of the other", sealed_round_id=other.id)
    send_digests()
    by_round = {email.sealed_round_id: email.body for email in digests(session)}
    assert by_round.keys() == {one.id, other.id}
    assert "Of the other" not in by_round[one.id]
    assert "Of one" not in by_round[other.id]
    assert sum("Open to all" in body for body in by_round.values()) == 1
