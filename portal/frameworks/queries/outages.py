"""When the portal itself was down close to a deadline, and the extension that would make good for it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.core.clock import LONDON
from portal.core.db import session
from portal.core.heartbeat import Outage, list_outages
from portal.core.ui import plural, uk_date, uk_time
from portal.core.workdays import same_time_on, working_day_after
from portal.frameworks.models import DeadlineExtension, Round
from portal.frameworks.queries.rounds import is_accepting

CLOSE_TO_DEADLINE = timedelta(hours=24)


@dataclass(frozen=True)
class ProposedExtension:
    """A later deadline that the portal proposes and a commissioner decides on."""

    outages: Sequence[Outage]
    deadline: datetime

    @property
    def minutes(self) -> int:
        return sum(outage.minutes for outage in self.outages)

    @property
    def figures(self) -> str:
        """What happened, as one sentence."""
        times = " and ".join(_between(outage) for outage in self.outages)
        return f"The portal did not answer for {plural(self.minutes, 'minute')} {times}."


def propose_extensions(rounds: Sequence[Round], now: datetime) -> dict[uuid.UUID, ProposedExtension]:
    """What to propose for rounds that close within a day, by round id: two statements however many there are.

    An outage that an extension has followed is made good. Before the deadline only: none can be extended later.
    """
    closing = [one for one in rounds if is_accepting(one, now) and closes_soon(one, now)]
    if not closing:
        return {}
    outages = list_outages(now - CLOSE_TO_DEADLINE, now)
    extended = _last_extended(closing) if outages else {}
    proposals = {one.id: _propose(one, outages, extended.get(one.id)) for one in closing}
    return {round_id: found for round_id, found in proposals.items() if found is not None}


def closes_soon(round_: Round, now: datetime) -> bool:
    """Is its deadline within the time in which an outage matters?"""
    return round_.submission_deadline - now <= CLOSE_TO_DEADLINE


def _propose(round_: Round, outages: Sequence[Outage], extended: datetime | None) -> ProposedExtension | None:
    since = round_.submission_deadline - CLOSE_TO_DEADLINE
    if extended is not None:
        since = max(since, extended)
    suffered = [outage for outage in outages if outage.ended_at > since]
    return ProposedExtension(suffered, next_working_day(round_.submission_deadline)) if suffered else None


def _last_extended(rounds: Sequence[Round]) -> dict[uuid.UUID, datetime]:
    rows = session.execute(
        sa.select(DeadlineExtension.round_id, sa.func.max(DeadlineExtension.created_at).label("latest"))
        .where(DeadlineExtension.round_id.in_([one.id for one in rounds]))
        .group_by(DeadlineExtension.round_id)
    )
    return {row.round_id: row.latest for row in rows}


def next_working_day(deadline: datetime) -> datetime:
    """The same time in Kent on the next working day in England."""
    return same_time_on(working_day_after(deadline.astimezone(LONDON).date(), 1), deadline)


def _between(outage: Outage) -> str:
    if outage.began_at.astimezone(LONDON).date() == outage.ended_at.astimezone(LONDON).date():
        return (
            f"between {uk_time(outage.began_at)} and {uk_time(outage.ended_at)} on {uk_date(outage.began_at)}"
        )
    return (
        f"between {uk_time(outage.began_at)} on {uk_date(outage.began_at)}"
        f" and {uk_time(outage.ended_at)} on {uk_date(outage.ended_at)}"
    )
