"""What counts as giving a score away, and what does not."""

from __future__ import annotations

import pytest

from portal.evaluations.revealing import find_score


@pytest.mark.parametrize(
    "text",
    [
        "I gave 3.",
        "I gave it a 3 because the plan is thin",
        "Would a score of 4 be fair?",
        "My score is 2, is that right?",
        "It is 4/5 for me",
        "three out of five at most",
        "I am scoring this 1 or 2",
        "I would go with a four",
        "marked it down to 2",
        "Score: 5",
        "rated 3.5",
        "worth 4 points",
        "between a 2 and a 3",
        "I’d put it at 3",
    ],
)
def test_rule_04_a_text_that_gives_a_score_is_known(text: str) -> None:
    assert find_score(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Does question 5.1 ask for figures of the last two years?",
        "The applicant gave 3 examples. Is one enough to count as evidence?",
        "How do I score an answer that refers to an attachment?",
        "They have 4 branches and put 2 social workers in each.",
        "Is the minimum score on safeguarding applied per question?",
        "What is the difference between “meets” and “exceeds”?",
        "The answer names a 24-hour line and a 3 day target.",
        "Section 4 of the handbook says one month; the question says two.",
    ],
)
def test_a_text_about_the_question_is_let_through(text: str) -> None:
    assert find_score(text) is None
