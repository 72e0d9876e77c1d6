"""A placement's life once it is agreed: the child moves in, and one day it ends, as planned or not."""

from __future__ import annotations

from datetime import date

from portal.accounts.models import Person
from portal.core import clock, transitions
from portal.core.db import session
from portal.core.errors import Invalid
from portal.matching.models import Placement
from portal.matching.services.telling import tell_ending
from portal.matching.services.wording import clean_words
from portal.matching.states import Ending, EndReason
from portal.matching.workflow import PLACEMENT


def start_placement(
    placement: Placement, *, started_on: date, by: Person, seen_version: int | None = None
) -> None:
    """Record that the child has moved in. A placement officer of the council. Raises `Refused`, `Stale`."""
    facts = {"started_on": started_on, "today": clock.today()}
    transitions.apply(PLACEMENT, "start", placement, by=by, seen_version=seen_version, facts=facts)
    placement.started_on = started_on
    session.flush()


def end_placement(
    placement: Placement,
    *,
    ended_on: date,
    ending: Ending,
    reason: EndReason,
    words: str = "",
    by: Person,
    seen_version: int | None = None,
    checked: bool = False,
) -> None:
    """Record how and why a placement ended; the provider is told, for its household may have a place again.

    A placement officer of the council. An unplanned ending is explained in words. Raises `Invalid`, `Refused`, `Stale`.
    """
    explained = clean_words(words, field="words", checked=checked)
    if reason == EndReason.NEVER_BEGAN:
        raise Invalid("Choose why it ended: the child had moved in", field="reason")
    if not explained and (ending == Ending.UNPLANNED or reason == EndReason.OTHER):
        raise Invalid("Say what happened, without anything that identifies the child", field="words")
    facts = {"ended_on": ended_on, "today": clock.today()}
    transitions.apply(PLACEMENT, "end", placement, by=by, seen_version=seen_version, facts=facts)
    _ended(placement, ended_on, ending, reason, explained)


def abandon_placement(
    placement: Placement, *, words: str, by: Person, seen_version: int | None = None, checked: bool = False
) -> None:
    """Record that the child never moved in: the placement ends unplanned, and the child can be placed anew.

    A placement officer of the council, with the reason. Raises `Invalid`, `Refused`, `Stale`.
    """
    explained = clean_words(words, field="words", checked=checked)
    if not explained:
        raise Invalid("Say why the child never moved in", field="words")
    transitions.apply(PLACEMENT, "abandon", placement, by=by, seen_version=seen_version)
    _ended(placement, clock.today(), Ending.UNPLANNED, EndReason.NEVER_BEGAN, explained)
    search = placement.search
    if search.closed_at is not None:
        search.closed_at, search.closed_as = None, None
        session.flush()


def _ended(placement: Placement, ended_on: date, ending: Ending, reason: EndReason, words: str) -> None:
    placement.ended_on, placement.ending = ended_on, ending
    placement.end_reason, placement.end_words = reason, words
    session.flush()
    tell_ending(placement)
