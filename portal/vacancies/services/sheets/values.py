"""What stands in one cell, as the column of a household takes it: numbers as text, dates in any shape, words for codes.

Each reader gets a cell that is not empty and returns a value, or raises `Wrong` with what is wrong in plain words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.vacancies.queries import OUTSIDE
from portal.vacancies.states import Gender, OverUsualLimit, Smoking
from portal.vacancies.states.lists import WORDS

ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ ,].*)?")
IN_WORDS = re.compile(
    r"(?:[a-z]+,? )?(\d{1,2})(?:st|nd|rd|th)?[ \-/]([a-z]{3,9})\.?,?[ \-/](\d{4}|\d{2})", re.IGNORECASE
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WHOLE = re.compile(r"[+]?(-?\d{1,9})(?:\.0+)?")
RANGE = re.compile(r"(\d{1,2})\s*(?:-|–|—|to|/)\s*(\d{1,2})", re.IGNORECASE)
DAY_ZERO, DAY_ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)
SERIALS = range(20_000, 80_000)
FIGURES = {
    word: number
    for number, word in enumerate(
        [
            "none",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
} | {"nil": 0, "zero": 0, "single": 1, "couple": 2, "pair": 2, "joint": 2}
YES = frozenset({"yes", "y", "true", "t", "1", "x", "✓", "✔", "tick"})
NO = frozenset({"no", "n", "false", "f", "0", "none", "-", "–", "na", "nota"})
NOTHING = frozenset(
    {"none", "no", "na", "nil", "nothing", "notapplicable", "notsaid", "notknown", "unknown", ""}
)
NOW = frozenset({"now", "today", "immediately", "immediate", "asap", "straightaway"})
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")


class Wrong(ValueError):
    """What is wrong with a cell, to be shown beside it."""


@dataclass(frozen=True)
class Reading:
    """What cells are read against: the day, how days are counted, and each list's codes by their words."""

    today: date
    is_1904: bool
    codes: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Mapping[str, str]]


def key(text: str) -> str:
    """Words as they are compared: without case, spaces or punctuation."""
    return re.sub(r"[^a-z0-9]+", "", text.casefold().replace("&", "and"))


def codes_by_words(labels: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """For each list, its codes by all the words that mean them."""
    found = {
        name: {key(code): code for code in listed} | {key(label): code for code, label in listed.items()}
        for name, listed in labels.items()
    }
    for name, extra in EXTRA.items():
        there = {*labels.get(name, {}), OUTSIDE}
        found.setdefault(name, {}).update(
            {key(words): code for words, code in extra.items() if code in there}
        )
    for label, code in list(found.get("district_code", {}).items()):
        for more in ("council", "borough", "district", "boroughcouncil", "citycouncil", "districtcouncil"):
            found["district_code"].setdefault(label + more, code)
    return found


EXTRA: dict[str, dict[str, str]] = {
    "gender": {
        **dict.fromkeys(
            (
                "any child",
                "either",
                "both",
                "mixed",
                "m/f",
                "all",
                "male or female",
                "no preference",
                "boys and girls",
                "boys or girls",
            ),
            "any",
        ),
        **dict.fromkeys(("girl", "girls only", "f", "female only", "females"), "female"),
        **dict.fromkeys(("boy", "boys only", "m", "male only", "males"), "male"),
    },
    "smoking": {
        **dict.fromkeys(("n", "non smoker", "non-smoking", "false", "0", "none"), "no"),
        **dict.fromkeys(("y", "smoker", "true", "1"), "yes"),
        **dict.fromkeys(("outside", "outdoors", "outdoors only", "garden only"), "outside"),
    },
    "over_usual_limit": dict.fromkeys(("siblings", "sibling group", "all siblings"), "siblings")
    | dict.fromkeys(("exempt", "exemption", "yes", "la exemption"), "exemption"),
    "district_code": {
        **dict.fromkeys(
            ("outside", "outside Kent and Medway", "out of county", "other", "elsewhere"), OUTSIDE
        ),
    },
    "pets": {
        "dogs": "dog",
        "cats": "cat",
        "horse": "horses",
        "bird": "birds",
        "rabbit": "small",
        "rabbits": "small",
        "hamster": "small",
    },
    "languages": {
        "bsl": "british_sign",
        "kurdish": "kurdish_kurmanji",
        "sorani": "kurdish_sorani",
        "persian": "farsi",
    },
    "religion": {
        "c of e": "christian",
        "catholic": "christian",
        "church of england": "christian",
        "islam": "muslim",
        "atheist": "none",
    },
    "placement_types": {"mother and baby": "parent_and_child", "uasc": "uasc", "respite": "short_breaks"},
}


def text(value: Any, reading: Reading) -> str:
    return str(value).strip()


def whole(name: str) -> Callable[[Any, Reading], int]:
    def read(value: Any, reading: Reading) -> int:
        if type(value) is int:
            return value
        if type(value) is str:
            if found := WHOLE.fullmatch(value.strip()):
                return int(found[1])
            if value.strip().casefold() in FIGURES:
                return FIGURES[value.strip().casefold()]
            if ISO.fullmatch(value):
                raise Wrong(
                    f"{WORDS[name]} must be a number, and this cell is formatted as a date. Format it as a number"
                )
        raise Wrong(f"{WORDS[name]} must be a whole number, and this says “{shown(value)}”")

    return read


def day(name: str) -> Callable[[Any, Reading], date]:
    def read(value: Any, reading: Reading) -> date:
        if isinstance(value, bool):
            raise Wrong(_no_date(name, value))
        if isinstance(value, str) and re.fullmatch(r"\d{5}(\.\d+)?", value.strip()):
            value = float(value)
        if isinstance(value, int | float):
            return _of_serial(name, value, reading)
        if key(value) in NOW:
            return reading.today
        try:
            return _of_text(value.strip())
        except ValueError as error:
            raise Wrong(_no_date(name, value)) from error

    return read


def _of_serial(name: str, value: float, reading: Reading) -> date:
    if int(value) not in SERIALS:
        raise Wrong(_no_date(name, value))
    return (DAY_ZERO_1904 if reading.is_1904 else DAY_ZERO) + timedelta(days=int(value))


def _of_text(value: str) -> date:
    if found := ISO.fullmatch(value):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := DAY_FIRST.fullmatch(value):
        return date(_year(found[3]), int(found[2]), int(found[1]))
    if (found := IN_WORDS.fullmatch(value)) and found[2][:3].lower() in MONTHS:
        return date(_year(found[3]), MONTHS.index(found[2][:3].lower()) + 1, int(found[1]))
    raise ValueError


def _year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _no_date(name: str, value: Any) -> str:
    return f"{WORDS[name]} must be a date, such as 03/05/2026 (day first), and this says “{shown(value)}”"


def yes_no(name: str) -> Callable[[Any, Reading], bool]:
    def read(value: Any, reading: Reading) -> bool:
        if isinstance(value, bool):
            return value
        said = str(value).strip().casefold().replace("/", "")
        if said in YES or said in NO:
            return said in YES
        raise Wrong(f"{WORDS[name]} must be yes or no, and this says “{shown(value)}”")

    return read


def ages(value: Any, reading: Reading) -> tuple[int, int]:
    said = str(value).strip().casefold().replace("years", "").replace("yrs", "").strip()
    if found := RANGE.fullmatch(said):
        return int(found[1]), int(found[2])
    if ISO.fullmatch(said):
        raise Wrong(
            "The ages were turned into a date by the spreadsheet. Format the cell as text and type them again"
        )
    raise Wrong(f"Ages must say both ends, such as 5 to 12, and this says “{shown(value)}”")


def one_of(name: str) -> Callable[[Any, Reading], Any]:
    def read(value: Any, reading: Reading) -> Any:
        code = reading.codes[name].get(
            key(str(value) if not isinstance(value, bool) else ("yes" if value else "no"))
        )
        if code is not None:
            return AS_ENUM[name](code) if name in AS_ENUM else code
        if key(str(value)) in NOTHING and name not in ("gender", "district_code"):
            return Smoking.NO if name == "smoking" else None
        raise Wrong(_not_in_list(name, value, reading))

    return read


AS_ENUM: dict[str, Callable[[str], Any]] = {
    "gender": Gender,
    "smoking": Smoking,
    "over_usual_limit": OverUsualLimit,
    "district_code": lambda code: None if code == OUTSIDE else code,
}


def several(name: str) -> Callable[[Any, Reading], list[str]]:
    def read(value: Any, reading: Reading) -> list[str]:
        codes = reading.codes[name]
        said = str(value).strip()
        if key(said) in codes:
            return [codes[key(said)]]
        if key(said) in NOTHING or value is False:
            return []
        return [code for part in re.split(r"[;\n|]", said) for code in _part(name, part, reading)]

    return read


def _part(name: str, part: str, reading: Reading) -> Iterator[str]:
    """The codes of a list in words: of "Standard, parent & child" the longest that is known from each place on."""
    codes = reading.codes[name]
    pieces = re.split(r"(,|/|&|\band\b|\+)", part)
    start = 0
    while start < len(pieces):
        ends = range(len(pieces), start, -1)
        end = next((end for end in ends if key("".join(pieces[start:end])) in codes), None)
        if end is not None:
            yield codes[key("".join(pieces[start:end]))]
        elif start % 2 == 0 and key(pieces[start]):
            raise Wrong(_not_in_list(name, pieces[start].strip(), reading))
        start = end or start + 1


def _not_in_list(name: str, value: Any, reading: Reading) -> str:
    listed = list(reading.words[name].values())
    known = ", ".join(listed[:12]) + ("…" if len(listed) > 12 else "")
    return f"“{shown(value)}” is not in the list for {WORDS[name].lower()}. It has: {known}"


def shown(value: Any) -> str:
    said = " ".join(str(value).split())
    return said if len(said) <= 40 else said[:39] + "…"
