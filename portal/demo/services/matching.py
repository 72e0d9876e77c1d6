"""Children looked for, providers asked and children placed, by both councils: references only, nobody is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import clock
from portal.core.db import session
from portal.demo.services.people import placements_lead_of
from portal.demo.services.story import Story
from portal.matching import queries, services
from portal.matching.models import Enquiry, Placement, Search
from portal.matching.needs import Child, Needs
from portal.matching.services.sending import Asking
from portal.matching.states import (
    CannotReason,
    DeclineReason,
    Ending,
    EndReason,
    EnquiryState,
    Funding,
    InHouse,
    KeyServiceLine,
)
from portal.vacancies.models import Vacancy
from portal.vacancies.states import Gender

KENT, MEDWAY = "kent_placements", "medway_placements"
SWALE, THANET, MEDWAY_DISTRICT = "E07000113", "E07000114", "E06000035"


@dataclass(frozen=True)
class Sought:
    """A search: who saves it, on which day, what is asked for."""

    key: str
    officer: str
    reference: str
    day: int
    needs: Needs
    message: str = ""
    is_urgent: bool = False
    open_for: timedelta = timedelta(hours=20)


# Two placements that last, one that ended, and two searches that a visitor finds under way.
SOUGHT = (
    Sought(
        "girl_of_7",
        KENT,
        "LAC-20391",
        -6,
        Needs(
            (Child(7, Gender.FEMALE),),
            "standard",
            "standard",
            wishes={"near": ("ME10", 20), "smoke_free": True},
            musts=frozenset({"near"}),
        ),
        "Settled at school and hopes to stay there.",
    ),
    Sought(
        "boy_of_9",
        KENT,
        "LAC-20377",
        -11,
        Needs((Child(9, Gender.MALE),), "standard", "standard", wishes={"two_carers": True}),
    ),
    Sought(
        "girl_of_12",
        MEDWAY,
        "MDW-8841",
        -3,
        Needs(
            (Child(12, Gender.FEMALE),),
            "standard",
            "standard",
            wishes={"districts": (MEDWAY_DISTRICT, SWALE), "driver": True},
        ),
        "A school run to Chatham is needed for the rest of this term.",
    ),
    Sought(
        "boy_of_16",
        KENT,
        "LAC-20417",
        -1,
        Needs(
            (Child(16, Gender.MALE),),
            "standard",
            "standard",
            wishes={"languages": ("arabic", "pashto"), "religion": "muslim", "near": ("CT1", 30)},
        ),
        "Arrived this week. An interpreter can be arranged for the first days.",
        open_for=timedelta(days=3),
    ),
    Sought(
        "siblings",
        MEDWAY,
        "MDW-8850",
        -1,
        Needs(
            (Child(6, Gender.MALE), Child(8, Gender.FEMALE)),
            "standard",
            "standard",
            wishes={"districts": (MEDWAY_DISTRICT,), "solo": True},
        ),
        "They have never lived apart.",
        is_urgent=True,
        open_for=timedelta(days=2),
    ),
)


def tell(story: Story) -> None:
    """Officers save searches and ask; providers answer; children are placed, and one moves on."""
    for sought in SOUGHT:
        story.add(sought.day, "09:20", sought.officer, partial(_ask, story, sought))
    _answer(story, "girl_of_7", -6, {"ragstone": True, "tidewell": True, "samphire": False})
    story.add(-5, "10:10", KENT, partial(_choose, story, "girl_of_7", "ragstone"))
    story.add(-4, "16:00", KENT, partial(_start, story, "girl_of_7"))
    _answer(story, "boy_of_9", -11, {"samphire": True, "ragstone": False})
    story.add(-10, "11:00", KENT, partial(_choose, story, "boy_of_9", "samphire"))
    story.add(-9, "15:00", KENT, partial(_start, story, "boy_of_9"))
    story.add(-2, "12:30", KENT, partial(_end, story, "boy_of_9"))
    _answer(story, "girl_of_12", -3, {"tidewell": True, "ragstone": False})
    story.add(-2, "10:40", MEDWAY, partial(_choose, story, "girl_of_12", "tidewell"))
    story.add(-1, "17:10", MEDWAY, partial(_start, story, "girl_of_12"))
    _answer(story, "boy_of_16", -1, {"ragstone": True, "samphire": False})


def _answer(story: Story, key: str, day: int, answers: dict[str, bool]) -> None:
    for minute, (provider, can) in enumerate(answers.items(), 10):
        act = partial(_offer if can else _turn_down, story, key, provider)
        story.add(day, f"11:{minute}", placements_lead_of(provider), act)


def _ask(story: Story, sought: Sought, by: Person) -> None:
    search = services.save_search(sought.needs, reference=sought.reference, by=by)
    story.ids[sought.key] = search.id
    services.record_in_house(search, InHouse.NOBODY, by=by)
    suitable = [one.organisation.id for one in queries.list_active(sought.needs) if one.is_suitable]
    asking = Asking(clock.now() + sought.open_for, is_urgent=sought.is_urgent, message=sought.message)
    services.send_enquiries(search, suitable, asking, by=by)


def _offer(story: Story, key: str, provider: str, by: Person) -> None:
    enquiry = _enquiry(story, key, provider)
    services.offer_place(
        enquiry,
        _household(enquiry),
        available_from=clock.today(),
        conditions="A first visit before the child moves in, with the supervising social worker.",
        by=by,
    )


def _household(enquiry: Enquiry) -> Vacancy:
    """The first household of the provider that fits the child."""
    needs = enquiry.child_needs
    offerable = queries.list_offerable(enquiry.organisation_id, needs.together)
    return next(
        one
        for one in offerable
        if all(one.age_from <= child.age <= one.age_to for child in needs.children)
        and all(one.gender in (Gender.ANY, child.gender) for child in needs.children)
        and needs.need_category in one.need_categories
    )


def _turn_down(story: Story, key: str, provider: str, by: Person) -> None:
    enquiry = _enquiry(story, key, provider)
    services.turn_down(
        enquiry,
        reason=CannotReason.OTHER_CHILDREN,
        words="The children who live there need this time for themselves.",
        by=by,
    )


def _choose(story: Story, key: str, provider: str, by: Person) -> None:
    chosen = _enquiry(story, key, provider)
    others = [one for one in queries.list_enquiries_of(_search(story, key)) if one.id != chosen.id]
    terms = services.Terms(
        children=[1],
        starts_on=clock.today(),
        key_service_line=KeyServiceLine.CARE_AND_SUPPORT,
        funding=Funding.COUNCIL_BUDGET,
    )
    declines = {
        one.id: (DeclineReason.NEARER, "Thank you: the carers were a good match in all but the distance.")
        for one in others
        if one.state == EnquiryState.OFFERED
    }
    services.choose_offer(chosen, terms, declines=declines, by=by)


def _start(story: Story, key: str, by: Person) -> None:
    services.start_placement(_placement(story, key), started_on=clock.today(), by=by)


def _end(story: Story, key: str, by: Person) -> None:
    services.end_placement(
        _placement(story, key),
        ended_on=clock.today(),
        ending=Ending.PLANNED,
        reason=EndReason.HOME,
        words="Returned to family after the assessment, as planned from the start.",
        by=by,
    )


def _search(story: Story, key: str) -> Search:
    return session.get_one(Search, story.ids[key])


def _enquiry(story: Story, key: str, provider: str) -> Enquiry:
    return session.scalars(
        sa.select(Enquiry).where(
            Enquiry.search_id == story.ids[key], Enquiry.organisation_id == story.ids[provider]
        )
    ).one()


def _placement(story: Story, key: str) -> Placement:
    return session.scalars(sa.select(Placement).where(Placement.search_id == story.ids[key])).one()
