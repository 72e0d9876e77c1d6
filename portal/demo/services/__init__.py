"""The demonstration's story: loading it, beginning it again, and who can sign in to it."""

from __future__ import annotations

import logging
import time

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import clock
from portal.core.db import session, transaction
from portal.demo.services import (
    agreeing,
    applying,
    clarifications,
    deciding,
    evaluating,
    framework,
    matching,
    people,
    prices,
    providers,
    reviews,
    rounds,
    sufficiency,
    vacancies,
)
from portal.demo.services.emptying import empty_portal
from portal.demo.services.people import PASSWORD, Account, accounts, tour
from portal.demo.services.story import Story, not_waiting_for_disk, travel_to

__all__ = ["PASSWORD", "Account", "accounts", "load", "load_if_empty", "reset", "tour"]

# Steps of one moment happen in this order.
CHAPTERS = (
    people,
    providers,
    framework,
    rounds,
    applying,
    clarifications,
    evaluating,
    agreeing,
    deciding,
    prices,
    reviews,
    vacancies,
    matching,
    sufficiency,
)

log = logging.getLogger(__name__)


def load_if_empty(owner_url: str) -> bool:
    """Load the story unless there is anybody in the database already. Says whether it was loaded.

    A load that was broken off left the portal's time in the past: then everything is removed and loaded anew.
    """
    with transaction():
        has_people = session.execute(sa.select(sa.exists().where(Person.id.is_not(None)))).scalar_one()
        was_broken_off = bool(clock.offset())
    if was_broken_off:
        reset(owner_url)
    elif not has_people:
        load()
    return was_broken_off or not has_people


def reset(owner_url: str) -> None:
    """Remove everything and load the story again, as the tables' owner. For demonstrations only."""
    empty_portal(owner_url)
    load()


def load() -> None:
    """Tell the whole story into an empty database, through the features' services; end in the present."""
    begun = time.monotonic()
    with transaction():
        story = Story(clock.today())
    for chapter in CHAPTERS:
        chapter.tell(story)
    with not_waiting_for_disk():
        story.play()
    travel_to(None)
    log.info("Loaded the demonstration in %.1f seconds", time.monotonic() - begun)
