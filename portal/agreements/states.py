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

    @property
    def tone(self) -> str:
        tones = {"offered": "info", "signed": "warning", "active": "good", "suspended": "bad"}
        return tones.get(self.value, "neutral")


# An agreement that still stands, or may yet; a provider has at most one of these under a framework.
STANDING = frozenset(set(AgreementState) - {AgreementState.ENDED, AgreementState.LAPSED})
