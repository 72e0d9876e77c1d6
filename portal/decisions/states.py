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
