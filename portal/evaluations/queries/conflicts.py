"""Conflict declarations, and the little that may be known of an applicant before declaring (rule 3)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.core.db import session
from portal.evaluations.models import ConflictDeclaration
from portal.evaluations.queries.applications import PAGE, STANDING, Page
from portal.frameworks.models import Round
from portal.providers.models import OfstedAgency, Organisation

READERS = (Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER)


@dataclass(frozen=True)
class ApplicantLine:
    """All that is shown before declaring: who applies and who owns it, as Ofsted's register says."""

    application_id: uuid.UUID
    legal_name: str
    urn: str | None
    town: str
    owner: str | None
    has_conflict: bool | None
    nature: str | None


@dataclass(frozen=True)
class Declared:
    """How far one person has got with declaring."""

    person: Person
    declared: int
    conflicts: int


def find_declaration(application_id: uuid.UUID, person_id: uuid.UUID) -> ConflictDeclaration | None:
    """What this person declared on this application, if anything."""
    return session.scalars(
        sa.select(ConflictDeclaration).where(
            ConflictDeclaration.application_id == application_id, ConflictDeclaration.person_id == person_id
        )
    ).one_or_none()


def list_applicants(person: Person, round_: Round, page: int = 1) -> Page:
    """The round's applicants with this person's declarations, undeclared ones first."""
    statement = _applicants(person).where(Application.round_id == round_.id, Application.state.in_(STANDING))
    total = session.execute(
        sa.select(sa.func.count()).where(Application.round_id == round_.id, Application.state.in_(STANDING))
    ).scalar_one()
    rows = session.execute(
        statement.order_by(
            ConflictDeclaration.has_conflict.is_not(None), Organisation.legal_name, Application.id
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return Page([ApplicantLine(*row) for row in rows], page, total)


def applicant_facts(person: Person, application: Application) -> ApplicantLine:
    """One applicant, as the declaration page shows it."""
    return ApplicantLine(*session.execute(_applicants(person).where(Application.id == application.id)).one())


def count_undeclared(person: Person, rounds: Iterable[uuid.UUID]) -> int:
    """On how many applications of these rounds this person has not declared yet."""
    declared = sa.exists().where(
        ConflictDeclaration.application_id == Application.id, ConflictDeclaration.person_id == person.id
    )
    return session.execute(
        sa.select(sa.func.count()).where(
            Application.round_id.in_(list(rounds)), Application.state.in_(STANDING), ~declared
        )
    ).scalar_one()


def has_any_conflict(person: Person, round_: Round) -> bool:
    """Whether this person declared a conflict on any application of the round that still stands."""
    return session.execute(
        sa.select(
            sa.exists().where(
                ConflictDeclaration.person_id == person.id,
                ConflictDeclaration.has_conflict,
                ConflictDeclaration.application_id == Application.id,
                Application.round_id == round_.id,
                Application.state.in_(STANDING),
            )
        )
    ).scalar_one()


def list_declared(round_: Round) -> Sequence[Declared]:
    """Everybody who will read in this round, with how many applications they have declared on."""
    counted = (
        sa.select(
            ConflictDeclaration.person_id,
            sa.func.count().label("declared"),
            sa.func.count().filter(ConflictDeclaration.has_conflict).label("conflicts"),
        )
        .join(Application, Application.id == ConflictDeclaration.application_id)
        .where(Application.round_id == round_.id, Application.state.in_(STANDING))
        .group_by(ConflictDeclaration.person_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Person, sa.func.coalesce(counted.c.declared, 0), sa.func.coalesce(counted.c.conflicts, 0))
        .outerjoin(counted, counted.c.person_id == Person.id)
        .where(
            ~Person.is_disabled,
            sa.exists().where(RoleGrant.person_id == Person.id, RoleGrant.role.in_(READERS)),
        )
        .order_by(Person.full_name, Person.id)
        .options(joinedload(Person.grants))
    ).unique()
    return [Declared(*row) for row in rows]


def _applicants(person: Person) -> sa.Select[uuid.UUID, str, str | None, str, str, bool, str]:
    return (
        sa.select(
            Application.id,
            Organisation.legal_name,
            Organisation.urn,
            Organisation.town,
            OfstedAgency.owner,
            ConflictDeclaration.has_conflict,
            ConflictDeclaration.nature,
        )
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(OfstedAgency, OfstedAgency.urn == Organisation.urn)
        .outerjoin(
            ConflictDeclaration,
            sa.and_(
                ConflictDeclaration.application_id == Application.id,
                ConflictDeclaration.person_id == person.id,
            ),
        )
    )
