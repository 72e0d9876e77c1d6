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


class CheckState(StrEnum):
    """Where the check of one question has got to: derived from its finding and the second officer's review."""

    NOT_ASKED = "not_asked"
    TO_FIND = "to_find"
    TO_FIND_AGAIN = "to_find_again"
    PASS = "pass"
    NEEDS_CLARIFICATION = "needs_clarification"
    TO_CONFIRM = "to_confirm"
    TURNED_BACK = "turned_back"
    FAIL = "fail"

    @property
    def label(self) -> str:
        return {
            "not_asked": "Not asked",
            "to_find": "No finding yet",
            "to_find_again": "To be found again",
            "pass": "Pass",
            "needs_clarification": "Needs clarification",
            "to_confirm": "Fail, to be confirmed",
            "turned_back": "Fail, turned back",
            "fail": "Fail, confirmed",
        }[self]

    @property
    def tone(self) -> str:
        return {"not_asked": "neutral", "to_find": "neutral", "pass": "good", "fail": "bad"}.get(
            self, "warning"
        )

    @property
    def is_settled(self) -> bool:
        """Nothing is left to do before the check can be concluded."""
        return self in (CheckState.NOT_ASKED, CheckState.PASS, CheckState.FAIL)


class ScoringOrder(StrEnum):
    """What follows a score: the same application, or the same question of the next, to score like with like."""

    APPLICATION = "application"
    QUESTION = "question"

    @property
    def label(self) -> str:
        return {
            "application": "The next question of this application",
            "question": "The same question in the next application",
        }[self]


class Audience(StrEnum):
    """Whom the chair's answer is for."""

    ASKER = "asker"
    APPLICATION = "application"
    QUESTION = "question"

    @property
    def label(self) -> str:
        return {
            "asker": "Only the evaluator who asked",
            "application": "Everybody who scores this question of this applicant",
            "question": "Everybody who scores this question, of any applicant",
        }[self]

    @property
    def said(self) -> str:
        """For the evaluator: who else reads the answer."""
        return {
            "asker": "Answered to you alone",
            "application": "Answered to everybody who scores this question of this applicant",
            "question": "Answered to everybody who scores this question",
        }[self]


SCORE_DESCRIPTORS = {
    0: "Unacceptable",
    1: "Major concerns",
    2: "Minor concerns",
    3: "Meets the requirement",
    4: "Meets the requirement, with good evidence",
    5: "Exceeds the requirement, with added value",
}


class PriceOutcome(StrEnum):
    """What an officer made of an explanation of a low price."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def tone(self) -> str:
        return {"accepted": "good", "rejected": "bad"}[self]
