"""Slowing down guesses at passwords without ever locking the owner of an account out.

Tries are counted for one address from one source, so that a stranger elsewhere uses up only their own;
for one source over all addresses; and apart from both for a device the person has signed in on before,
which a stranger cannot have. After some free tries each failure doubles the wait.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import SignInAttempt
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Throttled

WINDOW = timedelta(days=1)
SOURCE_WINDOW = timedelta(hours=1)
FREE_TRIES = 5
FREE_TRIES_OF_A_SOURCE = 30
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class Try:
    """One try: at which address, from where, and whether the device is known to belong to that address."""

    email: str
    source: str
    from_known_device: bool = False

    @property
    def email_hash(self) -> bytes:
        return _hash(self.email)

    @property
    def source_hash(self) -> bytes:
        return _hash(self.source)


def check(attempt: Try) -> None:
    """Raise `Throttled`, saying how long to wait, while it is too early for another try.

    Tries that belong together wait for each other here, so that many sent at once count one by one.
    """
    _one_by_one(attempt)
    until = _until(*_failures(attempt), free=FREE_TRIES)
    if not attempt.from_known_device:
        until = max(until, _until(*_failures_of_source(attempt), free=FREE_TRIES_OF_A_SOURCE))
    left = until - clock.locked_now()
    if left > timedelta(0):
        raise Throttled(f"There have been too many tries. You can try again in {in_words(left)}.")


def note(attempt: Try, *, succeeded: bool) -> None:
    """Count the try. A success starts the count for its address afresh."""
    session.add(
        SignInAttempt(
            email_hash=attempt.email_hash,
            source_hash=attempt.source_hash,
            succeeded=succeeded,
            from_known_device=attempt.from_known_device,
        )
    )
    session.flush()


def forget_old_tries() -> None:
    """Tries older than the longest window. Called by a job."""
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.created_at < clock.now() - WINDOW))


def in_words(wait: timedelta) -> str:
    """`40 seconds`, `1 minute`, `12 minutes`: never less than what is left."""
    seconds = int(wait.total_seconds()) + 1
    number, unit = (seconds, "second") if seconds < 60 else (-(-seconds // 60), "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _one_by_one(attempt: Try) -> None:
    whose = attempt.email_hash + (b"known" if attempt.from_known_device else attempt.source_hash)
    key = int.from_bytes(hashlib.sha256(whose).digest()[:8], signed=True)
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _failures(attempt: Try) -> tuple[int, datetime | None]:
    mine: list[Any] = [SignInAttempt.email_hash == attempt.email_hash]
    if attempt.from_known_device:
        mine.append(SignInAttempt.from_known_device)
    else:
        mine += [~SignInAttempt.from_known_device, SignInAttempt.source_hash == attempt.source_hash]
    mine.append(SignInAttempt.created_at > clock.now() - WINDOW)
    successes = sa.select(sa.func.max(SignInAttempt.created_at)).where(*mine, SignInAttempt.succeeded)
    since = sa.func.coalesce(successes.scalar_subquery(), sa.literal(clock.now() - WINDOW))
    return _count(*mine, SignInAttempt.created_at > since)


def _failures_of_source(attempt: Try) -> tuple[int, datetime | None]:
    return _count(
        SignInAttempt.source_hash == attempt.source_hash,
        ~SignInAttempt.from_known_device,
        SignInAttempt.created_at > clock.now() - SOURCE_WINDOW,
    )


def _count(*where: Any) -> tuple[int, datetime | None]:
    statement = sa.select(sa.func.count(), sa.func.max(SignInAttempt.created_at)).where(
        *where, ~SignInAttempt.succeeded
    )
    number, last = session.execute(statement).one()
    return number, last


def _until(failures: int, last: datetime | None, *, free: int) -> datetime:
    if last is None or failures < free:
        return clock.now()
    doublings: int = min(failures - free, 10)
    wait: timedelta = FIRST_WAIT * (1 << doublings)
    return last + min(wait, LONGEST_WAIT)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
