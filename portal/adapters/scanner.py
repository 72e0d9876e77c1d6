"""Whether a file carries malware. Where no scanner is connected, the pages that show files say so."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 120
LONGEST_PIECE = 1024 * 1024
LONGEST_REPLY = 4096


class ScanResult(StrEnum):
    """What the scanner said."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Scanned:
    """What the scanner said of a file; `finding` is its name for the malware."""

    result: ScanResult
    finding: str = ""


class ScannerAway(Exception):
    """No answer now: the scanner is down, busy or refused to read on. The file is to be scanned later."""


class Scanner(Protocol):
    """Reads a file's content once and judges it. Raises `ScannerAway` when it cannot answer now."""

    is_real: bool

    def scan(self, chunks: Iterable[bytes]) -> Scanned: ...


class ClamdScanner:
    """ClamAV's daemon at `tcp://host:port` or `unix:/path`, by its INSTREAM command.

    The daemon's `StreamMaxLength` must be above the size of the largest file taken in.
    """

    is_real = True

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def scan(self, chunks: Iterable[bytes]) -> Scanned:
        with self._connect() as connection:
            try:
                _stream(connection, chunks)
            except (BrokenPipeError, ConnectionResetError):
                # The daemon stopped listening in the middle; its reason may still be there to read.
                raise ScannerAway(_read_reply(connection) or "the connection broke") from None
            except TimeoutError as error:
                raise ScannerAway("it stopped reading") from error
            return _judged(_read_reply(connection))

    def _connect(self) -> socket.socket:
        try:
            if self._url.scheme != "unix":
                address = (self._url.hostname or "localhost", self._url.port or 3310)
                return socket.create_connection(address, timeout=TIMEOUT_SECONDS)
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(TIMEOUT_SECONDS)
            try:
                connection.connect(self._url.path)
            except OSError:
                connection.close()
                raise
            return connection
        except OSError as error:
            raise ScannerAway(str(error)) from error


class NoScanner:
    """The demonstration's: reads the file to its end and passes it; every page that shows files says so."""

    is_real = False

    def scan(self, chunks: Iterable[bytes]) -> Scanned:
        return Scanned(ScanResult.CLEAN if sum(map(len, chunks)) else ScanResult.UNREADABLE)


class MemoryScanner:
    """For tests: answers with `result`."""

    is_real = True

    def __init__(self, result: ScanResult = ScanResult.CLEAN) -> None:
        self.result = result

    def scan(self, chunks: Iterable[bytes]) -> Scanned:
        for _ in chunks:
            pass
        return Scanned(self.result, "Test.Malware" if self.result == ScanResult.INFECTED else "")


_current: Scanner = NoScanner()


def use(scanner: Scanner) -> None:
    """Choose this process's scanner."""
    global _current
    _current = scanner


def current() -> Scanner:
    """This process's scanner."""
    return _current


def _stream(connection: socket.socket, chunks: Iterable[bytes]) -> None:
    """The content as the daemon wants it: each piece after its length, and a length of nothing at the end."""
    connection.sendall(b"zINSTREAM\0")
    for chunk in chunks:
        for start in range(0, len(chunk), LONGEST_PIECE):
            piece = chunk[start : start + LONGEST_PIECE]
            connection.sendall(struct.pack("!L", len(piece)))
            connection.sendall(piece)
    connection.sendall(struct.pack("!L", 0))


def _read_reply(connection: socket.socket) -> str:
    reply = b""
    with suppress(OSError):
        while len(reply) < LONGEST_REPLY and (more := connection.recv(LONGEST_REPLY)):
            reply += more
    return reply.rstrip(b"\0\n").decode("utf-8", "replace").removeprefix("stream: ")


def _judged(reply: str) -> Scanned:
    if reply == "OK":
        return Scanned(ScanResult.CLEAN)
    if reply.endswith(" FOUND"):
        return Scanned(ScanResult.INFECTED, reply.removesuffix(" FOUND"))
    raise ScannerAway(reply or "no answer")
