"""The states of a vacancy, how fresh it is, and the code lists of a household (`lists`)."""

from enum import StrEnum

from portal.vacancies.states.lists import (
    CODE_LISTS,
    CODES,
    Accessibility,
    Coded,
    Ethnicity,
    Language,
    OverUsualLimit,
    Pet,
    Religion,
    Skill,
    Smoking,
)

__all__ = [
    "AGEING_DAYS",
    "CODES",
    "CODE_LISTS",
    "FRESH_DAYS",
    "OPEN",
    "WAITING",
    "Accessibility",
    "Coded",
    "Ethnicity",
    "Freshness",
    "Gender",
    "ImportState",
    "Language",
    "OverUsualLimit",
    "Pet",
    "Religion",
    "Skill",
    "Smoking",
    "VacancyState",
]

# Illustrative (domain handbook §3): confirmed within seven days is fresh, to fourteen ageing, then stale.
FRESH_DAYS = 7
AGEING_DAYS = 14


class VacancyState(StrEnum):
    """`held` names the last date on which the place is kept for somebody."""

    AVAILABLE = "available"
    HELD = "held"
    FILLED = "filled"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def tone(self) -> str:
        return {"available": "good", "held": "warning", "filled": "info"}.get(self.value, "neutral")


# Households whose places providers confirm each week.
OPEN = frozenset({VacancyState.AVAILABLE, VacancyState.HELD})


class Freshness(StrEnum):
    """Derived from the date last confirmed."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def tone(self) -> str:
        return {"fresh": "good", "ageing": "warning", "stale": "bad"}[self.value]


class Gender(StrEnum):
    """Whom a household is approved for."""

    ANY = "any"
    FEMALE = "female"
    MALE = "male"

    @property
    def label(self) -> str:
        return {"any": "Any", "female": "Girls", "male": "Boys"}[self.value]


class ImportState(StrEnum):
    """Of a spreadsheet that a provider sent. `read`: it is known which column is which."""

    UPLOADED = "uploaded"
    READ = "read"
    PREVIEWED = "previewed"
    SAVED = "saved"
    DISCARDED = "discarded"
    UNDONE = "undone"

    @property
    def label(self) -> str:
        return {"previewed": "Ready to check"}.get(self.value, self.value.capitalize())

    @property
    def tone(self) -> str:
        return {"saved": "good", "previewed": "warning", "uploaded": "warning", "read": "info"}.get(
            self.value, "neutral"
        )


# Imports that nobody has decided on.
WAITING = frozenset({ImportState.UPLOADED, ImportState.READ, ImportState.PREVIEWED})
