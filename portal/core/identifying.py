"""What would tell who somebody is: names, addresses and dates of birth in text that must hold none (rule 10).

It looks for shapes, and knows nobody: a warning for whoever types, never a proof.
"""

from __future__ import annotations

import re

FULL_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2}\b", re.IGNORECASE)
DATE = re.compile(
    r"\b(\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}(st|nd|rd|th)? ?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* ?\d{2,4})\b",
    re.IGNORECASE,
)
TITLE = re.compile(r"\b(mr|mrs|ms|miss|mx|dr|rev)\b", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{2,}")
WORD_OF_A_LIST = re.compile(r"\S+")
STREET = re.compile(r"\b(road|street|avenue|lane|close|drive|crescent|gardens|terrace)\b", re.IGNORECASE)

_HOUSE = re.compile(
    r"\b\d{1,4}[a-z]?,? (?:[^\W\d_]+ ){1,3}"
    r"(road|rd|street|st|avenue|ave|lane|close|drive|crescent|gardens|terrace|way)\b",
    re.IGNORECASE,
)
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Rev)\.? [A-Z]")
_CALLED = re.compile(r"\b(?:called|named|name is|name’s|name's) [A-Z]")
_CAPITALS = re.compile(r"\b([A-Z][a-z’'-]+) ([A-Z][a-z’'-]+)\b")
_SOMEBODY = re.compile(
    r"\b([A-Z][a-z’'-]+) (?:is|has|needs|was|will|likes|loves|wants|attends|lives|would)\b"
)
_LEGAL_FORM = re.compile(r"\s+(?:limited|ltd|llp|plc|cic)$")
_NO_WORD = re.compile(r"[\W_]+")
# Words that begin with a capital and name nobody.
_PLAIN = frozenset(
    WORD_OF_A_LIST.findall("""
    a all an and any as at because behaviour both boy brother brothers carer carers child children contact due each
    education family father following foster girl given he health here his her however i if in it its may mother
    must neither no nobody none not nothing nobody one only other our parent placement please school she sibling
    siblings sister sisters social somebody someone sleep such that the their then there these they this those to
    transport until we what when where which while who with worker you young
    kent medway county council ofsted england english british north south east west mid greater thames
    ashford canterbury dartford dover folkestone hythe gravesham maidstone sevenoaks swale thanet tonbridge malling
    tunbridge wells gravesend sittingbourne faversham sheppey chatham gillingham rochester margate ramsgate
    church roman catholic muslim christian hindu sikh jewish orthodox sign language
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december christmas easter
    """)
)
# Words that say what a reference is, not whose.
_OF_A_CODE = frozenset(
    WORD_OF_A_LIST.findall("carer carers child family foster fostering home house household no ref reference")
)


def find_identifying(text: str) -> str | None:
    """What free text looks like that it must not hold, as the end of "this looks like …"; None: nothing found."""
    if FULL_POSTCODE.search(text) or _HOUSE.search(text):
        return "an address"
    if DATE.search(text):
        return "a date of birth"
    return "a name" if _names_somebody(text) else None


def find_identifying_code(reference: str) -> str | None:
    """As `find_identifying`, for a reference such as KF-0142, where any plain word is a name."""
    if FULL_POSTCODE.search(reference) or STREET.search(reference):
        return "an address"
    if DATE.search(reference):
        return "a date of birth"
    return "a name" if _names_in_code(reference) else None


def _names_in_code(reference: str) -> bool:
    words = [word for word in WORD.findall(reference) if word.lower() not in _OF_A_CODE]
    if TITLE.search(reference):
        return True
    if not any(character.isdigit() for character in reference):
        return any(len(word) > 2 for word in words)
    # A code such as KF-MED-0142 is in capitals; a name beside a number is not.
    return len([word for word in words if not word.isupper()]) >= 2


def _names_somebody(text: str) -> bool:
    if _TITLED.search(text) or _CALLED.search(text):
        return True
    pairs = (match.groups() for match in _CAPITALS.finditer(text))
    if any(not {first.lower(), second.lower()} & _PLAIN for first, second in pairs):
        return True
    return any(match.group(1).lower() not in _PLAIN for match in _SOMEBODY.finditer(text))


def says_name(text: str, name: str) -> bool:
    """Whether `text` holds this name of an organisation, however it is written, with or without its legal form."""
    sought = _LEGAL_FORM.sub("", _only_words(name))
    return bool(sought) and f" {sought} " in f" {_only_words(text)} "


def _only_words(text: str) -> str:
    return _NO_WORD.sub(" ", text.casefold().replace("’", "").replace("'", "")).strip()
