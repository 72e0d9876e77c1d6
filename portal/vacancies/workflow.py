"""The lifecycle of a vacancy (domain handbook §3)."""

from __future__ import annotations

from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Lifecycle, Transition
from portal.vacancies.models import Vacancy
from portal.vacancies.policy import can_change
from portal.vacancies.states import OPEN
from portal.vacancies.states import VacancyState as S


def _until_a_day_to_come(_: Vacancy, facts: Facts) -> Verdict:
    if facts["until"] >= facts["today"]:
        return ALLOWED
    return denied("The last day of a hold cannot be in the past.")


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
        Transition("withdraw", "Withdraw", OPEN, S.WITHDRAWN, can_change, "vacancy.withdrawn"),
        Transition(
            "reopen", "Offer places again", frozenset({S.FILLED}), S.AVAILABLE, can_change, "vacancy.reopened"
        ),
    ),
)
