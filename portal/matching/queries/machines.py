"""Reads of the enquiries that one provider was sent, as machines ask for them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.core.rest import Admission
from portal.matching.models import Enquiry
from portal.matching.states import EnquiryState


def get_keyed_enquiry(admission: Admission, enquiry_id: uuid.UUID) -> Enquiry:
    """An enquiry sent to the key's organisation; any other is not found (rule 9)."""
    found = session.scalars(
        sa.select(Enquiry)
        .options(joinedload(Enquiry.vacancy))
        .where(Enquiry.id == enquiry_id, Enquiry.organisation_id == admission.organisation_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_sent_to(
    organisation_id: uuid.UUID,
    *,
    after: tuple[datetime, uuid.UUID] | None,
    limit: int,
    state: EnquiryState | None = None,
) -> Sequence[Enquiry]:
    """Enquiries sent to the organisation, newest first, those after `after`. Lapsed is as the clock has it now."""
    statement = (
        sa.select(Enquiry)
        .options(joinedload(Enquiry.vacancy))
        .where(Enquiry.organisation_id == organisation_id)
        .order_by(Enquiry.sent_at.desc(), Enquiry.id.desc())
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(_is(state))
    if after is not None:
        statement = statement.where(sa.tuple_(Enquiry.sent_at, Enquiry.id) < sa.tuple_(*after))
    return session.scalars(statement).all()


def _is(state: EnquiryState) -> sa.ColumnElement[bool]:
    waits = sa.and_(Enquiry.state == EnquiryState.SENT, Enquiry.answer_by >= clock.now())
    if state == EnquiryState.SENT:
        return waits
    if state == EnquiryState.LAPSED:
        return sa.or_(Enquiry.state == state, sa.and_(Enquiry.state == EnquiryState.SENT, sa.not_(waits)))
    return Enquiry.state == state
