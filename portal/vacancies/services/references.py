"""A carer household is the provider's own reference, never a name, address or date of birth (rule 10)."""

from __future__ import annotations

import re

from portal.core.errors import Invalid
from portal.core.identifying import FULL_POSTCODE, find_identifying_code

LONGEST = 40
OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
REFUSALS = {
    "an address": "This looks like an address. Use your own reference, such as KF-0142: we never hold addresses",
    "a date of birth": "This looks like a date of birth. Use your own reference, such as KF-0142",
    "a name": "This looks like a name. Use your own reference, such as KF-0142: we never hold carers’ names",
}


def clean_reference(text: str) -> str:
    """The reference, trimmed. Raises `Invalid` when it looks like a person, an address or a date of birth."""
    reference = " ".join(text.split())
    if not reference:
        raise _refused("Enter your own reference for this carer household")
    if len(reference) > LONGEST:
        raise _refused(f"The reference must be {LONGEST} characters or fewer")
    if not reference.isprintable():
        raise _refused("The reference holds a character that cannot be shown. Type it again")
    looks_like = find_identifying_code(reference)
    if looks_like is not None:
        raise _refused(REFUSALS[looks_like])
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


def _refused(message: str) -> Invalid:
    return Invalid(message, field="carer_reference")
