"""The states of an agreement, of an extension of the framework, and of a price review with its steps."""

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


class PriceReviewState(StrEnum):
    """How far a provider's request for higher prices has come (domain handbook §7)."""

    REQUESTED = "requested"
    ANALYSED = "analysed"
    FUNDED = "funded"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return {"funded": "Checked by Finance"}.get(self.value, self.value.capitalize())

    @property
    def tone(self) -> str:
        tones = {"approved": "good", "rejected": "bad", "withdrawn": "neutral", "recommended": "warning"}
        return tones.get(self.value, "info")


# A review that is not over; a provider has at most one of these under a framework.
UNDER_REVIEW = frozenset(
    {
        PriceReviewState.REQUESTED,
        PriceReviewState.ANALYSED,
        PriceReviewState.FUNDED,
        PriceReviewState.RECOMMENDED,
    }
)


class ReviewStepKind(StrEnum):
    """What somebody did in a price review; each is kept as it was written."""

    ANALYSED = "analysed"
    FUNDED = "funded"
    RECOMMENDED = "recommended"
    REFERRED_BACK = "referred_back"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return {
            "analysed": "Analysed",
            "funded": "Checked by Finance",
            "recommended": "Recommended",
            "referred_back": "Referred back by the approver",
            "approved": "Approved",
            "rejected": "Rejected",
            "withdrawn": "Withdrawn by the provider",
        }[self]


class FundingSource(StrEnum):
    """What an increase would be paid from, in Finance's words."""

    PAY_AND_PRICE = "pay_and_price"
    SERVICE_BUDGET = "service_budget"
    UASC_GRANT = "uasc_grant"
    NONE = "none"

    @property
    def label(self) -> str:
        return {
            "pay_and_price": "Pay and Price Pressure monies",
            "service_budget": "The service’s own budget",
            "uasc_grant": "Home Office grant for unaccompanied asylum-seeking children",
            "none": "No funding can be found",
        }[self]


class PlacedChildren(StrEnum):
    """What an approved review means for placements already made: decided apart from the new schedule."""

    KEEP = "keep"
    MOVE = "move"

    @property
    def label(self) -> str:
        return {
            "keep": "They keep the price that was agreed when they were made",
            "move": "They move to the new price from the same date",
        }[self]
