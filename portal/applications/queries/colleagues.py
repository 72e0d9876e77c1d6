"""Reads of what an applicant's people say to one another about answers, and of who they are."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import Person, RoleGrant
from portal.applications.models import AnswerComment, Application
from portal.applications.queries.reading import WRITERS
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.models import Question


@dataclass(frozen=True)
class Comment:
    """A comment with the names of whoever wrote and whoever resolved it."""

    id: uuid.UUID
    question_id: uuid.UUID
    text: str
    author: str
    written_at: datetime
    resolved_at: datetime | None
    resolver: str | None


def list_comments(
    application: Application, questions: Collection[Question]
) -> dict[uuid.UUID, list[Comment]]:
    """The comments on these questions by question id, oldest first."""
    ids = {"application_id": application.id, "question_ids": [question.id for question in questions]}
    rows = session.execute(_comments(), ids)
    found: dict[uuid.UUID, list[Comment]] = {}
    for row in rows:
        found.setdefault(row.question_id, []).append(Comment(*row))
    return found


@cache
def _comments() -> sa.Select[uuid.UUID, uuid.UUID, str, str, datetime, datetime | None, str]:
    author, resolver = aliased(Person), aliased(Person)
    return (
        sa.select(
            AnswerComment.id,
            AnswerComment.question_id,
            AnswerComment.text,
            author.full_name,
            AnswerComment.created_at,
            AnswerComment.resolved_at,
            resolver.full_name,
        )
        .join(author, author.id == AnswerComment.author_id)
        .outerjoin(resolver, resolver.id == AnswerComment.resolved_by_id)
        .where(
            AnswerComment.application_id == sa.bindparam("application_id"),
            AnswerComment.question_id.in_(sa.bindparam("question_ids", expanding=True)),
        )
        .order_by(AnswerComment.created_at, AnswerComment.id)
    )


def count_open_comments(application: Application) -> Mapping[uuid.UUID, int]:
    """How many unresolved comments each section has, by section id."""
    rows = session.execute(_open_comments(), {"application_id": application.id})
    return {section_id: count for section_id, count in rows}  # noqa: C416 - for the type checker


@cache
def _open_comments() -> sa.Select[uuid.UUID, int]:
    return (
        sa.select(Question.section_id, sa.func.count())
        .join(AnswerComment, AnswerComment.question_id == Question.id)
        .where(
            AnswerComment.application_id == sa.bindparam("application_id"),
            AnswerComment.resolved_at.is_(None),
        )
        .group_by(Question.section_id)
    )


def get_comment(application: Application, comment_id: uuid.UUID) -> AnswerComment:
    """A comment on one of the application's answers. Raises `NotFound`."""
    found = session.scalars(
        sa.select(AnswerComment).where(
            AnswerComment.id == comment_id, AnswerComment.application_id == application.id
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_colleagues_at_work(application: Application) -> Sequence[Person]:
    """Who works on the application: its writers, and whoever acts for the applicant and has commented on it."""
    granted = sa.select(RoleGrant.person_id).where(
        RoleGrant.organisation_id == application.organisation_id,
        RoleGrant.role.in_(WRITERS)
        | RoleGrant.person_id.in_(
            sa.select(AnswerComment.author_id).where(AnswerComment.application_id == application.id)
        ),
    )
    return (
        session.scalars(
            sa.select(Person).where(Person.id.in_(granted), ~Person.is_disabled).order_by(Person.email)
        )
        .unique()
        .all()
    )


def list_names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The full names of these people, by id."""
    if not ids:
        return {}
    rows = session.execute(sa.select(Person.id, Person.full_name).where(Person.id.in_(ids)))
    return {person_id: name for person_id, name in rows}  # noqa: C416 - for the type checker
