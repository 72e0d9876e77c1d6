"""Reads of what the councils asked applicants to clarify after opening."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.applications.models import Application, ClarificationRequest
from portal.applications.queries.reading import visible_to
from portal.core.db import session
from portal.core.errors import NotFound


def get_request(person: Person, request_id: uuid.UUID) -> ClarificationRequest:
    """One request with its application, for whoever may know of that. Raises `NotFound`."""
    found = session.scalars(
        sa.select(ClarificationRequest)
        .join(ClarificationRequest.application)
        .where(ClarificationRequest.id == request_id, visible_to(person))
        .options(
            joinedload(ClarificationRequest.application).joinedload(Application.round),
            joinedload(ClarificationRequest.application).joinedload(Application.organisation),
            joinedload(ClarificationRequest.about),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_requests(application: Application) -> Sequence[ClarificationRequest]:
    """Everything the councils asked about an application, newest first, with the answers.

    For commissioners, auditors and the applicant. Evaluators: `list_requests_about`.
    """
    return session.scalars(_of(application)).all()


def list_requests_about(
    application: Application, question_ids: Collection[uuid.UUID]
) -> Sequence[ClarificationRequest]:
    """What the councils asked about the answers to these questions, with what the applicant said, newest first.

    For an evaluator: give the questions assigned (rule 3). Shown by `applications/_clarified.html`.
    """
    return session.scalars(_of(application).where(ClarificationRequest.question_id.in_(question_ids))).all()


def _of(application: Application) -> sa.Select[ClarificationRequest]:
    return (
        sa.select(ClarificationRequest)
        .where(ClarificationRequest.application_id == application.id)
        .order_by(ClarificationRequest.created_at.desc(), ClarificationRequest.id)
        .options(joinedload(ClarificationRequest.about))
    )


def list_unanswered_requests(person: Person) -> Sequence[ClarificationRequest]:
    """What this person's organisations still have time to answer, the most pressing first."""
    return session.scalars(
        sa.select(ClarificationRequest)
        .join(ClarificationRequest.application)
        .where(
            Application.organisation_id.in_(person.organisation_ids),
            ClarificationRequest.answered_at.is_(None),
            ClarificationRequest.due_at >= sa.func.portal_now(),
        )
        .order_by(ClarificationRequest.due_at)
        .options(joinedload(ClarificationRequest.application).joinedload(Application.round))
    ).all()


def has_declared_no_conflict(application: Application) -> bool:
    """Whether whoever is acting declared on this application that they have no conflict (rule 3).

    Declarations belong to the evaluation, above this feature; the database answers for the person acting.
    """
    return application.id in list_free_of_conflict([application])


def list_free_of_conflict(applications: Sequence[Application]) -> set[uuid.UUID]:
    """On which of these whoever is acting declared that they have no conflict, by id: one statement."""
    ids = [application.id for application in applications]
    free = sa.select(Application.id).where(
        Application.id.in_(ids), sa.func.declared_no_conflict(Application.id)
    )
    return set(session.scalars(free))
