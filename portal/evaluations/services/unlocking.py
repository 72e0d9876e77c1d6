"""Unlocking a finished sheet before consensus opens, with a reason its evaluator reads."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.core import audit
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused
from portal.evaluations import policy
from portal.evaluations.models import EvaluationSheet, SheetUnlocking
from portal.evaluations.services.discretion import refuse_name, refuse_score
from portal.evaluations.services.telling import tell_sheet_unlocked


def unlock_sheet(sheet: EvaluationSheet, *, reason: str, by: Person) -> SheetUnlocking:
    """Let an evaluator change finished scores again: the finish is undone, and the reason stays on record.

    A commissioner with no conflict, not on their own sheet, until consensus opens: after that an evaluator's own
    scores are never altered (rule 5). Raises `NotAllowed`, `Refused`, `Invalid` without a reason
    or for one that gives a score or a hidden name away.
    """
    lock(sheet.application.round)
    lock(sheet)
    require(policy.can_unlock(by, sheet))
    if sheet.finished_at is None:
        raise Refused("This sheet is not finished, so there is nothing to unlock.")
    if not reason.strip():
        raise Invalid("Say why this sheet is unlocked.", field="reason")
    refuse_score(reason, field="reason")
    refuse_name(reason, sheet.application, field="reason")
    unlocking = SheetUnlocking(
        sheet_id=sheet.id, finished_at=sheet.finished_at, reason=reason.strip(), unlocked_by_id=by.id
    )
    session.add(unlocking)
    session.flush()
    sheet.finished_at = None
    session.flush()
    details = {"application_id": sheet.application_id, "evaluator_id": sheet.evaluator_id}
    audit.record("evaluation_sheet.unlocked", sheet, by=by, details=details)
    tell_sheet_unlocked(sheet, unlocking)
    return unlocking
