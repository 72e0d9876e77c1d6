"""Reads of an application's files: which questions take them, those that stand, and what they replaced."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts.models import Person
from portal.applications.models import (
    AccessRegister,
    Answer,
    Application,
    Evidence,
    Submission,
    SubmittedFile,
)
from portal.core import clock
from portal.core.db import session
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks.models import Question, Round, Section


def find_evidence(evidence_id: uuid.UUID) -> Evidence | None:
    """One attached file as it stands in the database, or None."""
    return session.scalars(
        sa.select(Evidence).where(Evidence.id == evidence_id).execution_options(populate_existing=True)
    ).one_or_none()


def list_files_of(application: Application, section: Section) -> Sequence[Evidence]:
    """The files that stand in a section, in the order of its questions."""
    return session.scalars(
        sa.select(Evidence)
        .join(Evidence.answer)
        .join(Answer.question)
        .where(
            Answer.application_id == application.id,
            Question.section_id == section.id,
            Evidence.replaced_by_id.is_(None),
        )
        .order_by(Question.position, Evidence.created_at, Evidence.id)
        .options(contains_eager(Evidence.answer))
    ).all()


def list_history(application: Application) -> dict[uuid.UUID, list[Evidence]]:
    """For each file that stands and replaced others: those, oldest first, by its evidence's id."""
    replaced = session.scalars(_replaced(), {"application_id": application.id}).all()
    successor = {one.id: one.replaced_by_id for one in replaced}
    history: dict[uuid.UUID, list[Evidence]] = {}
    for one in replaced:
        stands = one.replaced_by_id
        while stands in successor:
            stands = successor[stands]
        assert stands is not None
        history.setdefault(stands, []).append(one)
    return history


@cache
def _replaced() -> sa.Select[Evidence]:
    return (
        sa.select(Evidence)
        .join(Answer)
        .where(Answer.application_id == sa.bindparam("application_id"), Evidence.replaced_by_id.is_not(None))
        .order_by(Evidence.created_at, Evidence.id)
    )


def is_needed(document: Document) -> bool:
    """Is the file part of a submission or of any answer, and so kept?"""
    submitted = sa.exists().where(SubmittedFile.document_id == document.id)
    attached = sa.exists().where(Evidence.document_id == document.id)
    return bool(session.execute(sa.select(sa.or_(submitted, attached))).scalar_one())


def is_part_of_another(document: Document, application: Application) -> bool:
    """Does the file also belong to an application whose deadline has passed?"""
    closed = (
        sa.exists()
        .where(Evidence.document_id == document.id)
        .where(Answer.id == Evidence.answer_id, Application.id == Answer.application_id)
        .where(Application.id != application.id, Round.id == Application.round_id)
        .where(Round.submission_deadline < clock.now())
    )
    return bool(session.execute(sa.select(closed)).scalar_one())


def list_uses(document: Document) -> list[tuple[Application, uuid.UUID]]:
    """The applications that the file belongs to, in a draft or submitted, each with the question it answers."""
    attached = (
        sa.select(Answer.application_id, Answer.question_id)
        .join(Evidence, Evidence.answer_id == Answer.id)
        .where(Evidence.document_id == document.id)
    )
    submitted = (
        sa.select(Submission.application_id, SubmittedFile.question_id)
        .join(SubmittedFile, SubmittedFile.submission_id == Submission.id)
        .where(SubmittedFile.document_id == document.id)
    )
    question_of = {row[0]: row[1] for row in session.execute(attached.union(submitted))}
    found = session.scalars(
        sa.select(Application)
        .where(Application.id.in_(question_of))
        .options(joinedload(Application.round), joinedload(Application.organisation))
    )
    return [(application, question_of[application.id]) for application in found]


def list_infected(round_: Round) -> list[tuple[Application, Document]]:
    """Submitted files of an opened round in which the scanner found malware, each with its application."""
    found = session.execute(
        sa.select(Application, Document)
        .join(Submission, Submission.application_id == Application.id)
        .join(SubmittedFile, SubmittedFile.submission_id == Submission.id)
        .join(Document, Document.id == SubmittedFile.document_id)
        .where(Application.round_id == round_.id, Document.state == DocumentState.INFECTED)
        .options(joinedload(Application.round), joinedload(Application.organisation))
        .distinct()
    )
    return [(application, document) for application, document in found]


def has_read(application: Application, person: Person, what: str, *, since: datetime) -> bool:
    """Is it on record that the person read this since then?"""
    read = sa.exists().where(
        AccessRegister.application_id == application.id,
        AccessRegister.person_id == person.id,
        AccessRegister.what == what,
        AccessRegister.created_at >= since,
    )
    return bool(session.execute(sa.select(read)).scalar_one())
