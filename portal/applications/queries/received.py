"""What the councils read once a round is opened: applications received, their files, and who read what."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.applications.models import AccessRegister, Application, Submission, SubmittedFile
from portal.applications.queries.reading import visible_to
from portal.core.db import session
from portal.core.errors import NotFound
from portal.documents.models import Document
from portal.frameworks.models import Question, Round
from portal.providers.models import Organisation

Accesses = Sequence[sa.Row[AccessRegister, str, str, str]]


def list_received(
    person: Person, round_: Round, *, limit: int = 25, offset: int = 0
) -> Sequence[Application]:
    """Applications submitted in an opened round, by the applicant's name, with organisation loaded."""
    return session.scalars(
        sa.select(Application)
        .join(Application.organisation)
        .where(Application.round_id == round_.id, Application.submitted_at.is_not(None), visible_to(person))
        .options(joinedload(Application.organisation))
        .order_by(Organisation.legal_name, Application.reference)
        .limit(limit)
        .offset(offset)
    ).all()


def count_received(person: Person, round_: Round) -> int:
    """How many applications `list_received` has in all."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(Application)
        .where(Application.round_id == round_.id, Application.submitted_at.is_not(None), visible_to(person))
    ).scalar_one()


def list_standing_submissions(round_: Round) -> list[dict[str, str]]:
    """The latest submission of each application not withdrawn: ids and hashes for the record of opening."""
    latest = (
        sa.select(Submission.id, Submission.application_id, Submission.sha256)
        .join(Application, Application.id == Submission.application_id)
        .where(Application.round_id == round_.id, Application.withdrawn_at.is_(None))
        .ext(distinct_on(Submission.application_id))
        .order_by(Submission.application_id, Submission.number.desc())
    )
    return [
        {"submission": str(row.id), "application": str(row.application_id), "sha256": row.sha256}
        for row in session.execute(latest)
    ]


def find_submitted_answer(submission: Submission, question: Question) -> dict[str, Any] | None:
    """What a submission says to one question (its content's entry, with `answer` and `files`), or None."""
    return next(
        (
            asked
            for section in submission.content["sections"]
            for asked in section["questions"]
            if asked["id"] == str(question.id)
        ),
        None,
    )


def get_submitted_document(
    submission: Submission, document_id: uuid.UUID, *, questions: Sequence[uuid.UUID] | None = None
) -> Document:
    """A file of a submission; with `questions`, only one attached to one of them. Raises `NotFound`."""
    statement = (
        sa.select(Document)
        .join(SubmittedFile, SubmittedFile.document_id == Document.id)
        .where(SubmittedFile.submission_id == submission.id, Document.id == document_id)
    )
    if questions is not None:
        statement = statement.where(SubmittedFile.question_id.in_(questions))
    found = session.scalars(statement).first()
    if found is None:
        raise NotFound
    return found


def list_file_states(submission: Submission) -> dict[str, Document]:
    """A submission's documents by id (as text, as its content names them), to show what the scan found."""
    found = session.scalars(
        sa.select(Document)
        .join(SubmittedFile, SubmittedFile.document_id == Document.id)
        .where(SubmittedFile.submission_id == submission.id)
    )
    return {str(document.id): document for document in found}


def list_accesses(
    round_: Round, application: Application | None = None, *, limit: int | None = 50, offset: int = 0
) -> Accesses:
    """Who at the councils read what of this round's applications, or of one of them, newest first."""
    return session.execute(
        sa.select(AccessRegister, Person.full_name, Application.reference, Organisation.legal_name)
        .join(Application, Application.id == AccessRegister.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Person, Person.id == AccessRegister.person_id)
        .where(*_read_of(round_, application))
        .order_by(AccessRegister.created_at.desc(), AccessRegister.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()


def count_accesses(round_: Round, application: Application | None = None) -> int:
    """How many reads are on record for this round, or for one application of it."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(AccessRegister)
        .join(Application, Application.id == AccessRegister.application_id)
        .where(*_read_of(round_, application))
    ).scalar_one()


def _read_of(round_: Round, application: Application | None) -> list[sa.ColumnElement[bool]]:
    one = [Application.id == application.id] if application is not None else []
    return [Application.round_id == round_.id, *one]
