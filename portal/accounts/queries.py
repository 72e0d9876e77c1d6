"""Reads of people, their roles and the invitations sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import AccountLink, Person, RoleGrant
from portal.accounts.states import LinkPurpose, Role
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound


def find_active_person(person_id: UUID) -> Person | None:
    """The person with this id who may still sign in, roles included, in one query."""
    statement = sa.select(Person).where(Person.id == person_id, ~Person.is_disabled)
    return session.execute(statement).unique().scalar_one_or_none()


def find_person_by_email(email: str) -> Person | None:
    """The person whose sign-in address this is, however it is capitalised."""
    return session.execute(sa.select(Person).where(Person.email == tidy_email(email))).unique().scalar_one_or_none()


def tidy_email(email: str) -> str:
    """The one spelling of an address that is stored and compared."""
    return email.strip().lower()
