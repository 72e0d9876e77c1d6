"""Journeys run the real thing: gunicorn, a worker, PostgreSQL and Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import browser as chromium
from tests.support.database import Databases
from tests.support.live import Live
from tests.support.visitor import Checks, Visitor


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys of this worker."""
    path = chromium.find()
    assert path is not None, chromium.MISSING
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def live(databases: Databases, worker_name: str, tmp_path: Path) -> Iterator[Live]:
    """A portal on an empty migrated database, with web and worker running."""
    running = Live.on(databases, f"live_{worker_name}", tmp_path)
    try:
        running.start_web()
        running.start_worker()
        yield running
    finally:
        running.stop()


@pytest.fixture
def checks() -> Iterator[Checks]:
    """What axe found in this journey, told all at once at its end; JOURNEY_PICTURES=folder keeps pictures."""
    folder = os.environ.get("JOURNEY_PICTURES")
    kept = Checks(pictures=Path(folder) if folder else None)
    yield kept
    assert not kept.violations, "\n".join(kept.violations)


@pytest.fixture
def visitor(browser: Browser, live: Live, checks: Checks) -> Iterator[Callable[..., Visitor]]:
    """`visitor("name")` opens a browser of their own for somebody."""
    opened: list[Visitor] = []

    def open_for(name: str, **options: Any) -> Visitor:
        made = Visitor(browser, live.address, name=name, checks=checks, **options)
        opened.append(made)
        return made

    yield open_for
    for made in opened:
        made.close()
