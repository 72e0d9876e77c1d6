"""The shape of a key's secret: `kmf_`, 43 letters and figures by chance, and a checksum of six.

The beginning lets scanners find a key that leaked into code; the checksum tells a mistyped one without asking the
database. Only a hash is kept: a fast one will do, since nobody guesses 256 bits.
"""

from __future__ import annotations

import hashlib
import secrets
import string
import zlib

PREFIX = "kmf_"
ALPHABET = string.digits + string.ascii_letters
RANDOM = 43
CHECK = 6
SHOWN = len(PREFIX) + 4


def new_secret() -> str:
    """A secret nobody has seen before."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return f"{PREFIX}{body}{_checksum(body)}"


def is_whole(secret: str) -> bool:
    """Has the text the shape of a secret, with the right checksum?"""
    body = secret[len(PREFIX) : -CHECK]
    return (
        secret.startswith(PREFIX)
        and len(body) == RANDOM
        and secret.isascii()
        and secret.endswith(_checksum(body))
    )


def hash_of(secret: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(CHECK):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits
