"""Making scores void: they stay on record, count for nothing, and what was agreed on them is agreed again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused
from portal.evaluations import policy, queries
from portal.evaluations.models import ConsensusScore, EvaluationSheet
from portal.evaluations.services.discretion import refuse_name, refuse_score
from portal.evaluations.services.telling import tell_evaluator_replaced, tell_of_conflict


def replace_evaluator(sheet: EvaluationSheet, *, reason: str, by: Person) -> None:
    """Take an evaluator off an application, also one who has begun or finished: the scores become void.

    A commissioner with no conflict, until quality is locked. Scores agreed on the same questions are void too and
    agreed again. Raises `NotAllowed`, `Refused`, `Invalid` without a reason.
    """
    application = sheet.application
    lock(application.round)
    require(policy.can_replace(by, sheet))
    if not reason.strip():
        raise Invalid("Say why this evaluator is replaced.", field="reason")
    if application.round.quality_locked_at is not None:
        raise Refused("Quality is locked, so no evaluator can be replaced.")
    lock(sheet)
    if sheet.voided_at is not None:
        raise Refused("This evaluator has already been taken off this application.")
    refuse_score(reason, field="reason")
    refuse_name(reason, application, field="reason")
    void_sheet(sheet, reason=reason.strip(), by=by)
    tell_evaluator_replaced(sheet)


def void_for_conflict(application: Application, nature: str, *, by: Person) -> None:
    """What `by` scored or agreed on this application becomes void, because they declare a conflict with it.

    The caller holds the round. Once quality is locked the prices are open, so what was agreed stands, and people
    decide what follows; the sheet is void all the same, and everybody who runs the round is told.
    """
    sheets = session.scalars(
        sa.select(EvaluationSheet).where(
            EvaluationSheet.application_id == application.id,
            EvaluationSheet.evaluator_id == by.id,
            EvaluationSheet.voided_at.is_(None),
        )
    ).all()
    touched = 0
    for sheet in sheets:
        lock(sheet)
        touched += void_sheet(sheet, reason=nature, by=by)
    touched += _void_consensus(application, ConsensusScore.agreed_by_id == by.id, nature, by)
    if sheets or touched:
        tell_of_conflict(application, by)


def void_sheet(sheet: EvaluationSheet, *, reason: str, by: Person) -> int:
    """Make one sheet void, and what was agreed on its questions; returns how many agreed scores that were."""
    questions = _begun_questions(sheet)
    sheet.voided_at, sheet.voided_by_id, sheet.void_reason = clock.now(), by.id, reason
    session.flush()
    audit.record(
        "evaluation_sheet.voided",
        sheet,
        by=by,
        details={"application_id": sheet.application_id, "evaluator_id": sheet.evaluator_id},
    )
    rests_on_it = ConsensusScore.question_id.in_(questions)
    return _void_consensus(sheet.application, rests_on_it, reason, by)


def _begun_questions(sheet: EvaluationSheet) -> Collection[uuid.UUID]:
    return {
        one.question_id
        for one in queries.list_assignments(sheet.application.round)
        if one.sheet_id == sheet.id and one.is_begun
    }


def _void_consensus(application: Application, which: sa.ColumnElement[bool], reason: str, by: Person) -> int:
    if application.round.quality_locked_at is not None:
        return 0
    agreed: Sequence[ConsensusScore] = session.scalars(
        sa.select(ConsensusScore).where(
            ConsensusScore.application_id == application.id, ConsensusScore.voided_at.is_(None), which
        )
    ).all()
    for one in agreed:
        one.voided_at, one.voided_by_id, one.void_reason = clock.now(), by.id, reason
    session.flush()
    if agreed:
        audit.record(
            "application.consensus_reopened",
            application,
            by=by,
            details={"question_ids": [str(one.question_id) for one in agreed]},
        )
    return len(agreed)
