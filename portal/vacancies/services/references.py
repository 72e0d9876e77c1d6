"""A carer household is the provider's own reference, never a name, address or date of birth (rule 10)."""

from __future__ import annotations

import re

from portal.core.errors import Invalid

LONGEST = 40
OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
FULL_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2}\b", re.IGNORECASE)
DATE = re.compile(
    r"\b(\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}(st|nd|rd|th)? ?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* ?\d{2,4})\b",
    re.IGNORECASE,
)
TITLE = re.compile(r"\b(mr|mrs|ms|miss|mx|dr|rev)\b", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{2,}")
STREET = re.compile(r"\b(road|street|avenue|lane|close|drive|crescent|gardens|terrace)\b", re.IGNORECASE)
# Words that say what a reference is, not whose.
PLAIN_WORDS = frozenset(
    {
        "carer",
        "carers",
        "family",
        "foster",
        "fostering",
        "home",
        "house",
        "household",
        "no",
        "ref",
        "reference",
    }
)


def clean_reference(text: str) -> str:
    """The reference, trimmed. Raises `Invalid` when it looks like a person, an address or a date of birth."""
    reference = " ".join(text.split())
    if not reference:
        raise _refused("Enter your own reference for this carer household")
    if len(reference) > LONGEST:
        raise _refused(f"The reference must be {LONGEST} characters or fewer")
    if FULL_POSTCODE.search(reference) or STREET.search(reference):
        raise _refused(
            "This looks like an address. Use your own reference, such as KF-0142: we never hold addresses"
        )
    if DATE.search(reference):
        raise _refused("This looks like a date of birth. Use your own reference, such as KF-0142")
    if _looks_like_a_name(reference):
        raise _refused(
            "This looks like a name. Use your own reference, such as KF-0142: we never hold carers’ names"
        )
    return reference


def clean_outward(text: str) -> str:
    """The first part of a postcode, in capitals. Raises `Invalid` for anything else, a full postcode too."""
    outward = text.strip().upper()
    if FULL_POSTCODE.search(outward):
        raise Invalid(
            "Enter only the first part of the postcode, such as ME10: we never hold a carer’s full postcode",
            field="outward_postcode",
        )
    if not OUTWARD.fullmatch(outward):
        raise Invalid("Enter the first part of a postcode, such as ME10", field="outward_postcode")
    return outward


def _looks_like_a_name(reference: str) -> bool:
    words = [word for word in WORD.findall(reference) if word.lower() not in PLAIN_WORDS]
    if TITLE.search(reference):
        return True
    if not any(character.isdigit() for character in reference):
        return any(len(word) > 2 for word in words)
    # A code such as KF-MED-0142 is in capitals; a name beside a number is not.
    return len([word for word in words if not word.isupper()]) >= 2


def _refused(message: str) -> Invalid:
    return Invalid(message, field="carer_reference")
