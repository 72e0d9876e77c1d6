"""What an agency's applications ask of its people: to go on, to submit, to read the decision."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa

from portal.applications.models import Application, StandingInstruction
from portal.applications.services import has_working_copy
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.core.ui import plural, uk_datetime
from portal.decisions.models import DecisionNotice
from portal.frameworks.models import Round
from portal.frameworks.queries import is_accepting
from portal.frameworks.states import RoundState
from portal.home.queries.todo import Note, Todo

# From here on what is not submitted is said loudly.
LAST_DAYS = timedelta(days=7)


@dataclass(frozen=True)
class Applied:
    """An application of one of the person's agencies, its round, and whether its decision notice was sent.

    `submits_itself`: an instruction to submit it at the deadline is in force.
    """

    application: Application
    round: Round
    notice_sent_at: datetime | None
    submits_itself: bool

    @property
    def is_unsubmitted(self) -> bool:
        """Is there something written that does not count yet?"""
        draft = self.application.state == ApplicationState.DRAFT
        return draft or (
            self.application.state == ApplicationState.SUBMITTED and has_working_copy(self.application)
        )


def list_applied(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Applied]]:
    """The applications of these agencies, by agency, the earliest deadline first."""
    found: dict[uuid.UUID, list[Applied]] = defaultdict(list)
    for application, round_, sent_at, submits_itself in session.execute(_applied(), {"ids": ids}):
        found[application.organisation_id].append(Applied(application, round_, sent_at, submits_itself))
    return found


@cache
def _applied() -> sa.Select[Application, Round, datetime, bool]:
    return (
        sa.select(Application, Round, DecisionNotice.sent_at, StandingInstruction.id.is_not(None))
        .join(Round, Round.id == Application.round_id)
        .outerjoin(DecisionNotice, DecisionNotice.application_id == Application.id)
        .outerjoin(
            StandingInstruction,
            (StandingInstruction.application_id == Application.id)
            & StandingInstruction.voided_at.is_(None)
            & StandingInstruction.carried_out_at.is_(None),
        )
        .where(
            Application.organisation_id.in_(sa.bindparam("ids", expanding=True)),
            Round.state != RoundState.CANCELLED,
        )
        .order_by(Round.submission_deadline)
    )


def on_deadline(one: Applied, missing: int, now: datetime) -> Note | None:
    """The loud banner of the last days, for what is written and not submitted."""
    left = one.round.submission_deadline - now
    if not one.is_unsubmitted or not is_accepting(one.round, now) or left > LAST_DAYS:
        return None
    if one.submits_itself and not missing:
        return None
    rest = f"{plural(missing, 'question')} still to answer. " if missing else ""
    stands = "Your earlier submission stands until you submit again. " if one.application.submitted_at else ""
    text = f"{rest}{stands}{one.round.title} closes on {uk_datetime(one.round.submission_deadline)}."
    changes = " changes" if one.application.submitted_at else ""
    return Note(text, f"Not submitted: your{changes or ' application'} ({_in_words(left)} left)", "warning")


def on_application(one: Applied, missing: int, now: datetime) -> list[Todo]:
    """The one thing to do with it now, if any."""
    ids = {"application_id": one.application.id}
    if one.notice_sent_at is not None:
        text = f"The councils’ decision on {one.round.title}, with your scores and the reasons."
        return [Todo("Read your decision notice", "decisions.notice", ids, text=text)]
    if one.application.state == ApplicationState.WITHDRAWN:
        return []
    if not is_accepting(one.round, now):
        return [_after_deadline(one, ids)]
    return _while_open(one, ids, missing)


def _while_open(one: Applied, ids: dict[str, uuid.UUID], missing: int) -> list[Todo]:
    if one.submits_itself:
        return [_submits_itself(one, ids)]
    if one.application.state == ApplicationState.DRAFT:
        return [_continue(one, ids, missing)]
    if one.application.state == ApplicationState.SUBMITTED:
        return [_changed(one, ids) if one.is_unsubmitted else _receipt(one, ids)]
    return []


def _continue(one: Applied, ids: dict[str, uuid.UUID], missing: int) -> Todo:
    complete = "Every question is answered. Check, declare and submit it."
    return Todo(
        f"Continue your application: {one.round.title}",
        "applications.show",
        ids,
        count=missing or None,
        text="Questions not answered yet." if missing else complete,
        due=one.round.submission_deadline,
        due_words="Closes",
        tone="warning" if missing else None,
    )


def _changed(one: Applied, ids: dict[str, uuid.UUID]) -> Todo:
    return Todo(
        f"Changed since you submitted: {one.round.title}",
        "applications.check",
        ids,
        text="Your last submission stands. Submit again if the changes should count.",
        due=one.round.submission_deadline,
        due_words="Closes",
        tone="warning",
    )


def _submits_itself(one: Applied, ids: dict[str, uuid.UUID]) -> Todo:
    return Todo(
        f"Submits itself at the deadline: {one.round.title}",
        "applications.submit",
        ids,
        text="As it stands now, if it is complete. Any change before then ends this.",
        due=one.round.submission_deadline,
        due_words="Submits",
        tone="good",
    )


def _receipt(one: Applied, ids: dict[str, uuid.UUID]) -> Todo:
    return Todo(
        f"Submitted: {one.round.title}",
        "applications.receipt",
        ids,
        text=f"Reference {one.application.reference}. You can change and submit it again until the deadline.",
        due=one.round.submission_deadline,
        due_words="Closes",
        tone="good",
    )


def _after_deadline(one: Applied, ids: dict[str, uuid.UUID]) -> Todo:
    if one.application.state == ApplicationState.DRAFT:
        if one.submits_itself:
            text = "The deadline has passed, and your instruction is being carried out."
            return Todo(f"Being submitted: {one.round.title}", "applications.show", ids, text=text)
        text = "The deadline has passed. You can still read what you wrote."
        return Todo(f"Not submitted: {one.round.title}", "applications.show", ids, text=text, tone="neutral")
    text = f"Reference {one.application.reference}. We email you when the decision is made."
    return Todo(
        f"With the councils: {one.round.title}", "applications.receipt", ids, text=text, tone="neutral"
    )


def _in_words(left: timedelta) -> str:
    if left >= timedelta(days=2):
        return plural(left.days, "day")
    if left >= timedelta(hours=2):
        return plural(int(left / timedelta(hours=1)), "hour")
    return plural(max(int(left / timedelta(minutes=1)), 1), "minute")
