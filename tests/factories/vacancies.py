"""Carer households with free places. References are made up; nobody is named."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from portal.core import clock
from portal.core.db import session
from portal.vacancies.models import Vacancy, VacancyImport
from portal.vacancies.services import load_districts
from portal.vacancies.states import Gender, ImportState, VacancyState
from tests.factories import providers
from tests.support.acting import as_worker, save

_numbers = count(1)

SWALE = "E07000113"
MEDWAY = "E06000035"
THANET = "E07000114"


def districts() -> None:
    """The districts of Kent, and Medway; safe to repeat."""
    with as_worker():
        load_districts()
    session.commit()


def vacancy(
    state: VacancyState | str = VacancyState.AVAILABLE, *, confirmed_days_ago: int = 0, **columns: Any
) -> Vacancy:
    """A household in Swale with one free place for any child of 0 to 17, standard need, confirmed today."""
    state = VacancyState(state)
    organisation = columns.pop("organisation", None) or providers.organisation()
    districts()
    defaults: dict[str, Any] = {
        "organisation_id": organisation.id,
        "carer_reference": f"KF-{next(_numbers):04d}",
        "state": state,
        "held_until": clock.today() + timedelta(days=5) if state == VacancyState.HELD else None,
        "confirmed_at": clock.now() - timedelta(days=confirmed_days_ago),
        "approved_places": 2,
        "placed_now": 2 if state == VacancyState.FILLED else 1,
        "free_places": 0 if state == VacancyState.FILLED else 1,
        "age_from": 0,
        "age_to": 17,
        "gender": Gender.ANY,
        "placement_types": ["standard"],
        "need_categories": ["standard"],
        "available_from": clock.today(),
        "district_code": SWALE,
        "outward_postcode": "ME10",
    }
    return save(Vacancy(**{**defaults, **columns}))


def import_(organisation: Any, by: Any, state: ImportState | str = ImportState.SAVED) -> VacancyImport:
    """A spreadsheet that was sent, and is over."""
    number = next(_numbers)
    return save(
        VacancyImport(
            organisation_id=organisation.id,
            sent_by_id=by.id,
            file_name=f"list-{number}.xlsx",
            sha256=f"{number:064x}",
            state=ImportState(state),
            row_count=3,
            counts={"new": 1, "changed": 1, "same": 1, "wrong": 0, "withdrawn": 0},
            over_at=clock.now(),
        )
    )
