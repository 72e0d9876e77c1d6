"""The states of an email on its way."""

from enum import StrEnum


class MessageState(StrEnum):
    """SMTP cannot promise "never twice", so an attempt in doubt is a state of its own."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return {"in_doubt": "May have been sent"}.get(self.value, self.value.capitalize())

    @property
    def tone(self) -> str:
        """How a tag shows it."""
        return {"sent": "good", "in_doubt": "warning", "failed": "bad"}.get(self.value, "neutral")
