"""The states of an agreement, and of an extension of the framework."""

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


class ExtensionState(StrEnum):
    """An extension of the framework, from the proposal until the providers have been told."""

    PROPOSED = "proposed"
    CONSULTED = "consulted"
    DECIDED = "decided"
    NOTIFIED = "notified"

    @property
    def label(self) -> str:
        return {"consulted": "Consulted on", "notified": "Providers notified"}.get(
            self.value, self.value.capitalize()
        )

    @property
    def tone(self) -> str:
        return {"proposed": "info", "consulted": "warning", "decided": "warning"}.get(self.value, "good")


# An agreement that still stands, or may yet; a provider has at most one of these under a framework.
STANDING = frozenset(set(AgreementState) - {AgreementState.ENDED, AgreementState.LAPSED})
