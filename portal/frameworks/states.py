"""The states of a round, and the kinds of section and question it is made of."""

from enum import StrEnum


class RoundState(StrEnum):
    """Stored states. "Accepting applications" and "closed" follow from the clock and the dates."""

    DRAFT = "draft"
    PUBLISHED = "published"
    OPENED = "opened"
    EVALUATING = "evaluating"
    CONSENSUS = "consensus"
    RECOMMENDED = "recommended"
    DECIDED = "decided"
    STANDSTILL = "standstill"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class SectionKind(StrEnum):
    """What a section is for (domain handbook §6)."""

    ORGANISATION = "organisation"
    SELECTION = "selection"
    CONDITIONS = "conditions"
    DOCUMENTS = "documents"
    QUALITY = "quality"
    PRICE = "price"
    DECLARATION = "declaration"

    @property
    def label(self) -> str:
        return {
            "organisation": "Organisation",
            "selection": "Selection questionnaire",
            "conditions": "Conditions of participation",
            "documents": "Documents",
            "quality": "Quality",
            "price": "Price",
            "declaration": "Declarations and submission",
        }[self]


class QuestionKind(StrEnum):
    """How a question is answered."""

    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    YES_NO = "yes_no"
    CHOICE = "choice"
    SEVERAL_CHOICES = "several_choices"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    FILE = "file"
    EXCLUSION = "exclusion"  # no / yes with self-cleaning / yes
    PRICE_SCHEDULE = "price_schedule"


class AdmissionRule(StrEnum):
    """Who is admitted, by the rule published with the round (domain handbook §9)."""

    ALL_WHO_MEET = "all_who_meet"
    BEST_N = "best_n"

    @property
    def label(self) -> str:
        return {"all_who_meet": "All who meet the minimums", "best_n": "The best, up to a number"}[self]


class Regime(StrEnum):
    """The procurement law a framework was set up under (domain handbook §10)."""

    PCR2015 = "PCR2015"
    PA2023 = "PA2023"
