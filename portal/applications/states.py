"""The states of an application, and the answers to a question about exclusion."""

from enum import StrEnum


class ApplicationState(StrEnum):
    """An edit after submission makes a working copy: the state stays `submitted` (domain handbook §3)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    SCORED = "scored"
    RECOMMENDED_ADMIT = "recommended_admit"
    RECOMMENDED_DECLINE = "recommended_decline"
    ADMITTED = "admitted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return {
            "recommended_admit": "Recommended for admission",
            "recommended_decline": "Recommended to decline",
            "non_compliant": "Not compliant",
        }.get(self.value, self.value.capitalize())


class Exclusion(StrEnum):
    """Does a ground for exclusion apply? A yes never rejects by itself: an officer decides (rule 7)."""

    NO = "no"
    SELF_CLEANED = "self_cleaned"
    YES = "yes"

    @property
    def label(self) -> str:
        return {
            "no": "No",
            "self_cleaned": "Yes, and we have put it right (self-cleaning)",
            "yes": "Yes",
        }[self]
