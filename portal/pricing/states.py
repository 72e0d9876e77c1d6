"""The states of a price schedule version, and the age bands of the minimum wage."""

from enum import StrEnum


class PriceVersionState(StrEnum):
    """ "In force" and "superseded" follow from the dates."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class VersionStanding(StrEnum):
    """What a version is on a day; follows from its state and the dates of its prices."""

    IN_FORCE = "in_force"
    FUTURE = "future"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def tone(self) -> str:
        return {"in_force": "good", "future": "info", "rejected": "bad"}.get(self.value, "neutral")


class WageBand(StrEnum):
    """Whose hourly rate a price review's formula follows."""

    ADULT = "adult"
    AGED_18_TO_20 = "18_20"
    UNDER_18 = "under_18"

    @property
    def label(self) -> str:
        return {
            "adult": "National Living Wage (adult rate)",
            "18_20": "National Minimum Wage, aged 18 to 20",
            "under_18": "National Minimum Wage, under 18",
        }[self]
