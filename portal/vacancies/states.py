"""The states of a vacancy, and how fresh it is."""

from enum import StrEnum


class VacancyState(StrEnum):
    """`held` names a date until which the place is kept for somebody."""

    AVAILABLE = "available"
    HELD = "held"
    FILLED = "filled"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Freshness(StrEnum):
    """Derived from the date last confirmed (domain handbook §3, illustrative limits)."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Gender(StrEnum):
    """Whom a household is approved for."""

    ANY = "any"
    FEMALE = "female"
    MALE = "male"

    @property
    def label(self) -> str:
        return {"any": "Any", "female": "Girls", "male": "Boys"}[self]
