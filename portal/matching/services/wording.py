"""What may be written about a child, and references that tell nothing (rules 9 and 10)."""

from __future__ import annotations

import secrets

from portal.core.errors import Invalid
from portal.core.identifying import find_identifying, find_identifying_code

LONGEST_REFERENCE = 40
LONGEST_WORDS = 2000
# Without the letters and figures that are misread or misheard.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def clean_words(text: str, *, field: str, checked: bool) -> str:
    """Free text, trimmed. Raises `Invalid` when it looks like a name, an address or a date of birth.

    Shapes deceive: whoever wrote it may say that they have `checked` it.
    """
    words = text.strip()
    if len(words) > LONGEST_WORDS:
        raise Invalid(f"Write {LONGEST_WORDS:,} characters or fewer", field=field)
    looks_like = None if checked else find_identifying(words)
    if looks_like is not None:
        raise Invalid(
            f"This looks like {looks_like}, which is never asked for here. Take it out; if it is none, say that"
            " you have checked it",
            field=field,
        )
    return words


def clean_child_reference(text: str) -> str:
    """The council's own reference for a child. Raises `Invalid` when it looks like somebody's name or birthday."""
    reference = " ".join(text.split())
    if not reference:
        raise Invalid("Enter your own reference for the child, never a name", field="reference")
    if len(reference) > LONGEST_REFERENCE:
        raise Invalid(f"The reference must be {LONGEST_REFERENCE} characters or fewer", field="reference")
    looks_like = find_identifying_code(reference)
    if looks_like is not None:
        raise Invalid(
            f"This looks like {looks_like}. Use your council’s own reference, such as LAC-20417",
            field="reference",
        )
    return reference


def new_reference(letter: str) -> str:
    """Such as `E-7KQ2MX`: random, so that nobody can tell from it how many there are."""
    return f"{letter}-{''.join(secrets.choice(ALPHABET) for _ in range(7))}"
