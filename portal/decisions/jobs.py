"""Typesetting the letters of notices that were sent."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from portal.applications.models import Application
from portal.core.db import transaction
from portal.core.jobs import job
from portal.decisions import services
from portal.decisions.models import DecisionLetter, DecisionNotice


@job("decisions.typeset_letters")
def typeset_letters(round_id: str) -> None:
    """Typeset every letter of a round that is not made yet, each in a transaction of its own."""
    with transaction() as session:
        waiting = session.scalars(
            sa.select(DecisionNotice.id)
            .join(Application, Application.id == DecisionNotice.application_id)
            .outerjoin(DecisionLetter, DecisionLetter.notice_id == DecisionNotice.id)
            .where(Application.round_id == UUID(round_id), DecisionLetter.notice_id.is_(None))
            .order_by(Application.reference)
        ).all()
    for notice_id in waiting:
        with transaction() as session:
            services.typeset_letter(session.get_one(DecisionNotice, notice_id))
