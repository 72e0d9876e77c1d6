"""An evaluator's own scores: saved question by question, locked when the sheet is finished (rule 5)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.evaluations import policy
from portal.evaluations.models import EvaluationSheet, OrderChosen, Score
from portal.evaluations.scoring import HIGHEST_SCORE
from portal.evaluations.states import ScoringOrder

# What somebody else, or this person in another tab, may have changed since it was read: held, and read afresh.
MAY_CLOSE = ("finished_at", "voided_at", "version")
WRITTEN = ("value", "reason", "working_notes", "scored_at", "version")


def save_score(
    score: Score,
    *,
    value: int | None,
    reason: str,
    working_notes: str = "",
    by: Person,
    seen_version: int | None = None,
) -> Score:
    """Save an evaluator's own score with its reason, or a draft of the text without a score.

    Only the evaluator it is assigned to, with no conflict, until the sheet is finished. A score needs a
    reason (rule 5): `Invalid`. Raises `Stale` when it was changed in another tab.
    """
    # The sheet is held so that it cannot be finished while a score of it is being written.
    session.refresh(score.sheet, MAY_CLOSE, with_for_update={"read": True})
    session.refresh(score, WRITTEN, with_for_update=True)
    require(policy.can_score(by, score))
    check_version(score, seen_version)
    _acceptable(value, reason)
    score.value, score.reason, score.working_notes = value, reason.strip(), working_notes.strip()
    score.scored_at = clock.now() if value is not None else None
    session.flush()
    audit.record(
        "score.saved", score, by=by, details={"question_id": score.question_id, "scored": value is not None}
    )
    return score


def choose_order(follows: ScoringOrder, *, by: Person) -> None:
    """Keep in which order an evaluator goes on from score to score, until they choose the other."""
    require(policy.can_list_my_sheets(by))
    statement = insert(OrderChosen).values(person_id=by.id, follows=follows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id"], set_={"follows": follows}, where=OrderChosen.follows != follows
        )
    )


def finish_sheet(sheet: EvaluationSheet, *, by: Person) -> None:
    """Lock one's sheet once every assigned question is scored; else `Refused` with what is left."""
    lock(sheet)
    require(policy.can_finish(by, sheet))
    if sheet.finished_at is not None:
        raise Refused("You have already finished this sheet.")
    unscored = sa.select(sa.func.count()).where(Score.sheet_id == sheet.id, Score.value.is_(None))
    left = session.execute(unscored).scalar_one()
    if left:
        raise Refused(f"{left} {'question has' if left == 1 else 'questions have'} no score yet.")
    sheet.finished_at = clock.now()
    session.flush()
    audit.record("evaluation_sheet.finished", sheet, by=by, details={"application_id": sheet.application_id})


def _acceptable(value: int | None, reason: str) -> None:
    if value is None:
        return
    if not 0 <= value <= HIGHEST_SCORE:
        raise Invalid("Choose a score from 0 to 5.", field="value")
    if not reason.strip():
        raise Invalid("Give a reason for the score.", field="reason")
