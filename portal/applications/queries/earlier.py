"""An organisation's earlier applications, from whose answers a new one may start."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.applications.models import Answer, Application
from portal.core.db import session
from portal.frameworks.models import Question, Round


def list_earlier(person: Person, application: Application) -> Sequence[Application]:
    """The organisation's other applications that hold answers: those submitted first, then the newest round."""
    if not person.acts_for(application.organisation_id):
        return []
    return session.scalars(
        sa.select(Application)
        .join(Application.round)
        .where(
            Application.organisation_id == application.organisation_id,
            Application.id != application.id,
            sa.exists().where(Answer.application_id == Application.id),
        )
        .options(joinedload(Application.round))
        .order_by(Application.submitted_at.is_(None), Round.submission_deadline.desc(), Application.reference)
    ).all()


def has_earlier(person: Person, application: Application) -> bool:
    """Is there any?"""
    if not person.acts_for(application.organisation_id):
        return False
    ids = {"organisation_id": application.organisation_id, "application_id": application.id}
    return bool(session.execute(_any_earlier(), ids).scalar_one())


@cache
def _any_earlier() -> sa.Select[bool]:
    return sa.select(
        sa.exists().where(
            Application.organisation_id == sa.bindparam("organisation_id"),
            Application.id != sa.bindparam("application_id"),
            Answer.application_id == Application.id,
        )
    )


def pair_questions(asked: Iterable[Question], earlier: Iterable[Question]) -> Mapping[uuid.UUID, uuid.UUID]:
    """For each question asked now, the one of an earlier round that asks the same: its id by the new one's id.

    The same is a question of the same kind in the same words; of several, the one with the same number.
    """
    known: dict[tuple[str, str], list[Question]] = {}
    for question in earlier:
        known.setdefault(_identity(question), []).append(question)
    pairs = {}
    for question in asked:
        same = known.get(_identity(question), [])
        best = next((one for one in same if one.number == question.number), next(iter(same), None))
        if best is not None:
            pairs[question.id] = best.id
    return pairs


def _identity(question: Question) -> tuple[str, str]:
    words = " ".join(question.text.casefold().split())
    return question.kind.value, words.rstrip(" ?.:")
