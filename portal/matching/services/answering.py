"""A provider's answer to an enquiry: a place, or none, and a change of mind until the council has decided."""

from __future__ import annotations

from datetime import date

from portal.accounts.models import Person
from portal.core import clock, transitions
from portal.core.db import lock, session
from portal.core.errors import Invalid
from portal.matching import queries
from portal.matching.models import Enquiry
from portal.matching.services.telling import tell_answer
from portal.matching.services.wording import clean_words
from portal.matching.states import CannotReason
from portal.matching.workflow import ENQUIRY
from portal.vacancies.models import Vacancy
from portal.vacancies.states import OPEN


def offer_place(
    enquiry: Enquiry,
    vacancy: Vacancy,
    *,
    available_from: date,
    conditions: str = "",
    by: Person,
    seen_version: int | None = None,
    checked: bool = False,
) -> None:
    """Offer a household of the provider's own, from a day, on conditions; again, to change the offer.

    The provider's placements lead: by the time asked for, and later only to change an answer given in time.
    Raises `Invalid` for a household without enough free places, `Refused` once the enquiry has lapsed, is
    decided or the provider is suspended, `Stale`.
    """
    lock(enquiry)
    words = clean_words(conditions, field="conditions", checked=checked)
    _check_household(enquiry, vacancy)
    if available_from < clock.today():
        raise Invalid("The day from which the place is free cannot be in the past", field="available_from")
    transitions.apply(ENQUIRY, "offer", enquiry, by=by, seen_version=seen_version, facts=_facts(enquiry))
    enquiry.vacancy_id, enquiry.available_from, enquiry.conditions = vacancy.id, available_from, words
    enquiry.cannot_reason, enquiry.cannot_words = None, ""
    _answered(enquiry, by)


def turn_down(
    enquiry: Enquiry,
    *,
    reason: CannotReason,
    words: str = "",
    by: Person,
    seen_version: int | None = None,
    checked: bool = False,
) -> None:
    """Say that no place can be offered, and why. As `offer_place`; another reason must be said in words."""
    lock(enquiry)
    explained = clean_words(words, field="words", checked=checked)
    if reason == CannotReason.OTHER and not explained:
        raise Invalid("Say what the reason is", field="words")
    transitions.apply(ENQUIRY, "say_cannot", enquiry, by=by, seen_version=seen_version, facts=_facts(enquiry))
    enquiry.cannot_reason, enquiry.cannot_words = reason, explained
    enquiry.vacancy_id, enquiry.available_from, enquiry.conditions = None, None, ""
    _answered(enquiry, by)


def lapse_enquiry(enquiry: Enquiry) -> None:
    """Put on record that no answer came by the time asked for; nobody is told but by the page. For a job."""
    lock(enquiry)
    transitions.apply(ENQUIRY, "lapse", enquiry, by=None, facts={"now": clock.locked_now()})
    session.flush()


def _facts(enquiry: Enquiry) -> dict[str, object]:
    """Gathered under the lock: a write that waited past the time is late."""
    return {
        "now": clock.locked_now(),
        "is_open": queries.is_still_looked_for(enquiry),
        "may_place": queries.may_place_with(enquiry),
    }


def _check_household(enquiry: Enquiry, vacancy: Vacancy) -> None:
    if vacancy.organisation_id != enquiry.organisation_id:
        raise Invalid("Choose one of your own households", field="vacancy")
    wanted = enquiry.child_needs.together
    if vacancy.state not in OPEN or vacancy.free_places < wanted:
        raise Invalid(
            "This household has no free place on record. Put its vacancy right first"
            if wanted == 1
            else f"This household has fewer than {wanted} free places on record. Put its vacancy right first",
            field="vacancy",
        )


def _answered(enquiry: Enquiry, by: Person) -> None:
    now = clock.locked_now()
    enquiry.answered_at, enquiry.answered_by_id = now, by.id
    enquiry.first_answered_at = enquiry.first_answered_at or now
    session.flush()
    tell_answer(enquiry)
