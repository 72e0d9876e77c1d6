"""Conflict declarations, and the little that may be known of an applicant before declaring (rule 3)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

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
    """All that is shown before declaring: who applies, who owns it as Ofsted's register says, and who runs it.

    `people` are the answers in which the applicant names its directors and those registered with Ofsted.
    """

    application_id: uuid.UUID
    legal_name: str
    urn: str | None
    town: str
    owner: str | None
    has_conflict: bool | None
    nature: str | None
    people: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Named:
    """One such answer: whom it names."""

    role: str
    names: str


@dataclass(frozen=True)
class DeclaredConflict:
    """A conflict that somebody declared, for whoever runs the round."""

    person: str
    legal_name: str
    nature: str
    declared_at: datetime


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


@dataclass(frozen=True)
class DeclaredOn:
    """What an evaluator declared on one application, None for nothing yet, and whether that is all they have to.

    Where applicants are anonymous they declare on everybody before they read anything.
    """

    has_conflict: bool | None
    on_everybody: bool


def find_declared(application: Application, person: Person) -> DeclaredOn:
    """As `find_declaration`, and whether somebody of a round with anonymous applicants is left: one statement."""
    values = {"application_id": application.id, "person_id": person.id}
    statement = _declared()
    if application.round.applicants_anonymised:
        statement, values["round_id"] = _declared_on_everybody(), application.round_id
    return DeclaredOn(*session.execute(statement, values).one())


@cache
def _declared() -> sa.Select[bool, bool]:
    return sa.select(_own_declaration(), sa.true())


@cache
def _declared_on_everybody() -> sa.Select[bool, bool]:
    declared = sa.exists().where(
        ConflictDeclaration.application_id == Application.id,
        ConflictDeclaration.person_id == sa.bindparam("person_id"),
    )
    undeclared = sa.exists().where(
        Application.round_id == sa.bindparam("round_id"), Application.state.in_(STANDING), ~declared
    )
    return sa.select(_own_declaration(), ~undeclared)


def _own_declaration() -> sa.ScalarSelect[bool]:
    return (
        sa.select(ConflictDeclaration.has_conflict)
        .where(
            ConflictDeclaration.application_id == sa.bindparam("application_id"),
            ConflictDeclaration.person_id == sa.bindparam("person_id"),
        )
        .scalar_subquery()
    )


def list_conflicted(application: Application) -> set[uuid.UUID]:
    """Who declared a conflict with this application."""
    return set(
        session.scalars(
            sa.select(ConflictDeclaration.person_id).where(
                ConflictDeclaration.application_id == application.id, ConflictDeclaration.has_conflict
            )
        )
    )


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
    lines = [ApplicantLine(*row) for row in rows]
    people = _people_of([line.application_id for line in lines])
    return Page(
        [replace(line, people=tuple(people.get(line.application_id, ()))) for line in lines], page, total
    )


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


def find_declared_in(round_: Round, person: Person) -> DeclaredOn:
    """Whether this person declared on every application of the round that stands, and a conflict on any of them."""
    return DeclaredOn(*session.execute(_declared_in(), {"round_id": round_.id, "person_id": person.id}).one())


@cache
def _declared_in() -> sa.Select[Any]:
    return (
        sa.select(
            sa.func.coalesce(sa.func.bool_or(ConflictDeclaration.has_conflict), sa.false()),
            sa.func.coalesce(sa.func.bool_and(ConflictDeclaration.id.is_not(None)), sa.true()),
        )
        .select_from(Application)
        .outerjoin(
            ConflictDeclaration,
            sa.and_(
                ConflictDeclaration.application_id == Application.id,
                ConflictDeclaration.person_id == sa.bindparam("person_id"),
            ),
        )
        .where(Application.round_id == sa.bindparam("round_id"), Application.state.in_(STANDING))
    )


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


def list_conflicts(round_: Round) -> list[DeclaredConflict]:
    """Every conflict declared in the round, by applicant."""
    rows = session.execute(
        sa.select(
            Person.full_name,
            Organisation.legal_name,
            ConflictDeclaration.nature,
            ConflictDeclaration.declared_at,
        )
        .join(ConflictDeclaration.person)
        .join(Application, Application.id == ConflictDeclaration.application_id)
        .join(Application.organisation)
        .where(
            Application.round_id == round_.id,
            Application.state.in_(STANDING),
            ConflictDeclaration.has_conflict,
        )
        .order_by(Organisation.legal_name, Person.full_name)
    )
    return [DeclaredConflict(*row) for row in rows]


def _people_of(applications: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Named]]:
    """The names are taken out of the submissions by the database: nothing else of these is read (rule 3)."""
    rows = session.execute(
        sa.text(PEOPLE).bindparams(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid))), {"ids": list(applications)}
    )
    found: dict[uuid.UUID, list[Named]] = defaultdict(list)
    for application_id, asked, names in rows:
        role = next(label for phrase, label in ROLES.items() if phrase in asked.lower())
        found[application_id].append(Named(role, names))
    return found


# What a question about the organisation says when it asks for who runs it: as the database looks for it.
ROLES = {
    "director": "Directors",
    "registered manager": "Registered manager",
    "responsible individual": "Responsible individual",
}
PEOPLE = "SELECT application_id, asked, names FROM list_named_people(:ids)"


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
