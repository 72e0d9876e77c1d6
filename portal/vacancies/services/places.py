"""What becomes of a household's free places: held, filled, withdrawn, offered again."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.accounts.models import Person
from portal.core import audit, clock, transitions
from portal.core.access import require
from portal.core.db import lock
from portal.core.errors import Invalid, Refused
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.policy import Actor, can_place
from portal.vacancies.services.history import note, snapshot
from portal.vacancies.states import OPEN
from portal.vacancies.workflow import VACANCY


def hold_vacancy(
    vacancy: Vacancy, *, until: date, by: Actor, seen_version: int | None = None
) -> VacancyChange | None:
    """Keep the free places for somebody until the end of a date, after which they count as free again.

    A placements lead. Raises `Refused` when it is not available or the date has passed, and `Stale`.
    """
    facts = {"until": until, "today": clock.today()}
    before = _locked(vacancy)
    transitions.apply(VACANCY, "hold", vacancy, by=by, seen_version=seen_version, facts=facts)
    vacancy.held_until = until
    return _confirmed(vacancy, "held", before, by)


def release_vacancy(vacancy: Vacancy, *, by: Actor, seen_version: int | None = None) -> VacancyChange | None:
    """End a hold early: the places are free at once. A placements lead. Raises `Refused`, `Stale`."""
    before = _locked(vacancy)
    transitions.apply(VACANCY, "release", vacancy, by=by, seen_version=seen_version)
    vacancy.held_until = None
    return _confirmed(vacancy, "released", before, by)


def fill_vacancy(vacancy: Vacancy, *, by: Actor, seen_version: int | None = None) -> VacancyChange | None:
    """All free places have been taken: they count as placed. A placements lead. Raises `Refused`, `Stale`."""
    before = _locked(vacancy)
    transitions.apply(VACANCY, "fill", vacancy, by=by, seen_version=seen_version)
    vacancy.held_until = None
    vacancy.placed_now += vacancy.free_places
    vacancy.free_places = 0
    return _confirmed(vacancy, "filled", before, by)


def withdraw_vacancy(vacancy: Vacancy, *, by: Actor, seen_version: int | None = None) -> VacancyChange | None:
    """The household is no longer offered; its record stays, and its reference may be used again.

    A placements lead. Raises `Refused`, `Stale`.
    """
    before = _locked(vacancy)
    transitions.apply(VACANCY, "withdraw", vacancy, by=by, seen_version=seen_version)
    vacancy.held_until = None
    return note(vacancy, "withdrawn", before, by=by)


def reopen_vacancy(
    vacancy: Vacancy, *, free_places: int, available_from: date, by: Actor, seen_version: int | None = None
) -> VacancyChange | None:
    """Places of a filled household are free again: fewer children are placed there now.

    A placements lead. Raises `Invalid` for more places than it is approved for, `Refused`, `Stale`.
    """
    before = _locked(vacancy)
    if not 1 <= free_places <= vacancy.approved_places:
        raise Invalid(
            f"Enter how many places are free: from 1 to {vacancy.approved_places}", field="free_places"
        )
    transitions.apply(VACANCY, "reopen", vacancy, by=by, seen_version=seen_version)
    most_placed = 0 if vacancy.is_solo_only else vacancy.approved_places - free_places
    vacancy.placed_now = min(vacancy.placed_now, most_placed)
    vacancy.free_places = free_places
    vacancy.available_from = available_from
    return _confirmed(vacancy, "reopened", before, by)


def take_places(vacancy: Vacancy, count: int, *, by: Person) -> VacancyChange | None:
    """Children are to live here whom the provider has offered these places: they count as placed at once.

    A placement officer. The last free place fills the household. A hold does not stand in the way: it was the
    provider that held the place and offered it. News of the household is no fresher for it.
    Raises `Refused` when fewer places are free than that.
    """
    before = _locked(vacancy)
    require(can_place(by, vacancy))
    if vacancy.state not in OPEN or vacancy.free_places < count:
        raise Refused("This household no longer has the places that were offered. Ask the provider.")
    if vacancy.free_places == count:
        transitions.apply(VACANCY, "place", vacancy, by=by)
        vacancy.held_until = None
    else:
        audit.record("vacancy.places_taken", vacancy, by=by, details={"places": count})
    vacancy.placed_now += count
    vacancy.free_places -= count
    return note(vacancy, "places taken for a child", before, by=by)


def _locked(vacancy: Vacancy) -> dict[str, Any]:
    lock(vacancy)
    return snapshot(vacancy)


def _confirmed(vacancy: Vacancy, verb: str, before: dict[str, Any], by: Actor) -> VacancyChange | None:
    vacancy.confirmed_at = clock.now()
    return note(vacancy, verb, before, by=by)
