"""Whether a file carries malware. Where no scanner is connected, the pages that show files say so."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol


class ScanResult(StrEnum):
    """What the scanner said."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNREADABLE = "unreadable"


class Scanner(Protocol):
    """Reads a file's content once and judges it. Raises an error when it cannot answer now."""

    is_real: bool

    def scan(self, chunks: Iterable[bytes]) -> ScanResult: ...


class NoScanner:
    """The demonstration's: reads the file to its end and passes it; every page that shows files says so."""

    is_real = False

    def scan(self, chunks: Iterable[bytes]) -> ScanResult:
        return ScanResult.CLEAN if sum(map(len, chunks)) else ScanResult.UNREADABLE


class MemoryScanner:
    """For tests: answers with `result`."""

    is_real = True

    def __init__(self, result: ScanResult = ScanResult.CLEAN) -> None:
        self.result = result

    def scan(self, chunks: Iterable[bytes]) -> ScanResult:
        for _ in chunks:
            pass
        return self.result


_current: Scanner = NoScanner()


def use(scanner: Scanner) -> None:
    """Choose this process's scanner."""
    global _current
    _current = scanner


def current() -> Scanner:
    """This process's scanner."""
    return _current
