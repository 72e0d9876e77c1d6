"""Finished sheets of a round for whoever may unlock one, and why one was unlocked: never what is scored on them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import session
from portal.evaluations.models import EvaluationSheet, SheetUnlocking
from portal.evaluations.queries.applications import PAGE, Page, active_sheet
from portal.frameworks.models import Round
from portal.providers.models import Organisation


def list_finished_sheets(round_: Round, page: int = 1) -> Page:
    """Finished sheets that count, by applicant and evaluator, with both: two statements for any number."""
    chosen = (Application.round_id == round_.id, EvaluationSheet.finished_at.is_not(None), active_sheet())
    total = session.execute(
        sa.select(sa.func.count()).select_from(EvaluationSheet).join(Application).where(*chosen)
    ).scalar_one()
    sheets = session.scalars(
        sa.select(EvaluationSheet)
        .join(EvaluationSheet.application)
        .join(Application.organisation)
        .join(Person, Person.id == EvaluationSheet.evaluator_id)
        .where(*chosen)
        .order_by(Organisation.legal_name, Person.full_name, EvaluationSheet.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .options(
            contains_eager(EvaluationSheet.application).contains_eager(Application.organisation),
            joinedload(EvaluationSheet.evaluator, innerjoin=True),
        )
    ).unique()
    return Page(sheets.all(), page, total)


def find_unlocking(sheet: EvaluationSheet) -> SheetUnlocking | None:
    """The last time this sheet was unlocked, with who did it, or None."""
    return session.scalars(
        sa.select(SheetUnlocking)
        .where(SheetUnlocking.sheet_id == sheet.id)
        .order_by(SheetUnlocking.created_at.desc(), SheetUnlocking.id.desc())
        .limit(1)
        .options(joinedload(SheetUnlocking.unlocked_by, innerjoin=True))
    ).first()
