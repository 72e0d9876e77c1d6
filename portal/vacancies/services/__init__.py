"""What a placements lead does with carer households."""

from portal.vacancies.services.checks import Household, check_household, household_of
from portal.vacancies.services.districts import load_districts
from portal.vacancies.services.history import undo_batch, undo_change
from portal.vacancies.services.households import (
    add_vacancy,
    confirm_all_vacancies,
    confirm_vacancy,
    edit_fields,
    edit_vacancy,
)
from portal.vacancies.services.places import (
    fill_vacancy,
    hold_vacancy,
    release_vacancy,
    reopen_vacancy,
    take_places,
    withdraw_vacancy,
)
from portal.vacancies.services.reminding import remind_to_confirm
from portal.vacancies.services.upserting import (
    Outcome,
    RowOutcome,
    compare_households,
    upsert_households,
    withdraw_households,
)

__all__ = [
    "Household",
    "Outcome",
    "RowOutcome",
    "add_vacancy",
    "check_household",
    "compare_households",
    "confirm_all_vacancies",
    "confirm_vacancy",
    "edit_fields",
    "edit_vacancy",
    "fill_vacancy",
    "hold_vacancy",
    "household_of",
    "load_districts",
    "release_vacancy",
    "remind_to_confirm",
    "reopen_vacancy",
    "take_places",
    "undo_batch",
    "undo_change",
    "upsert_households",
    "withdraw_households",
    "withdraw_vacancy",
]
