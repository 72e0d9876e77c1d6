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
from portal.vacancies.services.importing import (
    AT_ONCE,
    PART_ROWS,
    compare_import,
    heading_of,
    is_being_read,
    is_content_kept,
    may_compare,
    set_columns,
    start_import,
    unpack,
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
from portal.vacancies.services.saving_imports import (
    ChangedSince,
    ask_to_save,
    clean_up,
    discard_import,
    mark_up,
    save_import,
    tell,
    undo_import,
)
from portal.vacancies.services.upserting import (
    Outcome,
    RowOutcome,
    compare_households,
    upsert_households,
    withdraw_households,
)

__all__ = [
    "AT_ONCE",
    "PART_ROWS",
    "ChangedSince",
    "Household",
    "Outcome",
    "RowOutcome",
    "add_vacancy",
    "ask_to_save",
    "check_household",
    "clean_up",
    "compare_households",
    "compare_import",
    "confirm_all_vacancies",
    "confirm_vacancy",
    "discard_import",
    "edit_fields",
    "edit_vacancy",
    "fill_vacancy",
    "heading_of",
    "hold_vacancy",
    "household_of",
    "is_being_read",
    "is_content_kept",
    "load_districts",
    "mark_up",
    "may_compare",
    "release_vacancy",
    "remind_to_confirm",
    "reopen_vacancy",
    "save_import",
    "set_columns",
    "start_import",
    "take_places",
    "tell",
    "undo_batch",
    "undo_change",
    "undo_import",
    "unpack",
    "upsert_households",
    "withdraw_households",
    "withdraw_vacancy",
]
