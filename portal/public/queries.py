"""Reads for people who have not signed in: the directory, and whether the portal can serve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.adapters import storage
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.core.db import session
from portal.frameworks.models import Round
from portal.providers.models import Organisation

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def list_members(*, text: str = "", limit: int, offset: int) -> Sequence[sa.Row[Organisation, Agreement]]:
    """Providers with an active agreement, by name: what the public directory may say (rule 9)."""
    return session.execute(
        _members(sa.select(Organisation, Agreement), text)
        .order_by(Organisation.legal_name, Organisation.town, Organisation.id)
        .limit(limit)
        .offset(offset)
    ).all()


def count_members(*, text: str = "") -> int:
    """How many the same search finds."""
    counting = _members(sa.select(sa.func.count()).select_from(Organisation), text)
    return int(session.execute(counting).scalar_one())


def _members(statement: Any, text: str) -> Any:
    found = statement.join(Agreement, Agreement.organisation_id == Organisation.id).where(
        Agreement.state == AgreementState.ACTIVE
    )
    if text:
        found = found.where(
            sa.or_(
                *(
                    column.icontains(text, autoescape=True)
                    for column in (Organisation.legal_name, Organisation.trading_name, Organisation.town)
                )
            )
        )
    return found


def time_left(round_: Round, now: datetime) -> str:
    """How long until the deadline, in the unit that matters: `27 days`, `three days`, `five hours`."""
    left = round_.submission_deadline - now
    if left <= timedelta(0):
        return "none"
    if left >= timedelta(days=2):
        return _count(left.days, "day")
    if left >= timedelta(hours=2):
        return _count(int(left / timedelta(hours=1)), "hour")
    return _count(max(int(left / timedelta(minutes=1)), 1), "minute")


def _count(number: int, unit: str) -> str:
    words = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{words} {unit}{'' if number == 1 else 's'}"


def list_what_does_not_answer() -> list[str]:
    """Which of the database, the queue and the storage of files does not answer now. Empty when all do."""
    checks = {"database": _ask_database, "queue": _ask_queue, "storage": storage.current().is_ready}
    return [name for name, check in checks.items() if not _answers(check)]


def _answers(check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception:  # whatever went wrong, the answer is that it does not answer
        session.rollback()
        return False
    return True


def _ask_database() -> None:
    session.execute(sa.text("SELECT 1"))


def _ask_queue() -> None:
    session.execute(sa.text("SELECT id FROM procrastinate_jobs LIMIT 1"))
