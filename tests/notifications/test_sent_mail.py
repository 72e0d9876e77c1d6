"""The demonstration's letter box."""

from __future__ import annotations

from typing import Any

import pytest

from portal.accounts.states import Role
from portal.notifications.views import with_links
from tests.factories.accounts import person
from tests.factories.frameworks import round_
from tests.factories.notifications import message


@pytest.fixture
def demonstration(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "DEMONSTRATION", True)


def box(client: Any, to: str = "", number: int = 1) -> str:
    answer = client.get("/sent-mail", query_string={"to": to, "page": number})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_there_is_no_letter_box_outside_the_demonstration(client: Any) -> None:
    message()
    assert client.get("/sent-mail?to=ada@example.org").status_code == 404


@pytest.mark.usefixtures("demonstration")
def test_an_empty_box_says_so(client: Any) -> None:
    assert "has not written any email yet" in box(client)
    assert "Nothing has been sent to this address" in box(client, "nobody@example.org")


@pytest.mark.usefixtures("demonstration")
def test_addresses_are_offered_and_a_box_shows_the_newest_first(client: Any) -> None:
    message(subject="First")
    message(subject="Second", body="See http://localhost/invitations/abc.\n\n<b>Bye</b>\n")
    message("bea@example.org", subject="Not Ada's")
    assert 'href="/sent-mail?to=ada@example.org"' in box(client)
    text = box(client, " ADA@example.org ")
    assert text.index("Second") < text.index("First")
    assert "Not Ada&#39;s" not in text
    assert 'href="http://localhost/invitations/abc"' in text
    assert "&lt;b&gt;Bye&lt;/b&gt;" in text


@pytest.mark.usefixtures("demonstration")
def test_unconfirmed_people_can_read_their_mail_there(client: Any) -> None:
    client.sign_in(person(email="ada@example.org", confirmed=False))
    message(subject="Confirm")
    assert "Confirm" in box(client, "ada@example.org")


@pytest.mark.usefixtures("demonstration")
def test_long_boxes_have_pages_at_the_same_cost(client: Any, count_queries: Any) -> None:
    numbers = []
    for _ in range(2):
        with count_queries() as counted:
            box(client, "ada@example.org")
        numbers.append(counted.number)
        for number in range(12):
            message(subject=f"Letter {number:02}")
    assert numbers[0] == numbers[1]
    assert "Letter 11" in box(client, "ada@example.org")
    second = box(client, "ada@example.org", 2)
    assert "Letter 01" in second
    assert "Letter 02" not in second


@pytest.mark.usefixtures("demonstration")
def test_rule_01_sealed_mail_is_only_for_whom_it_was_sent_to(client: Any) -> None:
    sealed = round_("published")
    ada = person(email="ada@example.org")
    message(subject="We have your application", sealed_round_id=sealed.id)
    message(subject="Hello")
    readers = (
        None,
        person(Role.COMMISSIONER),
        person(Role.AUDITOR),
        person(Role.SYSTEM_ADMINISTRATOR),
        person(),
    )
    for reader in readers:
        if reader is not None:
            client.sign_in(reader)
        text = box(client, "ada@example.org")
        assert "We have your application" not in text
        assert "Hello" in text
    client.sign_in(ada)
    assert "We have your application" in box(client, "ada@example.org")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\n\nc", '<p class="govuk-body">a<br>b</p><p class="govuk-body">c</p>'),
        ("<script>", '<p class="govuk-body">&lt;script&gt;</p>'),
        (
            "(https://x.example/a?b=1&c=2).",
            '<p class="govuk-body">(<a class="govuk-link govuk-!-text-break-word" href="https://x.example/a?b=1&amp;c=2">'
            "https://x.example/a?b=1&amp;c=2</a>).</p>",
        ),
        ("javascript:alert(1)", '<p class="govuk-body">javascript:alert(1)</p>'),
        (
            'https://x.example/"onclick=',
            '<p class="govuk-body"><a class="govuk-link govuk-!-text-break-word" href="https://x.example/">'
            "https://x.example/</a>&#34;onclick=</p>",
        ),
    ],
)
def test_text_becomes_safe_html_with_links(text: str, html: str) -> None:
    assert with_links(text) == html
