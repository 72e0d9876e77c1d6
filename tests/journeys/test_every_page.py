"""Every kind of page that anybody in the demonstration reaches by links passes axe, and fits a phone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from portal.demo.services import PASSWORD, tour
from tests.support.database import Databases
from tests.support.live import Live
from tests.support.visitor import UUID, Checks, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

# Of one kind of page somebody opens no more than this: rounds differ by their state, other things hardly.
MOST_OF_A_KIND = 3
ROUNDS = 6
LEFT_OUT = ("/static", "/sent-mail")
LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')
SIGNED_OUT = ("/sign-in", "/register", "/forgotten-password", "/verify-a-receipt", "/demonstration")


@dataclass(frozen=True)
class Found:
    """The fullest page of its kind so far: who reads it, where, and how long it is."""

    reader: Visitor
    path: str
    length: int


@pytest.fixture
def live(databases: Databases, worker_name: str, tmp_path: Path) -> Iterator[Live]:
    """A portal with the demonstration; no worker, which would draw pictures of files all the while."""
    running = Live.on(databases, f"live_{worker_name}", tmp_path)
    try:
        running.command("demo", "load")
        running.start_web()
        yield running
    finally:
        running.stop()


def test_every_kind_of_page(visitor: Callable[..., Visitor], checks: Checks) -> None:
    kinds: dict[str, Found] = {}
    nobody = visitor("nobody")
    _read(nobody, kinds, *SIGNED_OUT, "/")
    for account in tour():
        reader = visitor(account.role)
        _sign_in(reader, account.email)
        _read(reader, kinds, "/start")
    for _, found in sorted(kinds.items()):
        found.reader.go(found.path)
    assert len(kinds) > 100
    print(f"\naxe checked {len(kinds)} kinds of page at two widths: {len(checks.violations)} violations.")


def _sign_in(reader: Visitor, email: str) -> None:
    reader.page.goto("/sign-in")
    reader.fill("Email address", email)
    reader.fill("Password", PASSWORD)
    with reader.page.expect_navigation(url="**/start"):
        reader.page.get_by_role("button", name="Sign in", exact=True).click()


def _read(reader: Visitor, kinds: dict[str, Found], *begin: str) -> None:
    """Follow links from `begin`, without opening every household; keep the fullest page of each kind."""
    waiting, seen, opened = list(begin), set(begin), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        kind = _kind(path)
        if opened[kind] >= (ROUNDS if "/rounds/id" in kind else MOST_OF_A_KIND):
            continue
        opened[kind] += 1
        answer = reader.context.request.get(path)
        # A refusal says why: "declare first", "a review is under way".
        assert answer.status in (200, 403, 409), f"{reader.name} follows a link to {path}: {answer.status}"
        if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        text = answer.text()
        if kind not in kinds or len(text) > kinds[kind].length:
            kinds[kind] = Found(reader, path, len(text))
        for link in LINK.findall(text.replace("&amp;", "&")):
            if link not in seen and not link.startswith(LEFT_OUT):
                seen.add(link)
                waiting.append(link)


def _kind(path: str) -> str:
    """The address without what tells one such page from another."""
    parts = urlsplit(path)
    words = re.sub(r"/\d+(?=/|$)", "/number", UUID.sub("id", parts.path))
    columns = [value for name, value in parse_qsl(parts.query) if name == "columns"]
    return "?".join([words, *columns])
