"""Reads of amendments: what was corrected in a published round, and what that did to each question."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal.core.catalogue import kept
from portal.core.clock import LONDON
from portal.core.db import session
from portal.core.workdays import same_time_on, working_day_after
from portal.frameworks.models import WORDING, Amendment, AmendmentChange, Question, Round

# What applicants have at least, from the day a question is corrected to the deadline (illustrative).
WORKING_DAYS_LEFT = 5


@dataclass(frozen=True)
class QuestionChange:
    """The latest correction of a question. `before` and `after` hold its wording, `what` says it in words."""

    amended_at: datetime
    number: int
    summary: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def what(self) -> str:
        return what_changed(self.before, self.after)


def deadline_needed(round_: Round, now: datetime) -> datetime | None:
    """The deadline that an amendment published now needs with it, or None: the present one leaves time enough.

    Applicants have `WORKING_DAYS_LEFT` working days after the day of an amendment, to read it, change answers,
    sign again and submit.
    """
    day = working_day_after(now.astimezone(LONDON).date(), WORKING_DAYS_LEFT)
    if round_.submission_deadline.astimezone(LONDON).date() >= day:
        return None
    return same_time_on(day, round_.submission_deadline)


def is_reworded_since(question: Question, chosen: Any, moment: datetime) -> bool:
    """Was one of the choices an applicant made worded anew by an amendment since `moment`? Places never change."""
    values = chosen if isinstance(chosen, list) else [chosen]
    places = [question.choices.index(one) for one in values if one in question.choices]
    if not places:
        return False
    changes = session.scalars(
        sa.select(AmendmentChange)
        .join(AmendmentChange.amendment)
        .where(AmendmentChange.question_id == question.id, Amendment.published_at > moment)
    )
    return any(
        change.before["choices"][place] != change.after["choices"][place]
        for change in changes
        for place in places
        if place < len(change.before["choices"])
    )


def list_amendments(round_: Round) -> Sequence[Amendment]:
    """The round's amendments, newest first, each with its changes and their questions: two statements."""
    return session.scalars(
        sa.select(Amendment)
        .where(Amendment.round_id == round_.id)
        .order_by(Amendment.number.desc())
        .options(selectinload(Amendment.changes).options(joinedload(AmendmentChange.question)))
    ).all()


def changes_by_question(round_: Round) -> dict[uuid.UUID, QuestionChange]:
    """The latest correction of each corrected question of the round, by question id."""
    return _changes_by_question(round_.id)


@kept
def _changes_by_question(round_id: uuid.UUID) -> dict[uuid.UUID, QuestionChange]:
    found = session.scalars(
        sa.select(AmendmentChange)
        .join(AmendmentChange.amendment)
        .where(Amendment.round_id == round_id)
        .order_by(Amendment.number)
        .options(contains_eager(AmendmentChange.amendment))
    )
    return {change.question_id: _change(change) for change in found}


def _change(change: AmendmentChange) -> QuestionChange:
    amendment = change.amendment
    return QuestionChange(
        amendment.published_at, amendment.number, amendment.summary, change.before, change.after
    )


def wording_of(question: Question) -> dict[str, Any]:
    """What of the question an amendment may change, as `amendment_change` keeps it."""
    return {name: getattr(question, name) for name in WORDING}


def what_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The difference between two wordings as one sentence."""
    said = [words for name, words in CHANGED.items() if before[name] != after[name]]
    if before["word_limit"] != after["word_limit"]:
        limit = "lifted" if after["word_limit"] is None else f"raised to {after['word_limit']:,} words"
        said.append(f"the limit was {limit}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


CHANGED = {
    "text": "the question was reworded",
    "guidance": "its guidance was changed",
    "choices": "its choices were changed",
    "shown_when_value": "the choice it waits for was reworded",
}
