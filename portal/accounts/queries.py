"""Reads of people, their roles and the invitations sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, with_expression

from portal.accounts.models import AccountLink, Person, RoleGrant
from portal.accounts.states import LinkPurpose, Role
from portal.core.db import session
from portal.core.errors import NotFound
from portal.notifications.queries import unread_of

if TYPE_CHECKING:
    from portal.providers.models import Organisation

PAGE_LENGTH = 25

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list; `first` is the number of its first row, counted from 1."""

    rows: list[Row]
    number: int
    has_next: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_LENGTH + 1


@dataclass(frozen=True)
class Member:
    """Somebody as a colleague at one organisation; the roles they hold elsewhere are not its business."""

    organisation: Organisation
    person: Person

    @property
    def roles(self) -> list[Role]:
        return roles_at(self.person, self.organisation.id)


def find_active_person(person_id: UUID) -> Person | None:
    """The person with this id who may still sign in, with roles and unread notifications, in one query."""
    return session.execute(_active_person(), {"person_id": person_id}).unique().scalar_one_or_none()


def find_person_by_email(email: str) -> Person | None:
    """The person whose sign-in address this is, however it is capitalised."""
    statement = sa.select(Person).where(Person.email == tidy_email(email))
    return session.execute(statement).unique().scalar_one_or_none()


def tidy_email(email: str) -> str:
    """The one spelling of an address that is stored and compared."""
    return email.strip().lower()


def roles_at(person: Person, organisation_id: UUID) -> list[Role]:
    """The roles held at one organisation."""
    return [grant.role for grant in person.grants if grant.organisation_id == organisation_id]


def list_grants(person: Person) -> list[RoleGrant]:
    """A person's own roles with the organisations they are held at, in one query."""
    statement = (
        sa.select(RoleGrant)
        .where(RoleGrant.person_id == person.id)
        .options(joinedload(RoleGrant.organisation))
        .order_by(RoleGrant.created_at, RoleGrant.role)
    )
    return list(session.execute(statement).scalars())


def get_own_organisation(person: Person, organisation_id: UUID) -> Organisation:
    """An organisation this person acts for."""
    for grant in person.grants:
        if grant.organisation_id == organisation_id and grant.organisation is not None:
            return grant.organisation
    raise NotFound


def list_members(person: Person, organisation: Organisation, number: int = 1) -> Page[Member]:
    """Who acts for an organisation of this person's, by name."""
    get_own_organisation(person, organisation.id)
    acts_for = Person.grants.any(RoleGrant.organisation_id == organisation.id)
    found = _page(sa.select(Person).where(acts_for), number)
    return Page([Member(organisation, each) for each in found.rows], found.number, found.has_next)


def get_member(person: Person, organisation_id: UUID, person_id: UUID) -> Member:
    """One colleague at an organisation this person acts for."""
    organisation = get_own_organisation(person, organisation_id)
    colleague = session.get(Person, person_id)
    if colleague is None or not colleague.acts_for(organisation_id):
        raise NotFound
    return Member(organisation, colleague)


def list_invitations(person: Person, organisation: Organisation) -> list[AccountLink]:
    """Invitations to the organisation that nobody has accepted, newest first; expired ones too."""
    get_own_organisation(person, organisation.id)
    statement = (
        sa.select(AccountLink)
        .where(
            AccountLink.purpose == LinkPurpose.ACCEPT_INVITATION,
            AccountLink.organisation_id == organisation.id,
            AccountLink.used_at.is_(None),
        )
        .order_by(AccountLink.created_at.desc())
        .limit(PAGE_LENGTH * 4)
    )
    return list(session.execute(statement).scalars())


def get_invitation(person: Person, organisation_id: UUID, invitation_id: UUID) -> AccountLink:
    """An invitation to an organisation this person acts for."""
    get_own_organisation(person, organisation_id)
    invitation = session.get(AccountLink, invitation_id)
    if invitation is None or invitation.organisation_id != organisation_id:
        raise NotFound
    return invitation


def list_council_accounts(text: str = "", number: int = 1) -> Page[Person]:
    """Everybody with a role at either council whose name or address holds `text`, by name."""
    statement = sa.select(Person).where(Person.grants.any(RoleGrant.council.is_not(None)))
    if text.strip():
        holds = f"%{_escaped(text.strip())}%"
        statement = statement.where(Person.full_name.ilike(holds) | Person.email.ilike(holds))
    return _page(statement, number)


def get_council_account(person: Person, person_id: UUID) -> Person:
    """One council account, for system administrators."""
    account = session.get(Person, person_id)
    if account is None or not account.is_council or not person.holds(Role.SYSTEM_ADMINISTRATOR):
        raise NotFound
    return account


@cache
def _active_person() -> sa.Select[Person]:
    return (
        sa.select(Person)
        .where(Person.id == sa.bindparam("person_id"), ~Person.is_disabled)
        .options(with_expression(Person.unread, unread_of(Person.id)))
    )


def _page(statement: sa.Select[Person], number: int) -> Page[Person]:
    number = max(number, 1)
    statement = statement.order_by(Person.full_name, Person.id)
    statement = statement.offset((number - 1) * PAGE_LENGTH).limit(PAGE_LENGTH + 1)
    rows: list[Person] = list(session.execute(statement).unique().scalars())
    return Page(rows[:PAGE_LENGTH], number, len(rows) > PAGE_LENGTH)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
