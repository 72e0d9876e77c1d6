"""What a valid answer to each kind of question is, and the one shape it is stored in.

Text as it was typed with ends trimmed; yes or no as true or false; a statement confirmed as true; several
choices as a list; number and money as decimal text; a date as its ISO text; an exclusion as
`{"applies": …, "explanation": …}`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.applications.states import Exclusion
from portal.core.errors import Invalid
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind

LONGEST_TEXT = 100_000
LONGEST_SHORT_TEXT = 500
LARGEST = Decimal(10) ** 12
MOST_DECIMALS = 6

# What a page or a Word file pastes in unseen and the database, or Word, cannot hold: controls but for tab and
# line feed, halves of characters, and two that are none.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LINE_ENDS = str.maketrans(dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n"))


def answer_field(question: Question) -> str:
    """The name of the question's form field."""
    return f"q-{question.id}"


def answer_seen(value: Any) -> str:
    """A short mark of an answer as it was shown, to notice when somebody changed it meanwhile."""
    text = json.dumps(None if value in ("", []) else value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def clean_value(question: Question, value: Any) -> Any:
    """`value` in the shape it is stored, None when nothing is said. Raises `Invalid` beside its field."""
    cleaner = CLEANERS.get(question.kind)
    if cleaner is None:
        raise Invalid("This question is answered on a page of its own.", field=answer_field(question))
    if value is None or value == "":
        return None
    return cleaner(question, value)


def both_texts(theirs: str | None, mine: str | None, kind: QuestionKind) -> str:
    """A colleague's text and one's own, one after the other, to be made into one."""
    between = "\n\n" if kind == QuestionKind.LONG_TEXT else " / "
    return between.join(filter(None, (theirs, mine)))


def clean_text(text: str) -> str:
    """What a person sees of `text`: lines end in one way, control characters are gone, ends are trimmed.

    A character that ends a line or a page elsewhere (pasted from Word) ends a line here.
    """
    return UNSEEN.sub("", text.replace("\r\n", "\n").translate(LINE_ENDS)).strip()


def _short_text(question: Question, value: Any) -> str | None:
    text = " ".join(clean_text(str(value)).split())
    if len(text) > LONGEST_SHORT_TEXT:
        raise _invalid(question, f"Shorten this to {LONGEST_SHORT_TEXT} characters or fewer.")
    return text or None


def _long_text(question: Question, value: Any) -> str | None:
    text = clean_text(str(value))
    if len(text) > LONGEST_TEXT:
        raise _invalid(
            question, f"Shorten this: it has {len(text):,} characters, and we can keep {LONGEST_TEXT:,}."
        )
    return text or None


def _yes_no(question: Question, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _invalid(question, "Choose yes or no.")
    return value


def _declaration(question: Question, value: Any) -> bool | None:
    if not isinstance(value, bool):
        raise _invalid(question, "Tick the box to confirm this, or leave it empty.")
    return value or None


def _choice(question: Question, value: Any) -> str:
    if value not in question.choices:
        raise _invalid(question, "Choose one of the answers.")
    return str(value)


def _several(question: Question, value: Any) -> list[str] | None:
    if any(one not in question.choices for one in value):
        raise _invalid(question, "Choose from the answers given.")
    return [choice for choice in question.choices if choice in value] or None


def _number(question: Question, value: Any) -> str:
    number = _decimal(question, value, "Enter a number, such as 42.").normalize()
    if -int(number.as_tuple().exponent) > MOST_DECIMALS:
        raise _invalid(question, f"Give at most {MOST_DECIMALS} decimal places.")
    return f"{number:f}"


def _money(question: Question, value: Any) -> str:
    amount = _decimal(question, value, "Enter an amount in pounds and pence, such as 1250.50.")
    if amount != amount.quantize(Decimal("0.01")):
        raise _invalid(question, "Give pounds and whole pence, such as 1250.50.")
    return f"{amount:.2f}"


def _decimal(question: Question, value: Any, message: str) -> Decimal:
    try:
        number = Decimal(str(value).replace(",", "").replace("£", "").strip())
    except InvalidOperation:
        raise _invalid(question, message) from None
    if not number.is_finite() or abs(number) >= LARGEST:
        raise _invalid(question, message)
    if number < 0:
        raise _invalid(question, "This cannot be less than zero.")
    return abs(number)  # "-0" is zero


def _date(question: Question, value: Any) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise _invalid(question, "Enter a real date, such as 31 3 2026.") from None


def _exclusion(question: Question, value: Any) -> dict[str, str] | None:
    applies, explanation = value.get("applies") or "", str(value.get("explanation") or "")
    if not applies and not explanation.strip():
        return None
    if applies and applies not in set(Exclusion):
        raise _invalid(question, "Choose one of the answers.")
    return {"applies": str(applies), "explanation": _long_text(question, explanation) or ""}


def _invalid(question: Question, message: str) -> Invalid:
    return Invalid(message, field=answer_field(question))


CLEANERS: dict[QuestionKind, Callable[[Question, Any], Any]] = {
    QuestionKind.SHORT_TEXT: _short_text,
    QuestionKind.LONG_TEXT: _long_text,
    QuestionKind.YES_NO: _yes_no,
    QuestionKind.CHOICE: _choice,
    QuestionKind.SEVERAL_CHOICES: _several,
    QuestionKind.NUMBER: _number,
    QuestionKind.MONEY: _money,
    QuestionKind.DATE: _date,
    QuestionKind.EXCLUSION: _exclusion,
    QuestionKind.DECLARATION: _declaration,
}
