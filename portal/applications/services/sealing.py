"""Making a submission out of a working copy: content, manifest, prices and files as rows that never change."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import (
    Application,
    StandingInstruction,
    Submission,
    SubmittedFile,
    SubmittedPrice,
)
from portal.applications.services import manifest
from portal.applications.services.receipts import to_the_second
from portal.applications.services.snapshot import compose_content
from portal.applications.services.telling import tell_writers
from portal.applications.workflow import APPLICATION
from portal.core import audit
from portal.core.db import Base, session
from portal.core.links import link
from portal.core.transitions import apply


def record_submission(
    application: Application,
    *,
    by: Person | StandingInstruction,
    at: datetime,
    seen_version: int | None = None,
) -> Submission:
    """Carry out the transition, seal the content and send the receipts: for a person, or for an instruction.

    The caller holds the locks on round and application. Raises `Refused` for gaps or a missing declaration,
    `Stale`.
    """
    person, instruction = (by, None) if isinstance(by, Person) else (None, by)
    earlier = queries.latest_submission(application)
    progress = queries.get_progress(application)
    facts = {"gaps": len(progress.gaps)}
    apply(APPLICATION, "submit", application, by=person, seen_version=seen_version, facts=facts)
    application.submitted_at = at
    session.flush()
    submission = seal(
        application,
        progress,
        number=(earlier.number if earlier else 0) + 1,
        received_at=at,
        submitted_by_id=by.id if isinstance(by, Person) else by.given_by_id,
        instructed_at=instruction.given_at if instruction is not None else None,
    )
    audit.record(
        "application.submission_sealed",
        application,
        by=person,
        details={"submission": submission.id, "number": submission.number, "sha256": submission.sha256},
        sealed_round_id=application.round_id,
    )
    _send_receipts(application, submission)
    return submission


def seal(
    application: Application,
    progress: queries.Progress,
    *,
    number: int,
    received_at: datetime,
    submitted_by_id: uuid.UUID,
    instructed_at: datetime | None = None,
) -> Submission:
    """Keep the working copy as submission `number`. The caller holds the locks and has checked everything."""
    content, fees = compose_content(application, progress), progress.schedule.fees
    head = manifest.head_of(number=number, received_at=received_at, instructed_at=instructed_at)
    parts = manifest.make_parts(content, head, fees)
    submission = Submission(
        id=uuid.uuid4(),
        application_id=application.id,
        number=number,
        submitted_at=received_at,
        submitted_by_id=submitted_by_id,
        declared_name=application.declared_name,
        declared_position=application.declared_position,
        content=content,
        manifest=manifest.manifest_of(parts),
        sha256=manifest.hash_of(parts),
        instructed_at=instructed_at,
    )
    session.add(submission)
    session.flush()
    _add(SubmittedPrice, _prices(submission, fees, manifest.price_salts(parts, fees)))
    _add(SubmittedFile, _files(submission))
    return submission


def _add(table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """In one statement: the database checks once for each what may join a submission."""
    if rows:
        session.execute(sa.insert(table).values(rows))


def _prices(
    submission: Submission, fees: Mapping[int, Decimal | None], salts: Mapping[int, str]
) -> list[dict[str, Any]]:
    return [
        {
            "submission_id": submission.id,
            "cell_id": cell_id,
            "weekly_fee": fee,
            "not_offered": fee is None,
            "salt": salts[cell_id],
        }
        for cell_id, fee in fees.items()
    ]


def _files(submission: Submission) -> list[dict[str, Any]]:
    return [
        {
            "submission_id": submission.id,
            "document_id": uuid.UUID(file["id"]),
            "question_id": uuid.UUID(question["id"]),
        }
        for section in submission.content["sections"]
        for question in section["questions"]
        for file in question["files"]
    ]


def _send_receipts(application: Application, submission: Submission) -> None:
    receipt = f"/applications/{application.id}/receipt/{submission.number}"
    tell_writers(
        application,
        template="applications/submitted",
        context={
            "received": to_the_second(submission.submitted_at),
            "declared": f"{submission.declared_name}, {submission.declared_position}",
            "by_itself": submission.instructed_at is not None,
            "sha256": submission.sha256,
            "number": submission.number,
            "link": link("applications.receipt", application_id=application.id),
            "verify": link("applications.verify_receipt"),
        },
        path=receipt,
        cause_id=submission.id,
    )
