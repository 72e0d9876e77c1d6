"""Passwords: which are good enough, and how they are kept. By NCSC advice length counts, not composition.

Whether a password is common or easy to guess is judged by the `zxcvbn` package, which carries lists of
the most used passwords, words and names, and knows keyboard runs, repeats and dates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.core.errors import Invalid, Throttled

SHORTEST = 12
LONGEST = 256
SITE_NAMES = ("Kent and Medway", "Fostering Framework")
# Below this many guesses an attacker who is slowed down by our throttle still gets there.
FEWEST_GUESSES = 10**8
# The estimate costs time that grows with the square of the length, and nothing this long is easy.
LONGEST_ESTIMATED = 72
SHORTEST_NAME = 4

# Each hash takes 46 MiB while it runs; more than a few at once would let sign-in use up the memory.
MOST_AT_ONCE = 2
LONGEST_WAIT_SECONDS = 10

_hasher = PasswordHasher(time_cost=2, memory_cost=47104, parallelism=1)
_places = BoundedSemaphore(MOST_AT_ONCE)
_nobodys: list[str] = []


def check_password(password: str, *, email: str, full_name: str = "") -> None:
    """Raise `Invalid` on the field `password`, saying why, unless it is good enough for this person."""
    problem = _problem(normalise(password), email, full_name)
    if problem:
        raise Invalid(problem, field="password")


def hash_password(password: str) -> str:
    """What to keep instead of the password. Raises `Throttled` when too many are being hashed."""
    with _place():
        return _hasher.hash(normalise(password))


def verify_password(kept: str | None, password: str) -> bool:
    """Is this the password? Takes as long when there is none to compare with (`kept` is None)."""
    with _place():
        try:
            _hasher.verify(kept or _nobodys_hash(), normalise(password))
            return kept is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(kept: str) -> bool:
    """Was this kept under other parameters than today's?"""
    return _hasher.check_needs_rehash(kept)


def normalise(password: str) -> str:
    """One spelling for characters that keyboards write in several ways."""
    return unicodedata.normalize("NFKC", password)


def _problem(password: str, email: str, full_name: str) -> str | None:
    if len(password) < SHORTEST:
        return f"Your password must be at least {SHORTEST} characters. Three random words make a good one."
    if len(password) > LONGEST:
        return f"Your password must be {LONGEST} characters or fewer."
    squashed = _squash(password)
    if any(_squash(name) in squashed for name in SITE_NAMES):
        return "Your password must not contain the name of this service."
    if any(part in squashed for part in _own_words(email, full_name)):
        return "Your password must not contain your name or your email address."
    if _guesses(password, email, full_name) < FEWEST_GUESSES:
        return "That password is too common or too easy to guess. Three random words make a good one."
    return None


def _own_words(email: str, full_name: str) -> Iterator[str]:
    for part in (email, email.partition("@")[0], full_name, *full_name.split()):
        word = _squash(part)
        if len(word) >= SHORTEST_NAME:
            yield word


def _squash(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _guesses(password: str, email: str, full_name: str) -> int:
    from zxcvbn import zxcvbn

    known = [*re.split(r"[\W_]+", email), *full_name.split(), *" ".join(SITE_NAMES).split()]
    return int(zxcvbn(password[:LONGEST_ESTIMATED], user_inputs=known)["guesses"])


def _nobodys_hash() -> str:
    if not _nobodys:
        _nobodys.append(_hasher.hash("nobody has this password"))
    return _nobodys[0]


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=LONGEST_WAIT_SECONDS):
        raise Throttled("Many people are signing in at this moment. Try again in a minute.")
    try:
        yield
    finally:
        _places.release()
