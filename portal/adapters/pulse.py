"""How the portal asks itself, from outside, whether it answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Protocol
from urllib.request import urlopen

TIMEOUT_SECONDS = 5


class Pulse(Protocol):
    """Does the portal answer at its public address?"""

    def is_felt(self) -> bool: ...


class HttpPulse:
    """Asks for `/healthz` at the configured public address, as a visitor would reach it."""

    def __init__(self, base_url: str) -> None:
        self._address = f"{base_url.rstrip('/')}/healthz"

    def is_felt(self) -> bool:
        try:
            with urlopen(self._address, timeout=TIMEOUT_SECONDS) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:  # refused, timed out, not found, or answered with an error
            return False


class MemoryPulse:
    """For tests: answers as it is told."""

    def __init__(self, is_up: bool = True) -> None:
        self.is_up = is_up

    def is_felt(self) -> bool:
        return self.is_up


_current: Pulse = MemoryPulse()


def use(pulse: Pulse) -> None:
    """Choose how this process asks."""
    global _current
    _current = pulse


def current() -> Pulse:
    """How this process asks."""
    return _current
