"""Free places counted each Monday, and searches for which no place was found: what the sufficiency figures show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import clock
from portal.core.db import session
from portal.demo.services.people import placements_lead_of
from portal.demo.services.story import Story
from portal.matching import queries, services
from portal.matching.models import Enquiry, Search
from portal.matching.needs import Child, Needs
from portal.matching.services.sending import Asking
from portal.matching.states import CannotReason, InHouse, SearchOutcome
from portal.vacancies.states import Gender

KENT, MEDWAY = "kent_placements", "medway_placements"
MEDWAY_DISTRICT, ASHFORD, DOVER, THANET = "E06000035", "E07000105", "E07000108", "E07000114"
GIRL, BOY = Gender.FEMALE, Gender.MALE
# Households are on record from the first of these days.
FIRST_DAY = -23
WEEK = 7


@dataclass(frozen=True)
class Missed:
    """A search that came to nothing: why each provider that was asked could not, and what the officer wrote."""

    officer: str
    reference: str
    day: int
    needs: Needs
    words: str
    answers: Mapping[str, CannotReason] = field(default_factory=dict)


MISSED = (
    Missed(
        KENT,
        "LAC-20352",
        -17,
        Needs((Child(16, BOY),), "uasc", "complex", wishes={"districts": (DOVER, THANET)}),
        "No household near the port takes a young person with needs like these.",
        {"ragstone": CannotReason.NEEDS, "samphire": CannotReason.DISTANCE},
    ),
    Missed(
        MEDWAY,
        "MDW-8823",
        -13,
        Needs(
            tuple(Child(age, GIRL) for age in (3, 5, 8, 9)),
            "siblings",
            "standard",
            wishes={"districts": (MEDWAY_DISTRICT,)},
        ),
        "Nobody can take four sisters together. They were placed by another council.",
    ),
    Missed(
        KENT,
        "LAC-20366",
        -12,
        Needs((Child(0, GIRL),), "parent_and_child", "enhanced", wishes={"districts": (ASHFORD,)}),
        "A mother and her baby: the places there are all too far from the court and the family.",
        {"ragstone": CannotReason.TOO_SOON, "tidewell": CannotReason.OTHER_CHILDREN},
    ),
    Missed(
        KENT,
        "LAC-20384",
        -9,
        Needs((Child(14, BOY),), "step_down", "complex"),
        "Stepping down from residential care: nobody was ready to offer.",
        {"samphire": CannotReason.NEEDS, "ragstone": CannotReason.NEEDS},
    ),
)


def tell(story: Story) -> None:
    """The portal counts each Monday; officers look, ask, and find nothing."""
    monday = -story.today.weekday()
    for day in range(monday, FIRST_DAY, -WEEK):
        if day < 0:
            story.add(day, "06:20", None, _count)
    for missed in MISSED:
        story.add(missed.day, "09:40", missed.officer, partial(_ask, story, missed))
        for minute, (provider, reason) in enumerate(missed.answers.items(), 10):
            act = partial(_turn_down, story, missed, provider, reason)
            story.add(missed.day, f"12:{minute}", placements_lead_of(provider), act)
        story.add(missed.day, "17:20", missed.officer, partial(_close, story, missed))


def _count(_: Person | None) -> None:
    services.keep_week()


def _ask(story: Story, missed: Missed, by: Person) -> None:
    search = services.save_search(missed.needs, reference=missed.reference, by=by)
    story.ids[missed.reference] = search.id
    services.record_in_house(search, InHouse.NOBODY, by=by)
    if missed.answers:
        asked = {one.organisation.id for one in queries.list_active(missed.needs) if one.is_suitable}
        asked |= {story.ids[provider] for provider in missed.answers}
        services.send_enquiries(search, asked, Asking(clock.now() + timedelta(hours=6)), by=by)


def _turn_down(story: Story, missed: Missed, provider: str, reason: CannotReason, by: Person) -> None:
    enquiry = session.scalars(
        sa.select(Enquiry).where(
            Enquiry.search_id == story.ids[missed.reference],
            Enquiry.organisation_id == story.ids[provider],
        )
    ).one()
    services.turn_down(enquiry, reason=reason, by=by)


def _close(story: Story, missed: Missed, by: Person) -> None:
    search = session.get_one(Search, story.ids[missed.reference])
    services.close_search(search, SearchOutcome.NOT_FOUND, words=missed.words, by=by)
