"""An organisation's standing with the councils, and Ofsted's scale of judgements."""

from enum import StrEnum


class OrganisationState(StrEnum):
    """Has an officer verified that this is the agency it says it is?"""

    REGISTERED = "registered"
    VERIFIED = "verified"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return {"registered": "Awaiting verification", "verified": "Verified", "refused": "Not verified"}[
            self
        ]


class Standing(StrEnum):
    """Where a provider stands to the framework (domain handbook §6)."""

    INCUMBENT = "incumbent"
    SPOT_PROVIDER = "spot_provider"
    NEW_ENTRANT = "new_entrant"

    @property
    def label(self) -> str:
        return {
            "incumbent": "Framework member",
            "spot_provider": "Existing spot provider",
            "new_entrant": "New entrant",
        }[self]
