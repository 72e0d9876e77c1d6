"""What gives a provider away in a text, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.frameworks.anonymity import (
    Identity,
    find_exposures,
    find_hints,
    find_names,
    find_own_words,
)

LARKSPUR = Identity(
    names=("Quiet Larkspur Fostering Ltd", "Larkspur & Sons"),
    numbers=("SC123456", "01234567", "01634 555 123", "1987654"),
    people=("Robin Fairweather",),
    emails=("robin@larkspur.example",),
)


def words(found):
    return [one.words for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "We at Quiet Larkspur Fostering ask this.",
        "we at QUIET  LARKSPUR\nFOSTERING LIMITED",
        "Larkspur and Sons would like to know",
        "Larkspur & Sons’ question",
        "Our URN is SC123456.",
        "Our URN is sc 123 456",
        "Our URN is SC-123-456",
        "Company number 01234567",
        "URN 1987654",
        "Ring 01634 555123",
        "Ring +44 1634 555 123",
        "Ask Robin Fairweather",
        "ask robin   fairweather.",
        "Write to robin@larkspur.example",
        "Write to office@Larkspur.example.",
        "We at Quiet Lark\u00adspur Fostering ask this.",
        "We at \uff31uiet Larkspur Fostering ask this.",
        "Our URN is SC\u200b123456.",
        "Company number 0123\u20604567",
    ],
)
def test_rule_01_a_text_that_gives_the_provider_away(text):
    assert find_exposures(text, [LARKSPUR])


@pytest.mark.parametrize(
    "text",
    [
        "May one policy cover both branches?",
        "We have 1234 places and 567 carers.",
        "Is the 2026 accounts’ date 31/03/2026?",
        "The quiet room and the fostering team of a larkspur meadow",
        "Robin is a bird; fairweather sailors",
        "Write to support@kent.example",
        "What does SC stand for?",
    ],
)
def test_an_ordinary_text_gives_nobody_away(text):
    assert find_exposures(text, [LARKSPUR]) == []


def test_any_number_of_the_form_of_a_urn_is_taken_out_whoever_has_it():
    assert words(find_exposures("What of SC999999?", [])) == ["SC999999"]


def test_a_name_of_shared_words_alone_is_nobody():
    assert (
        find_exposures("the fostering agency of Kent", [Identity(names=("The Fostering Agency Kent Ltd",))])
        == []
    )


def test_the_telling_part_of_a_name_is_a_hint():
    assert words(find_hints("a quiet larkspur grows here", [LARKSPUR])) == ["quiet larkspur"]
    assert find_hints("a larkspur grows quietly", [Identity(names=("Quiet Larkspur Fostering",))]) == []


def test_single_words_of_ones_own_name_are_hints_to_oneself():
    assert words(find_own_words("our larkspur homes", LARKSPUR)) == ["larkspur"]


def test_names_of_the_register_are_found_whatever_their_ending():
    assert words(find_names("as Cobnut Care do", ["Cobnut Care Limited", "Other Oak"])) == [
        "Cobnut Care Limited"
    ]


@given(st.text(max_size=200), st.text(max_size=40))
def test_no_text_and_no_name_breaks_the_search(text, name):
    identity = Identity((name,), (name,), (name,), (name,))
    find_exposures(text, [identity])
    find_hints(text, [identity])
    find_own_words(text, identity)


@given(st.sampled_from(LARKSPUR.names), st.text(alphabet=" .,;:!?\n\t", min_size=1, max_size=3))
def test_rule_01_a_name_is_found_between_any_punctuation(name, gap):
    assert find_exposures(f"x{gap}{name.upper()}{gap}y", [LARKSPUR])
