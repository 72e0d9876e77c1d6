"""What a placements lead does with carer households."""

from portal.vacancies.services.checks import Household, check_household
from portal.vacancies.services.districts import load_districts
from portal.vacancies.services.households import (
    add_vacancy,
    confirm_all_vacancies,
    confirm_vacancy,
    edit_vacancy,
)
from portal.vacancies.services.places import (
    fill_vacancy,
    hold_vacancy,
    release_vacancy,
    reopen_vacancy,
    withdraw_vacancy,
)

__all__ = [
    "Household",
    "add_vacancy",
    "check_household",
    "confirm_all_vacancies",
    "confirm_vacancy",
    "edit_vacancy",
    "fill_vacancy",
    "hold_vacancy",
    "load_districts",
    "release_vacancy",
    "reopen_vacancy",
    "withdraw_vacancy",
]
