"""Where files' content lives: a local folder, S3, Azure or Google, by one address (`STORAGE_URL`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

CHUNK_BYTES = 1024 * 1024

# Where the portal's own letters stand: no upload, so no sweep of uploads that failed ever touches them.
LETTERS = "letters/"


class NotStored(Exception):
    """The store did not take the content: it is full, or away. Nothing is kept under the name."""


class Storage(Protocol):
    """Content by name. Streams both ways; no file is ever whole in memory."""

    def write(self, name: str, chunks: Iterable[bytes]) -> None: ...

    def read(self, name: str) -> Iterator[bytes]: ...

    def delete(self, name: str) -> None: ...

    def move(self, name: str, to: str) -> None: ...

    def names_older_than(self, moment: datetime) -> Iterator[str]: ...

    def is_ready(self) -> bool: ...


class _Source:
    """Content on its way in, which remembers what broke it off."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except Exception as error:
            self.error = error
            raise


class ObjectStorage:
    """Any store that obstore knows."""

    def __init__(self, url: str) -> None:
        self._store = _open(url)

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep the content under `name`. An interrupted write leaves nothing under it.

        Raises `NotStored`, or what `chunks` raised: a sender that went away is not the store's fault.
        """
        source = _Source(chunks)
        try:
            obstore.put(self._store, name, iter(source), chunk_size=CHUNK_BYTES, max_concurrency=1)
        except (BaseError, OSError) as error:
            if source.error is not None:
                raise source.error from None
            raise NotStored(str(error)) from error

    def read(self, name: str) -> Iterator[bytes]:
        """The content in pieces of about a mebibyte. Raises FileNotFoundError."""
        for piece in obstore.get(self._store, name).stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(piece)

    def delete(self, name: str) -> None:
        """Forget the content, if there is any."""
        with suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def move(self, name: str, to: str) -> None:
        """Keep the content under another name, if there is any."""
        with suppress(FileNotFoundError):
            obstore.rename(self._store, name, to)

    def names_older_than(self, moment: datetime) -> Iterator[str]:
        """What was stored before `moment`, for clearing away what never counted."""
        for batch in obstore.list(self._store):
            yield from (entry["path"] for entry in batch if entry["last_modified"] < moment)

    def is_ready(self) -> bool:
        """Does the store answer?"""
        next(iter(obstore.list(self._store, chunk_size=1)), None)
        return True


class MemoryStorage:
    """For tests."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.stored_at: dict[str, datetime] = {}

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        self.files[name] = b"".join(chunks)
        self.stored_at[name] = datetime.now(UTC)

    def read(self, name: str) -> Iterator[bytes]:
        if name not in self.files:
            raise FileNotFoundError(name)
        yield self.files[name]

    def delete(self, name: str) -> None:
        self.files.pop(name, None)

    def move(self, name: str, to: str) -> None:
        if name in self.files:
            self.files[to], self.stored_at[to] = self.files.pop(name), self.stored_at[name]

    def names_older_than(self, moment: datetime) -> Iterator[str]:
        yield from [name for name in self.files if self.stored_at[name] < moment]

    def is_ready(self) -> bool:
        return True


_current: Storage | None = None


def use(storage: Storage) -> None:
    """Choose this process's storage."""
    global _current
    _current = storage


def current() -> Storage:
    """This process's storage."""
    assert _current is not None, "no storage chosen"
    return _current


def opened(name: str) -> Iterator[bytes]:
    """The content in pieces, the first already read: what is missing raises FileNotFoundError here."""
    content = current().read(name)
    return chain([next(content, b"")], content)


def _open(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(parts.path)
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(folder)
    return from_url(url)
