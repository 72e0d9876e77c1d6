"""What becomes of a household's free places: held, filled, withdrawn, offered again."""

from __future__ import annotations

from datetime import date

from portal.accounts.models import Person
from portal.core import clock, transitions
from portal.core.db import lock, session
from portal.core.errors import Invalid
from portal.vacancies.models import Vacancy
from portal.vacancies.workflow import VACANCY


def hold_vacancy(vacancy: Vacancy, *, until: date, by: Person, seen_version: int | None = None) -> None:
    """Keep the free places for somebody until the end of a date, after which they count as free again.

    A placements lead. Raises `Refused` when it is not available or the date has passed, and `Stale`.
    """
    facts = {"until": until, "today": clock.today()}
    transitions.apply(VACANCY, "hold", vacancy, by=by, seen_version=seen_version, facts=facts)
    vacancy.held_until = until
    _confirmed(vacancy)


def release_vacancy(vacancy: Vacancy, *, by: Person, seen_version: int | None = None) -> None:
    """End a hold early: the places are free at once. A placements lead. Raises `Refused`, `Stale`."""
    transitions.apply(VACANCY, "release", vacancy, by=by, seen_version=seen_version)
    vacancy.held_until = None
    _confirmed(vacancy)


def fill_vacancy(vacancy: Vacancy, *, by: Person, seen_version: int | None = None) -> None:
    """All free places have been taken: they count as placed. A placements lead. Raises `Refused`, `Stale`."""
    transitions.apply(VACANCY, "fill", vacancy, by=by, seen_version=seen_version)
    vacancy.held_until = None
    vacancy.placed_now += vacancy.free_places
    vacancy.free_places = 0
    _confirmed(vacancy)


def withdraw_vacancy(vacancy: Vacancy, *, by: Person, seen_version: int | None = None) -> None:
    """The household is no longer offered; its record stays, and its reference may be used again.

    A placements lead. Raises `Refused`, `Stale`.
    """
    transitions.apply(VACANCY, "withdraw", vacancy, by=by, seen_version=seen_version)
    vacancy.held_until = None
    session.flush()


def reopen_vacancy(
    vacancy: Vacancy, *, free_places: int, available_from: date, by: Person, seen_version: int | None = None
) -> None:
    """Places of a filled household are free again: fewer children are placed there now.

    A placements lead. Raises `Invalid` for more places than it is approved for, `Refused`, `Stale`.
    """
    lock(vacancy)
    if not 1 <= free_places <= vacancy.approved_places:
        raise Invalid(
            f"Enter how many places are free: from 1 to {vacancy.approved_places}", field="free_places"
        )
    transitions.apply(VACANCY, "reopen", vacancy, by=by, seen_version=seen_version)
    most_placed = 0 if vacancy.is_solo_only else vacancy.approved_places - free_places
    vacancy.placed_now = min(vacancy.placed_now, most_placed)
    vacancy.free_places = free_places
    vacancy.available_from = available_from
    _confirmed(vacancy)


def _confirmed(vacancy: Vacancy) -> None:
    vacancy.confirmed_at = clock.now()
    session.flush()
