"""A person's own notifications page, and choosing how to be told."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.adapters import mail
from portal.core.db import session
from portal.notifications.models import Notification, NotificationSettings
from tests.factories.accounts import person
from tests.factories.notifications import message, notification, settings
from tests.factories.providers import organisation
from tests.support.acting import as_worker


@pytest.fixture
def ada(client: Any) -> Any:
    made = person(Role.BID_WRITER, organisation=organisation())
    client.sign_in(made)
    return made


def read(client: Any, path: str = "/notifications") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def is_read(told: Notification) -> bool:
    session.expire_all()
    with as_worker():
        return session.get_one(Notification, told.id).read_at is not None


def test_an_empty_page_says_so(client: Any, ada: Any) -> None:
    text = read(client)
    assert "You have no notifications" in text
    assert "Mark all as read" not in text
    assert "app-account__unread" not in text


def test_the_header_counts_what_is_unread_on_every_page_at_no_extra_query(
    client: Any, ada: Any, count_queries: Any
) -> None:
    costs = []
    for expected in (0, 3):
        session.expunge_all()
        with count_queries() as counted:
            text = read(client, "/account")
        costs.append(counted.number)
        assert (">3<" in text) is bool(expected)
        for _ in range(3 - expected):
            notification(ada)
    assert costs[0] == costs[1]


def test_the_list_shows_ones_own_newest_first(client: Any, ada: Any) -> None:
    notification(ada, title="First")
    notification(ada, title="Second", body="See http://localhost/x.\n<b>", is_urgent=True)
    notification(person(), title="Another's")
    text = read(client)
    assert text.index("Second") < text.index("First")
    assert "Another&#39;s" not in text
    assert 'href="http://localhost/x"' in text
    assert "&lt;b&gt;" in text
    assert "Urgent" in text


def test_opening_one_marks_it_read_and_goes_to_the_page(client: Any, ada: Any) -> None:
    told = notification(ada, path="/applications?page=2")
    answer = client.post(f"/notifications/{told.id}/open")
    assert (answer.status_code, answer.location) == (303, "/applications?page=2")
    assert is_read(told)
    assert client.post(f"/notifications/{told.id}/open").status_code == 303


def test_marking_one_read_stays_on_the_page_of_the_list(client: Any, ada: Any) -> None:
    told, other = notification(ada, path=None), notification(ada)
    answer = client.post(f"/notifications/{told.id}/read", data={"page": 2})
    assert answer.location == "/notifications?page=2"
    assert is_read(told)
    assert not is_read(other)


def test_marking_all_read(client: Any, ada: Any) -> None:
    told = [notification(ada), notification(ada)]
    others = notification(person())
    assert client.post("/notifications/read").status_code == 303
    assert all(is_read(one) for one in told)
    assert not is_read(others)


@pytest.mark.parametrize("deed", ["open", "read"])
def test_rule_09_anothers_notification_does_not_exist(client: Any, ada: Any, deed: str) -> None:
    others = notification(person())
    assert client.post(f"/notifications/{others.id}/{deed}").status_code == 404
    assert not is_read(others)


def test_long_lists_have_pages(client: Any, ada: Any) -> None:
    for number in range(22):
        notification(ada, title=f"Event {number:02}")
    assert "Event 01" not in read(client)
    assert "Event 01" in read(client, "/notifications?page=2")
    assert "There are no more notifications" in read(client, "/notifications?page=9")


def test_an_email_that_did_not_arrive_is_said_to_its_person(client: Any, ada: Any) -> None:
    told = notification(ada)
    message(ada.email, notification_id=told.id, state="failed")
    assert "may not have reached you" in read(client)


def choose(client: Any, **typed: Any) -> Any:
    shown = read(client, "/notifications/settings")
    version = re.search(r'name="version" type="hidden" value="(\d*)"', shown)
    return client.post(
        "/notifications/settings", data={"version": version[1] if version else "", "mobile": "", **typed}
    )


def kept(whom: Any) -> NotificationSettings:
    session.expire_all()
    statement = sa.select(NotificationSettings).where(NotificationSettings.person_id == whom.id)
    return session.execute(statement).scalar_one()


def test_choices_are_saved_and_shown_again(client: Any, ada: Any) -> None:
    assert choose(client, digest_topics=["rounds", "decisions"], mobile="+44 7700 900123").status_code == 303
    assert (kept(ada).digest_topics, kept(ada).mobile) == (["decisions", "rounds"], "07700900123")
    text = read(client, "/notifications/settings")
    assert 'value="07700900123"' in text
    assert text.count(" checked") == 2
    assert choose(client).status_code == 303
    assert (kept(ada).digest_topics, kept(ada).mobile) == ([], None)


def test_a_bad_number_is_said_beside_its_box_and_nothing_is_lost(client: Any, ada: Any) -> None:
    answer = choose(client, digest_topics=["rounds"], mobile="01622 696565")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Enter a UK mobile number" in text
    assert 'value="01622 696565"' in text
    assert text.count(" checked") == 1
    with pytest.raises(sa.exc.NoResultFound):
        kept(ada)


def test_a_form_from_another_tab_overwrites_nothing(client: Any, ada: Any) -> None:
    settings(ada, mobile="07700900123")
    answer = client.post("/notifications/settings", data={"version": "7", "mobile": "07700900456"})
    assert answer.status_code == 409
    assert "07700900456" in answer.get_data(as_text=True)
    assert kept(ada).mobile == "07700900123"


def test_a_topic_that_does_not_concern_ones_side_is_not_offered(client: Any, ada: Any) -> None:
    assert "Evaluation" not in read(client, "/notifications/settings")
    client.sign_in(person(Role.EVALUATOR, council=Council.MEDWAY))
    text = read(client, "/notifications/settings")
    assert "Evaluation" in text
    assert "Applications and documents" not in text


def test_where_nothing_carries_texts_no_number_is_asked_for_and_none_is_lost(client: Any, ada: Any) -> None:
    settings(ada, mobile="07700900123")
    mail.use(mail.SmtpMailer("smtp://localhost", "framework@example.org"))
    assert "Mobile number" not in read(client, "/notifications/settings")
    version = kept(ada).version
    answer = client.post("/notifications/settings", data={"version": version, "digest_topics": ["rounds"]})
    assert answer.status_code == 303
    assert kept(ada).mobile == "07700900123"
