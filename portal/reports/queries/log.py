"""Reads of the audit log and of the register of reads, newest first, one page at a time.

Row-level security hides what is sealed: until a round is opened nothing identifies an applicant (rule 1).
Pages go by the last number shown, so that the hundredth costs no more than the first.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.models import AccessRegister, Application
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.frameworks.models import Round
from portal.providers.models import Organisation

PAGE = 50

# What commissioning leaves behind. People's accounts are the auditor's business, scores the evaluators'.
COMMISSIONING = (
    "agreement",
    "application",
    "framework",
    "organisation",
    "recommendation",
    "round",
    "submission",
)


@dataclass(frozen=True)
class EventLine:
    """One event and the name of whoever acted, None for the portal's own clock."""

    event: AuditEvent
    actor: str | None


def list_events(
    person: Person, *, verb: str | None = None, subject_id: uuid.UUID | None = None, before: int | None = None
) -> list[EventLine]:
    """Up to a page and one more of the events this person may read, those numbered below `before`."""
    statement = (
        sa.select(AuditEvent, Person.full_name)
        .outerjoin(Person, Person.id == AuditEvent.actor_id)
        .order_by(AuditEvent.sequence.desc())
        .limit(PAGE + 1)
    )
    for condition in _conditions(person, verb, subject_id, before):
        statement = statement.where(condition)
    return [EventLine(event, name) for event, name in session.execute(statement)]


def _conditions(
    person: Person, verb: str | None, subject_id: uuid.UUID | None, before: int | None
) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if not reads_everything(person):
        conditions.append(AuditEvent.subject_type.in_(COMMISSIONING))
    if verb:
        conditions.append(AuditEvent.verb == verb)
    if subject_id:
        conditions.append(AuditEvent.subject_id == subject_id)
    if before is not None:
        conditions.append(AuditEvent.sequence < before)
    return conditions


def reads_everything(person: Person) -> bool:
    """The auditor's view: every kind of event, with its details."""
    return person.holds(Role.AUDITOR)


def list_verbs(person: Person) -> list[str]:
    """The verbs this person may find: one look into the index for each, however long the log is."""
    first = sa.select(AuditEvent.verb).order_by(AuditEvent.verb).limit(1).cte("verbs", recursive=True)
    following = (
        sa.select(AuditEvent.verb)
        .where(AuditEvent.verb > first.c.verb)
        .order_by(AuditEvent.verb)
        .limit(1)
        .scalar_subquery()
    )
    verbs = first.union_all(sa.select(following).where(first.c.verb.is_not(None)))
    found = session.scalars(sa.select(verbs.c.verb).where(verbs.c.verb.is_not(None)))
    return [verb for verb in found if reads_everything(person) or verb.partition(".")[0] in COMMISSIONING]


def list_reads(*, before: uuid.UUID | None = None) -> list[Any]:
    """Up to a page and one more of the reads of applications; ids are in the order of time."""
    statement = (
        sa.select(
            AccessRegister.id,
            AccessRegister.created_at,
            AccessRegister.what,
            Person.full_name,
            Person.email,
            Application.reference,
            sa.func.coalesce(Organisation.trading_name, Organisation.legal_name).label("provider"),
            Round.title.label("round_title"),
        )
        .join(Person, Person.id == AccessRegister.person_id)
        .join(Application, Application.id == AccessRegister.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Round, Round.id == Application.round_id)
        .order_by(AccessRegister.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        statement = statement.where(AccessRegister.id < before)
    return list(session.execute(statement))
