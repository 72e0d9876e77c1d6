"""The framework and its members from before the portal, and the lists behind prices and vacancies."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from portal.accounts.models import Person
from portal.agreements.queries import list_extensions
from portal.agreements.services import (
    Consultation,
    admit_incumbent,
    propose_extension,
    record_consultation,
)
from portal.core import clock
from portal.core.db import session
from portal.demo.services.people import FIRST_DAY
from portal.demo.services.prices import MODIFIERS, fees_of
from portal.demo.services.story import Story
from portal.frameworks.services import load_framework, load_reference_lists
from portal.pricing.services import set_initial_prices
from portal.vacancies.services import load_districts

INCUMBENTS = ("ragstone", "samphire")
LIVE_SINCE = date(2022, 4, 1)


def tell(story: Story) -> None:
    """The framework is recorded, then its two members; an extension of it waits for the approver."""
    story.add(FIRST_DAY, "08:00", None, lambda _: _load_lists())
    story.add(FIRST_DAY, "09:30", "commissioner", partial(_record_framework, story))
    for provider in INCUMBENTS:
        story.add(-282, "14:00", "commissioner", partial(_admit, story, provider))
    story.add(-16, "10:20", "commissioner", partial(_propose_extension, story))
    story.add(-6, "15:10", "commissioner", partial(_record_consultation, story))


def _load_lists() -> None:
    load_reference_lists()
    load_districts()


def _record_framework(story: Story, _: Person) -> None:
    framework = load_framework()
    # The real end date is not published, and the story's must not have passed.
    framework.ends_on = max(framework.ends_on, date(story.today.year + 2, 3, 31))
    session.flush()
    story.ids["framework"] = framework.id


def _admit(story: Story, provider: str, by: Person) -> None:
    organisation, framework = story.organisation(provider), story.framework()
    admit_incumbent(framework, organisation, starts_on=LIVE_SINCE, by=by)
    set_initial_prices(
        framework,
        organisation,
        fees_of(provider),
        effective_from=LIVE_SINCE,
        modifiers=MODIFIERS[provider],
        by=by,
    )


def _propose_extension(story: Story, by: Person) -> None:
    framework = story.framework()
    until = date(framework.ends_on.year + 2, 3, 31)
    propose_extension(
        framework,
        extends_to=until,
        clause="Clause 3.2 of the framework agreement: up to two years (illustrative)",
        reasons="Placements made now outlast the present end. Extending keeps every member’s prices and terms"
        " while the next framework is procured.",
        by=by,
    )


def _record_consultation(story: Story, by: Person) -> None:
    (extension,) = list_extensions(story.framework())
    day = clock.today() - timedelta(days=1)
    said = Consultation(
        consultee="Cabinet Member for Integrated Children’s Services",
        consulted_on=day,
        consultee_view="Supports the extension, and asks for a report on sufficiency within the year.",
        medway_signatory="Head of commissioning, Medway Council",
        medway_agreed_on=day,
    )
    record_consultation(extension, said, by=by)
