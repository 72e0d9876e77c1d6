"""The states of an agreement."""

from enum import StrEnum


class AgreementState(StrEnum):
    """`offered` lapses by date; `active` follows countersignature."""

    OFFERED = "offered"
    SIGNED = "signed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        return {"signed": "Signed by the provider"}.get(self.value, self.value.capitalize())
