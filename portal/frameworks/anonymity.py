"""What in a text gives a provider away: its name, its numbers, its people and their addresses.

Every provider is treated alike, whoever asked: an answer that differed for the asker would tell an officer,
who may try one name after another, who the asker is (rule 1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

COMPANY_ENDINGS = frozenset({"cic", "company", "limited", "llp", "ltd", "plc", "uk"})
# Words that many agencies share: a name made of nothing else gives nobody away.
COMMON = COMPANY_ENDINGS | frozenset(
    re.findall(
        r"\w+",
        """
        agency and associates adolescent care carers caring centre child children childrens community east
        england families family first for foster fostercare fostering group home homes independent in kent
        london medway network north of options partnership people placement placements project resources
        service services solutions south support team the therapeutic together trust west with young
        """,
    )
)
SHORTEST_WORD = 5
URN = re.compile(r"\bSC[\s-]?\d{3}[\s-]?\d{3}\b", re.IGNORECASE | re.ASCII)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
NUMBER = re.compile(r"\d[\d\s-]*\d", re.ASCII)
FEWEST_DIGITS = 7
# Marks that part a word or a number for a machine and for no reader: soft hyphens, joiners, spaces of no width.
UNSEEN = re.compile("[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@dataclass(frozen=True)
class Identity:
    """What one provider is known by. `numbers` are its URN, company and charity numbers and telephone."""

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exposure:
    """Words of a text, and what they are."""

    words: str
    what: str


def find_exposures(text: str, providers: Iterable[Identity]) -> list[Exposure]:
    """What must not stay in the text: names, numbers, people and email addresses of providers."""
    text = _as_read(text)
    found = [Exposure(urn, "has the form of an Ofsted URN") for urn in URN.findall(text)]
    searched = _Searched(text)
    for provider in providers:
        found += _give_away(searched, provider)
    return _once(found)


def find_hints(text: str, providers: Iterable[Identity]) -> list[Exposure]:
    """What may give a provider away: the telling part of a name, which may also be an ordinary word."""
    words = _spaced(text)
    return _once(
        Exposure(" ".join(telling), f"may stand for the provider {name}")
        for provider in providers
        for name in provider.names
        if (telling := _distinctive(name)) and len("".join(telling)) >= SHORTEST_WORD
        if _spaced(" ".join(telling)) in words
    )


def find_names(text: str, names: Iterable[str]) -> list[Exposure]:
    """Which of these names are in the text, whatever their company ending."""
    words = _spaced(text)
    return _once(
        Exposure(name, "is a name in Ofsted’s register")
        for name in names
        if _distinctive(name) and _spaced(_without_ending(name)) in words
    )


def find_own_words(text: str, own: Identity) -> list[Exposure]:
    """The single telling words of one provider's own names: for whoever writes in its name."""
    words = _spaced(text)
    return _once(
        Exposure(word, f"is part of the name {name}")
        for name in own.names
        for word in _distinctive(name)
        if len(word) >= SHORTEST_WORD and _spaced(word) in words
    )


def _as_read(text: str) -> str:
    """The text as a reader sees it, however its letters were typed."""
    return unicodedata.normalize("NFKC", UNSEEN.sub("", text))


def _words(text: str) -> list[str]:
    plain = re.sub(r"[’'`]", "", _as_read(text).casefold()).replace("&", " and ")
    return re.findall(r"[^\W_]+", plain)


def _spaced(text: str) -> str:
    """The words alone, one space around each, so that whole words are found by looking for them."""
    return f" {' '.join(_words(text))} "


def _without_ending(name: str) -> str:
    words = _words(name)
    while words and words[-1] in COMPANY_ENDINGS:
        words.pop()
    return " ".join(words)


def _distinctive(name: str) -> list[str]:
    """A name without the words that many agencies share."""
    return [word for word in _words(name) if word not in COMMON and len(word) > 1]


class _Searched:
    """A text, taken apart once for all that is looked for in it."""

    def __init__(self, text: str) -> None:
        self.words = _spaced(text)
        self.numbers = [re.sub(r"\D", "", run) for run in NUMBER.findall(text)]
        self.emails = {address.casefold() for address in EMAIL.findall(text)}


def _give_away(text: _Searched, provider: Identity) -> Iterator[Exposure]:
    for name in provider.names:
        if _distinctive(name) and _spaced(_without_ending(name)) in text.words:
            yield Exposure(name, "is the name of a provider")
    for number in provider.numbers:
        if _holds_number(text, number):
            yield Exposure(number, "is a provider’s number")
    for person in provider.people:
        if " " in person.strip() and _spaced(person) in text.words:
            yield Exposure(person, "is the name of somebody who works for a provider")
    domains = {email.casefold().partition("@")[2] for email in provider.emails}
    for email in text.emails:
        if email.partition("@")[2] in domains:  # a colleague's, or the office's, as much as the person's own
            yield Exposure(email, "is the email address of a provider")


def _holds_number(text: _Searched, number: str) -> bool:
    digits = re.sub(r"\D", "", number).lstrip("0")
    if len(digits) < FEWEST_DIGITS:
        return _spaced(number) in text.words
    return any(digits in typed for typed in text.numbers)


def _once(found: Iterable[Exposure]) -> list[Exposure]:
    """Each once: a legal name and a trading name may differ by their ending alone."""
    return list({_without_ending(one.words) or one.words: one for one in found}.values())
