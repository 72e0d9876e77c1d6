"""The lifecycle of a vacancy (domain handbook §3), and of a spreadsheet of them."""

from __future__ import annotations

from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Lifecycle, Transition
from portal.vacancies.models import Vacancy
from portal.vacancies.policy import can_change, can_import, can_place
from portal.vacancies.states import OPEN, WAITING, ImportState
from portal.vacancies.states import VacancyState as S


def _until_a_day_to_come(_: Vacancy, facts: Facts) -> Verdict:
    if facts["until"] >= facts["today"]:
        return ALLOWED
    return denied("The last day of a hold cannot be in the past.")


# Undoing a change that moved a household brings it back to the state it had.
RESTORING = {
    S.AVAILABLE: "restore_available",
    S.HELD: "restore_held",
    S.FILLED: "restore_filled",
    # Of a household that was added.
    S.WITHDRAWN: "undo_adding",
}

VACANCY = Lifecycle(
    of="vacancy",
    transitions=(
        Transition(
            "hold",
            "Hold",
            frozenset({S.AVAILABLE}),
            S.HELD,
            can_change,
            "vacancy.held",
            (_until_a_day_to_come,),
        ),
        Transition(
            "release", "End the hold", frozenset({S.HELD}), S.AVAILABLE, can_change, "vacancy.released"
        ),
        Transition("fill", "Mark as filled", OPEN, S.FILLED, can_change, "vacancy.filled"),
        Transition("place", "Place a child", OPEN, S.FILLED, can_place, "vacancy.filled_by_placement"),
        Transition("withdraw", "Withdraw", OPEN, S.WITHDRAWN, can_change, "vacancy.withdrawn"),
        Transition(
            "reopen", "Offer places again", frozenset({S.FILLED}), S.AVAILABLE, can_change, "vacancy.reopened"
        ),
        *(
            Transition(name, "Undo", frozenset(set(S) - {state}), state, can_change, "vacancy.change_undone")
            for state, name in RESTORING.items()
        ),
    ),
)

IMPORT = Lifecycle(
    of="spreadsheet",
    transitions=(
        Transition(
            "read", "Say which column is which", WAITING, ImportState.READ, can_import, "vacancy_import.read"
        ),
        Transition(
            "preview",
            "Compare with what is on record",
            frozenset({ImportState.READ, ImportState.PREVIEWED}),
            ImportState.PREVIEWED,
            can_import,
            "vacancy_import.previewed",
        ),
        Transition(
            "save",
            "Save",
            frozenset({ImportState.PREVIEWED}),
            ImportState.SAVED,
            can_import,
            "vacancy_import.saved",
        ),
        Transition(
            "discard", "Discard", WAITING, ImportState.DISCARDED, can_import, "vacancy_import.discarded"
        ),
        Transition(
            "undo",
            "Undo this import",
            frozenset({ImportState.SAVED}),
            ImportState.UNDONE,
            can_import,
            "vacancy_import.undone",
        ),
    ),
)
