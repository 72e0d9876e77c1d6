"""Findings of the compliance check, and the scale of scores."""

from enum import StrEnum


class Finding(StrEnum):
    """An officer's finding on one pass/fail question."""

    PASS = "pass"
    FAIL = "fail"
    NEEDS_CLARIFICATION = "needs_clarification"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


SCORE_DESCRIPTORS = {
    0: "Unacceptable",
    1: "Major concerns",
    2: "Minor concerns",
    3: "Meets the requirement",
    4: "Meets the requirement, with good evidence",
    5: "Exceeds the requirement, with added value",
}
