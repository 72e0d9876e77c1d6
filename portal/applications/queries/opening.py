"""Reads of the record of opening, and of what goes into it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload, selectinload

from portal.applications.models import Application, OpeningRecord, Submission, SubmittedFile
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.models import Round
from portal.providers.models import Organisation


def has_opening_record(round_: Round) -> bool:
    """Is it written down how this round was opened?"""
    return bool(
        session.execute(sa.select(sa.exists().where(OpeningRecord.round_id == round_.id))).scalar_one()
    )


def get_opening_record(round_: Round) -> OpeningRecord:
    """How the round was opened, with its officers and lines. Raises `NotFound`."""
    found = (
        session.scalars(
            sa.select(OpeningRecord)
            .where(OpeningRecord.round_id == round_.id)
            .options(
                joinedload(OpeningRecord.asked_by),
                joinedload(OpeningRecord.confirmed_by),
                selectinload(OpeningRecord.lines),
            )
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        raise NotFound("This round has no record of opening.")
    return found


def list_for_record(round_: Round) -> list[dict[str, Any]]:
    """The standing submission of each application not withdrawn, as the lines of the record, by name."""
    files = (
        sa.select(sa.func.count(sa.distinct(SubmittedFile.document_id)))
        .where(SubmittedFile.submission_id == Submission.id)
        .correlate(Submission)
        .scalar_subquery()
    )
    latest = (
        sa.select(
            Application.id.label("application_id"),
            Submission.id.label("submission_id"),
            Application.reference,
            Organisation.legal_name,
            Organisation.urn,
            Organisation.town,
            Submission.number,
            Submission.submitted_at,
            files.label("files"),
            Submission.sha256,
        )
        .join(Application, Application.id == Submission.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.round_id == round_.id, Application.withdrawn_at.is_(None))
        .ext(distinct_on(Submission.application_id))
        .order_by(Submission.application_id, Submission.number.desc())
    )
    rows = session.execute(latest).mappings()
    return sorted((dict(row) for row in rows), key=lambda line: (line["legal_name"], line["reference"]))
