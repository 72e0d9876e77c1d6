"""Reads of frameworks and rounds, and what follows from a round's dates and the clock."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.models import DeadlineExtension, Framework, Round
from portal.frameworks.states import RoundState

INSIDE = frozenset({RoundState.OPENED, RoundState.EVALUATING, RoundState.CONSENSUS, RoundState.RECOMMENDED})


@dataclass(frozen=True)
class RoundStatus:
    """What a round is at this instant, in words and a tone of `templates/components/status_tag.html`."""

    label: str
    tone: str


def is_accepting(round_: Round, now: datetime) -> bool:
    """Published, and the deadline has not passed."""
    return round_.state == RoundState.PUBLISHED and now <= round_.submission_deadline


def is_closed(round_: Round, now: datetime) -> bool:
    """Published, the deadline has passed, and two officers have not opened it yet."""
    return round_.state == RoundState.PUBLISHED and now > round_.submission_deadline


def takes_questions(round_: Round, now: datetime) -> bool:
    """Published, and the last day for clarification questions has not passed."""
    return round_.state == RoundState.PUBLISHED and now <= round_.clarification_deadline


def status_of(round_: Round, now: datetime) -> RoundStatus:
    """The state to show: "Accepting applications" and "Closed" follow from the clock (domain handbook §3)."""
    if is_accepting(round_, now):
        return RoundStatus("Accepting applications", "good")
    if is_closed(round_, now):
        return RoundStatus("Closed to applications", "warning")
    tones = {RoundState.DRAFT: "neutral", RoundState.CANCELLED: "bad", RoundState.CONCLUDED: "neutral"}
    return RoundStatus(round_.state.label, tones.get(round_.state, "info"))


def public_status_of(round_: Round, now: datetime) -> RoundStatus:
    """What the public and applicants are told: how far the councils are inside is theirs until notices are sent."""
    if round_.state in INSIDE or (round_.state == RoundState.DECIDED and round_.notices_sent_at is None):
        return RoundStatus("Being evaluated", "info")
    if round_.state == RoundState.STANDSTILL:
        return RoundStatus("Decided", "info")
    return status_of(round_, now)


@dataclass(frozen=True)
class Step:
    """A step of a round's progress: `state` is done, current or ahead; `when` a moment known or planned."""

    label: str
    state: str
    when: datetime | None


def list_steps(round_: Round, now: datetime) -> list[Step]:
    """The round's way from draft to conclusion, with the moments known. Empty for a cancelled one."""
    if round_.state == RoundState.CANCELLED:
        return []
    reached = _reached(round_, now)
    here = "done" if round_.state == RoundState.CONCLUDED else "current"
    return [
        Step(label, "done" if place < reached else here if place == reached else "ahead", when)
        for place, (label, when) in enumerate(_milestones(round_))
    ]


def _milestones(round_: Round) -> list[tuple[str, datetime | None]]:
    return [
        ("Draft", None),
        ("Accepting applications", round_.published_at),
        ("Closed", round_.submission_deadline),
        ("Opened", round_.opened_at),
        ("Evaluating", None),
        ("Consensus", round_.quality_locked_at),
        ("Recommended", None),
        ("Decided", None),
        ("Standstill", round_.standstill_ends_at),
        ("Concluded", None),
    ]


def _reached(round_: Round, now: datetime) -> int:
    place = list(RoundState).index(round_.state)
    after_deadline = place > 1 or is_closed(round_, now)
    return place + (1 if after_deadline else 0)


def list_frameworks() -> Sequence[Framework]:
    """All frameworks, newest first."""
    return session.scalars(sa.select(Framework).order_by(Framework.starts_on.desc())).all()


def get_framework(framework_id: uuid.UUID | None) -> Framework:
    """The framework, or the newest one when none is named. Raises `NotFound`."""
    found = session.get(Framework, framework_id) if framework_id else next(iter(list_frameworks()), None)
    if found is None:
        raise NotFound
    return found


def find_framework(reference: str) -> Framework | None:
    """The framework with this reference, or None."""
    return session.scalars(sa.select(Framework).where(Framework.reference == reference)).one_or_none()


def list_rounds(*, limit: int = 25, offset: int = 0) -> Sequence[Round]:
    """All rounds for the councils, newest first."""
    return session.scalars(_newest_first(sa.select(Round)).limit(limit).offset(offset)).all()


def count_rounds() -> int:
    """How many rounds there are, drafts too."""
    return session.execute(sa.select(sa.func.count()).select_from(Round)).scalar_one()


def list_published_rounds(*, limit: int = 25) -> Sequence[Round]:
    """Rounds that the public may know of, newest first; cancelled ones only if they had been published."""
    return session.scalars(_newest_first(sa.select(Round).where(_is_public())).limit(limit)).all()


def list_open_rounds() -> Sequence[Round]:
    """Rounds that accept applications at this instant, soonest deadline first."""
    return session.scalars(_open_rounds()).all()


@cache
def _open_rounds() -> sa.Select[Round]:
    return (
        sa.select(Round)
        .where(Round.state == RoundState.PUBLISHED, Round.submission_deadline >= sa.func.portal_now())
        .order_by(Round.submission_deadline)
    )


def get_round(person: Person | None, round_id: uuid.UUID) -> Round:
    """The round. Drafts, and what was cancelled before publication, exist for the councils alone."""
    found = session.get(Round, round_id)
    if found is None or not (_may_know_drafts(person) or found.published_at is not None):
        raise NotFound
    return found


def get_public_round(round_id: uuid.UUID) -> Round:
    """A published round, for whoever asks. Raises `NotFound` for drafts."""
    return get_round(None, round_id)


def list_extensions(round_: Round) -> Sequence[DeadlineExtension]:
    """Every extension of the round's deadline, oldest first."""
    return session.scalars(
        sa.select(DeadlineExtension)
        .where(DeadlineExtension.round_id == round_.id)
        .order_by(DeadlineExtension.created_at)
    ).all()


def count_submitted(round_: Round) -> int:
    """How many applications stand submitted: all that the councils may know before opening (rule 1)."""
    return int(session.execute(sa.select(sa.func.count_submitted(round_.id))).scalar_one())


def _newest_first(statement: sa.Select[Round]) -> sa.Select[Round]:
    return statement.order_by(Round.submission_deadline.desc(), Round.id)


def _is_public() -> sa.ColumnElement[bool]:
    return Round.published_at.is_not(None)


def _may_know_drafts(person: Person | None) -> bool:
    return person is not None and person.is_council
