"""What each kind of question takes, and the shape it is stored in."""

from __future__ import annotations

from datetime import date

import pytest

from portal.applications.services import clean_value
from portal.core.errors import Invalid
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind as K


def ask(kind, value):
    return clean_value(Question(kind=kind, choices=["Red", "Green", "Blue"]), value)


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (K.SHORT_TEXT, "  two   words ", "two words"),
        (K.SHORT_TEXT, " ", None),
        (K.LONG_TEXT, "a\r\nb\x00", "a\nb"),
        (K.YES_NO, True, True),
        (K.YES_NO, False, False),
        (K.YES_NO, None, None),
        (K.CHOICE, "Red", "Red"),
        (K.SEVERAL_CHOICES, ["Blue", "Red"], ["Red", "Blue"]),
        (K.SEVERAL_CHOICES, [], None),
        (K.NUMBER, "1,200", "1200"),
        (K.NUMBER, "3.50", "3.5"),
        (K.NUMBER, "100", "100"),
        (K.MONEY, "£1,250.5", "1250.50"),
        (K.DATE, date(2026, 3, 31), "2026-03-31"),
        (K.EXCLUSION, {"applies": "no", "explanation": ""}, {"applies": "no", "explanation": ""}),
        (K.EXCLUSION, {"applies": None, "explanation": " "}, None),
    ],
)
def test_kept(kind, typed, kept):
    assert ask(kind, typed) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (K.SHORT_TEXT, "x" * 501),
        (K.YES_NO, "maybe"),
        (K.CHOICE, "Purple"),
        (K.SEVERAL_CHOICES, ["Red", "Purple"]),
        (K.NUMBER, "many"),
        (K.NUMBER, "NaN"),
        (K.NUMBER, "Infinity"),
        (K.NUMBER, "-3"),
        (K.NUMBER, "1e400"),
        (K.MONEY, "12.345"),
        (K.DATE, "31 February"),
        (K.EXCLUSION, {"applies": "perhaps", "explanation": ""}),
        (K.FILE, "x"),
        (K.PRICE_SCHEDULE, "x"),
    ],
)
def test_refused(kind, typed):
    with pytest.raises(Invalid):
        ask(kind, typed)
