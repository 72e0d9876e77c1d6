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


# What of a registration an answer may start from: the organisation's column, and its name in words.
PREFILLS = {
    "legal_name": "Legal name",
    "trading_name": "Trading name",
    "urn": "Ofsted URN",
    "company_number": "Company number",
    "charity_number": "Charity number",
    "registered_office": "Registered office",
    "standing": "Spot provider or new entrant",
    "telephone": "Telephone",
}


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
    DECLARATION = "declaration"  # a statement to confirm: the answer is true, or there is none
    PRICE_SCHEDULE = "price_schedule"

    @property
    def label(self) -> str:
        return {
            "short_text": "Short answer",
            "long_text": "Written answer",
            "yes_no": "Yes or no",
            "choice": "One choice",
            "several_choices": "Several choices",
            "number": "Number",
            "money": "Pounds and pence",
            "date": "Date",
            "file": "Document",
            "exclusion": "Exclusion ground",
            "declaration": "Statement to confirm",
            "price_schedule": "Price schedule",
        }[self]

    @property
    def has_choices(self) -> bool:
        return self in (QuestionKind.CHOICE, QuestionKind.SEVERAL_CHOICES)


# How prices are scored, in the words published with every round; `evaluations.scoring` computes it.
PRICE_RULE = "Price score = lowest basket total ÷ this basket total × the price weight."
LOWEST_RULE = (
    "The lowest total is the lowest among compliant applications that meet the quality minimums and whose price was"
    " not rejected as abnormally low."
)


class NotOfferedRule(StrEnum):
    """What a cell costs in a basket total when the applicant does not offer it. Published with the round."""

    CEILING_OR_HIGHEST = "ceiling_or_highest"
    HIGHEST = "highest"
    HIGHEST_PLUS_TENTH = "highest_plus_tenth"

    @property
    def label(self) -> str:
        return {
            "ceiling_or_highest": "At the ceiling; without one, at the highest offer",
            "highest": "At the highest offer",
            "highest_plus_tenth": "At the highest offer plus a tenth",
        }[self]

    @property
    def words(self) -> str:
        """The rule as it is published."""
        return {
            "ceiling_or_highest": "A cell that an applicant does not offer counts at the round’s ceiling for that"
            " cell. If the cell has no ceiling, it counts at the highest weekly fee that any compliant applicant"
            " offers for it. A cell that nobody offers, and that has no ceiling, counts for nobody.",
            "highest": "A cell that an applicant does not offer counts at the highest weekly fee that any"
            " compliant applicant offers for it. A cell that nobody offers counts for nobody.",
            "highest_plus_tenth": "A cell that an applicant does not offer counts at the highest weekly fee that"
            " any compliant applicant offers for it plus a tenth, rounded to the penny, half up. A cell that"
            " nobody offers counts for nobody.",
        }[self]


class Rounding(StrEnum):
    """To how many decimal places points are rounded. Published with the round."""

    TWO = "two"
    ONE = "one"
    WHOLE = "whole"

    @property
    def places(self) -> int:
        return {"two": 2, "one": 1, "whole": 0}[self]

    @property
    def label(self) -> str:
        return {"two": "Two decimal places", "one": "One decimal place", "whole": "Whole points"}[self]

    @property
    def words(self) -> str:
        """The rule as it is published."""
        to = {"two": "two decimal places", "one": "one decimal place", "whole": "whole points"}[self]
        return f"Points are rounded once, to {to}, half up, at the end of each calculation."


class TieRule(StrEnum):
    """Who comes first where totals are equal. Published with the round."""

    QUALITY = "quality"
    PRICE = "price"
    SHARED = "shared"

    @property
    def label(self) -> str:
        return {
            "quality": "The higher quality score",
            "price": "The lower basket total",
            "shared": "Neither: they share a rank",
        }[self]

    @property
    def words(self) -> str:
        """The rule as it is published."""
        shared = "share a rank, and both are within the number to be admitted if that rank is."
        return {
            "quality": "Where totals are equal, the higher quality score comes first. Those equal in that too "
            + shared,
            "price": "Where totals are equal, the lower basket total comes first. Those equal in that too "
            + shared,
            "shared": "Applicants whose totals are equal " + shared,
        }[self]


class StartingSet(StrEnum):
    """The question set that a new round starts with, if not another round's."""

    DEFAULT = "default"
    EMPTY = "empty"


class EvidenceRule(StrEnum):
    """Does an answer come with documents? A question of the kind "file" is its own evidence."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"

    @property
    def label(self) -> str:
        return {
            "none": "No document",
            "optional": "A document may be added",
            "required": "A document is needed",
        }[self]


class EvidenceKind(StrEnum):
    """The kinds of document that an application rests on (domain handbook §6)."""

    OFSTED_REPORT = "ofsted_report"
    STATEMENT_OF_PURPOSE = "statement_of_purpose"
    CHILDRENS_GUIDE = "childrens_guide"
    INSURANCE = "insurance"
    SAFEGUARDING = "safeguarding"
    SAFER_RECRUITMENT = "safer_recruitment"
    ALLEGATIONS = "allegations"
    WHISTLEBLOWING = "whistleblowing"
    COMPLAINTS = "complaints"
    MISSING_FROM_CARE = "missing_from_care"
    EQUALITY = "equality"
    HEALTH_AND_SAFETY = "health_and_safety"
    DATA_PROTECTION = "data_protection"
    BUSINESS_CONTINUITY = "business_continuity"
    ACCOUNTS = "accounts"
    OTHER = "other"

    @property
    def label(self) -> str:
        special = {
            "ofsted_report": "Ofsted report",
            "childrens_guide": "Children’s guide",
            "insurance": "Insurance certificate",
            "safeguarding": "Safeguarding policy",
            "safer_recruitment": "Safer recruitment policy",
            "allegations": "Allegations procedure",
            "whistleblowing": "Whistleblowing policy",
            "complaints": "Complaints procedure",
            "missing_from_care": "Missing from care procedure",
            "equality": "Equality policy",
            "health_and_safety": "Health and safety policy",
            "data_protection": "Data protection policy",
            "business_continuity": "Business continuity plan",
            "other": "Another document",
        }
        return special.get(self.value, self.value.replace("_", " ").capitalize())


class EvaluatedBy(StrEnum):
    """Whose evaluators a scored question is meant for. It informs the assignment and binds nobody."""

    EITHER = "either"
    KENT = "kent"
    MEDWAY = "medway"

    @property
    def label(self) -> str:
        return {"either": "Either council", "kent": "Kent’s evaluators", "medway": "Medway’s evaluators"}[
            self
        ]


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


class ClarificationState(StrEnum):
    """What became of a provider's question."""

    WAITING = "waiting"
    PUBLISHED = "published"
    PRIVATE = "private"

    @property
    def label(self) -> str:
        return {
            "waiting": "Waiting for an answer",
            "published": "Answered to everyone",
            "private": "Answered privately",
        }[self]

    @property
    def tone(self) -> str:
        return {"waiting": "warning", "published": "good", "private": "info"}[self]


class NoteKind(StrEnum):
    """What a published clarification does to what was said before."""

    ANSWER = "answer"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"

    @property
    def label(self) -> str:
        return {"answer": "Answer", "correction": "Corrected answer", "withdrawal": "Answer withdrawn"}[self]
