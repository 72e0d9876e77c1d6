"""People with roles, made directly in the database."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from portal.accounts import passwords
from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Council, Role
from portal.core import clock
from tests.support.acting import save

PASSWORD = "seventeen green kites"

_numbers = count(1)
_hashes: dict[str, str] = {}


def person(
    *roles: Role,
    role: Role | None = None,
    organisation: Any = None,
    council: Council | None = None,
    email: str | None = None,
    full_name: str = "Ada Holloway",
    password: str | None = None,
    confirmed: bool = True,
    disabled: bool = False,
) -> Person:
    """A person; provider roles need `organisation` (a row or its id), council roles default to Kent.

    Without `password` nobody can sign in by the form (hashing is slow): use `client.sign_in(person)`.
    """
    made = Person(
        email=email or f"person{next(_numbers)}@example.org",
        full_name=full_name,
        password_hash=_hash(password) if password else None,
        email_confirmed_at=clock.now() if confirmed else None,
        is_disabled=disabled,
    )
    for held in (*((role,) if role else ()), *roles):
        made.grants.append(_grant(held, organisation, council))
    return save(made)


def grant(person: Person, role: Role, organisation: Any = None, council: Council | None = None) -> None:
    """One more role for a person."""
    person.grants.append(_grant(role, organisation, council))
    save(person)


def _grant(role: Role, organisation: Any, council: Council | None) -> RoleGrant:
    if role.is_provider_role:
        assert organisation is not None, f"{role} needs an organisation"
        organisation_id = organisation if isinstance(organisation, UUID) else organisation.id
        return RoleGrant(role=role, organisation_id=organisation_id)
    return RoleGrant(role=role, council=council or Council.KENT)


def _hash(password: str) -> str:
    if password not in _hashes:
        _hashes[password] = passwords.hash_password(password)
    return _hashes[password]
