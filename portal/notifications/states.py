"""The states of a message on its way, how it travels, and what notifications are about."""

from __future__ import annotations

from enum import StrEnum


class MessageState(StrEnum):
    """SMTP cannot promise "never twice", so an attempt in doubt is a state of its own."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    LEFT = "left"

    @property
    def label(self) -> str:
        named = {"in_doubt": "May have been sent", "failed": "Not delivered", "left": "Left as it is"}
        return named.get(self.value, self.value.capitalize())

    @property
    def tone(self) -> str:
        """How a tag shows it."""
        tones = {"sent": "good", "delivered": "good", "in_doubt": "warning", "failed": "bad"}
        return tones.get(self.value, "neutral")


UNDELIVERED = (MessageState.FAILED, MessageState.IN_DOUBT)


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    TEXT = "text"

    @property
    def label(self) -> str:
        return {"email": "Email", "text": "Text message"}[self.value]


class Topic(StrEnum):
    """What a notification is about: the groups for which people choose between at once and once a day."""

    ORGANISATION = "organisation"
    ROUNDS = "rounds"
    APPLICATIONS = "applications"
    EVALUATION = "evaluation"
    DECISIONS = "decisions"
    AGREEMENTS = "agreements"
    PLACEMENTS = "placements"

    @property
    def label(self) -> str:
        return {
            "organisation": "Accounts, colleagues and organisations",
            "rounds": "Rounds, corrections and clarifications",
            "applications": "Applications and documents",
            "evaluation": "Evaluation",
            "decisions": "Decisions",
            "agreements": "Agreements and prices",
            "placements": "Vacancies and enquiries",
        }[self.value]


TOPIC_OF_FEATURE = {
    "accounts": Topic.ORGANISATION,
    "providers": Topic.ORGANISATION,
    "frameworks": Topic.ROUNDS,
    "applications": Topic.APPLICATIONS,
    "documents": Topic.APPLICATIONS,
    "evaluations": Topic.EVALUATION,
    "decisions": Topic.DECISIONS,
    "agreements": Topic.AGREEMENTS,
    "pricing": Topic.AGREEMENTS,
    "vacancies": Topic.PLACEMENTS,
    "keys": Topic.PLACEMENTS,
    "matching": Topic.PLACEMENTS,
}
NOT_FOR_PROVIDERS = frozenset({Topic.EVALUATION})
NOT_FOR_COUNCILS = frozenset({Topic.APPLICATIONS})


def topic_of(template: str) -> Topic:
    """The topic of an email template, by the feature whose folder it stands in."""
    return TOPIC_OF_FEATURE[template.partition("/")[0]]
