"""The states of an e-mail on its way."""

from enum import StrEnum


class MessageState(StrEnum):
    """SMTP cannot promise "never twice", so an attempt in doubt is a state of its own."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
