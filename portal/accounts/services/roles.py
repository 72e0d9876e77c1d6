"""Giving and taking roles. A provider's people never hold a council role, and the reverse (handbook §2)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Person, RoleGrant
from portal.accounts.policy import can_manage_members, is_system_administrator
from portal.accounts.states import Council, Role
from portal.core import audit
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused


def grant_role(
    person: Person,
    role: Role,
    organisation_id: UUID | None = None,
    council: Council | None = None,
    by: Person | None = None,
) -> RoleGrant:
    """Give a role at an organisation or a council; a role held already is left as it is.

    Provider roles are given by an administrator of the organisation (the first one by whoever registers
    it), council roles by a system administrator; `by` None is a command, a job or an accepted invitation.
    Raises `Invalid` for a role of the wrong side, `Refused` for a person of the other side, `NotAllowed`.
    """
    _check_side(role, organisation_id, council)
    lock(person)
    _require_may_give(person, organisation_id, by)
    held = _find_grant(person, role, organisation_id, council)
    if held is not None:
        return held
    _check_person_fits(person, council)
    grant = RoleGrant(
        role=role, organisation_id=organisation_id, council=council, granted_by_id=by.id if by else None
    )
    person.grants.append(grant)
    session.flush()
    audit.record("role.granted", person, by=by, details=_details(grant))
    return grant


def revoke_role(
    person: Person,
    role: Role,
    organisation_id: UUID | None = None,
    council: Council | None = None,
    by: Person | None = None,
) -> None:
    """Take a role away; a role not held is no error. Same people as for giving.

    Raises `Refused` when it would leave an organisation, or the portal, without an administrator.
    """
    lock(person)
    _require_may_give(person, organisation_id, by)
    grant = _find_grant(person, role, organisation_id, council)
    if grant is None:
        return
    refuse_to_lose_last(person, [grant])
    person.grants.remove(grant)
    session.delete(grant)
    session.flush()
    audit.record("role.revoked", person, by=by, details=_details(grant))


def change_roles(
    person: Person,
    roles: Collection[Role],
    *,
    organisation_id: UUID | None = None,
    council: Council | None = None,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Make these the person's roles at the organisation or the council: none removes the person from it."""
    if council is not None and not roles:
        raise Invalid("Choose at least one role, or close the account.", field="roles")
    lock(person)
    check_version(person, seen_version)
    here = [g for g in person.grants if (g.organisation_id, g.council) == (organisation_id, council)]
    # Before anything is written: the page that shows the refusal commits.
    refuse_to_lose_last(person, [grant for grant in here if grant.role not in roles])
    held = {grant.role for grant in here}
    for role in sorted(set(roles) - held):
        grant_role(person, role, organisation_id, council, by)
    for role in sorted(held - set(roles)):
        revoke_role(person, role, organisation_id, council, by)
    # Grants are rows of their own; the person's version tells another open form that they changed.
    flag_modified(person, "full_name")
    session.flush()


def refuse_to_lose_last(person: Person, going: Collection[RoleGrant]) -> None:
    """Raise `Refused` if without these grants of `person` no active administrator would be left."""
    for grant in going:
        if grant.role in ADMINISTRATORS and not _others_like(person, grant):
            raise Refused(ADMINISTRATORS[grant.role])


ADMINISTRATORS = {
    Role.PROVIDER_ADMINISTRATOR: "An organisation keeps at least one administrator: make a colleague one.",
    Role.SYSTEM_ADMINISTRATOR: "The portal keeps at least one system administrator: make a colleague one.",
}


def _others_like(person: Person, grant: RoleGrant) -> bool:
    """Locks the rivals' grants, so that two administrators cannot remove each other at once."""
    statement = (
        sa.select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == grant.role, ~Person.is_disabled)
        .where(RoleGrant.organisation_id.is_not_distinct_from(grant.organisation_id))
        .order_by(RoleGrant.id)
        .with_for_update(of=RoleGrant)
    )
    return any(holder != person.id for holder in session.execute(statement).scalars())


def _check_side(role: Role, organisation_id: UUID | None, council: Council | None) -> None:
    fits = (
        (organisation_id is not None and council is None)
        if role.is_provider_role
        else (organisation_id is None and council is not None)
    )
    if not fits:
        side = "providers" if role.is_provider_role else "councils"
        raise Invalid(f"The role of {role.label.lower()} is for {side}.")


def _check_person_fits(person: Person, council: Council | None) -> None:
    if council is None and person.is_council:
        raise Refused("Council staff cannot act for a provider.")
    if council is not None and person.organisation_ids:
        raise Refused("Somebody who acts for a provider cannot hold a council role.")
    if council is not None and person.council not in (None, council):
        raise Refused("A person works for one council only.")


def _require_may_give(person: Person, organisation_id: UUID | None, by: Person | None) -> None:
    if by is None or (organisation_id is not None and _founds(person, organisation_id, by)):
        return
    if organisation_id is not None:
        require(can_manage_members(by, organisation_id))
    else:
        require(is_system_administrator(by))


def _founds(person: Person, organisation_id: UUID, by: Person) -> bool:
    """Is this the person who registers the organisation, which nobody acts for yet?"""
    if person.id != by.id:
        return False
    statement = sa.select(sa.exists().where(RoleGrant.organisation_id == organisation_id))
    return not session.execute(statement).scalar_one()


def _find_grant(
    person: Person, role: Role, organisation_id: UUID | None, council: Council | None
) -> RoleGrant | None:
    wanted = (role, organisation_id, council)
    return next((g for g in person.grants if (g.role, g.organisation_id, g.council) == wanted), None)


def _details(grant: RoleGrant) -> dict[str, object]:
    return {"role": grant.role, "organisation": grant.organisation_id, "council": grant.council}
