"""The states of a price schedule version."""

from enum import StrEnum


class PriceVersionState(StrEnum):
    """ "In force" and "superseded" follow from the dates."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"

    @property
    def label(self) -> str:
        return self.value.capitalize()
