"""What a recommendation says of an application, and what an approver can decide."""

from enum import StrEnum


class Outcome(StrEnum):
    """What happens to one application."""

    ADMIT = "admit"
    DECLINE = "decline"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class DecisionKind(StrEnum):
    """What the approver decides on a recommendation."""

    APPROVE = "approve"
    REFER_BACK = "refer_back"
    REJECT = "reject"

    @property
    def label(self) -> str:
        return {"approve": "Approve", "refer_back": "Refer back", "reject": "Reject"}[self]


class EventKind(StrEnum):
    """What may come between the notices and the agreements, and what it does to them."""

    COMPLAINT = "complaint"  # pauses nothing by itself
    EXTENSION = "extension"  # moves the end of standstill
    CLAIM = "claim"  # a claim form known of: nothing is concluded or signed
    CLAIM_ENDED = "claim_ended"  # the court lifted the suspension, or the claim ended

    @property
    def label(self) -> str:
        return {
            "complaint": "Complaint",
            "extension": "Standstill extended",
            "claim": "Claim form known of",
            "claim_ended": "Suspension lifted, or claim ended",
        }[self]

    @property
    def tone(self) -> str:
        return {"complaint": "info", "extension": "warning", "claim": "bad", "claim_ended": "good"}[self]


class KeyServiceLine(StrEnum):
    """The three lines of the budget that external fostering is paid from (decision 23-00112, 6.2)."""

    LOOKED_AFTER = "looked_after"
    DISABILITY = "disability"
    ASYLUM = "asylum"

    @property
    def label(self) -> str:
        return {
            "looked_after": "Looked After Children – Care & Support",
            "disability": "Looked After Children (with Disability) – Care & Support",
            "asylum": "Asylum",
        }[self]
