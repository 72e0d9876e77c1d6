"""Council staff's accounts: made, closed and opened again by a system administrator."""

from __future__ import annotations

from collections.abc import Collection

from portal.accounts.models import Person
from portal.accounts.policy import is_system_administrator
from portal.accounts.queries import find_person_by_email, tidy_email
from portal.accounts.services import links
from portal.accounts.services.invitations import MAIL, TOO_MANY, mail_invitation
from portal.accounts.services.roles import grant_role, refuse_to_lose_last
from portal.accounts.states import COUNCIL_ROLES, Council, LinkPurpose, Role
from portal.core import audit, once
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, Throttled


def create_council_account(
    email: str,
    full_name: str,
    council: Council,
    roles: Collection[Role],
    by: Person | None,
    *,
    once_token: str | None = None,
) -> Person:
    """An account with council roles, mailed an invitation to choose a password.

    For system administrators; `by` None is the command that makes the first one. Raises `Invalid` on
    `email` or `roles`.
    """
    if by is not None:
        require(is_system_administrator(by))
    if not roles or not COUNCIL_ROLES.issuperset(roles):
        raise Invalid("Choose at least one role.", field="roles")
    if once_token is not None:
        once.claim(once_token)
    if find_person_by_email(email) is not None:
        raise Invalid("This address cannot be used: it has an account already.", field="email")
    person = Person(email=tidy_email(email), full_name=full_name.strip())
    session.add(person)
    session.flush()
    audit.record("council_account.created", person, by=by, details={"council": council})
    for role in sorted(set(roles)):
        grant_role(person, role, council=council, by=by)
    _invite(person, by)
    return person


def resend_council_invitation(person: Person, *, by: Person) -> None:
    """A fresh invitation for somebody who has not chosen a password yet; the old link stops working."""
    require(is_system_administrator(by))
    lock(person)
    if not person.is_invited or person.is_disabled:
        raise Refused("This person does not need an invitation.")
    if links.was_mailed_enough(person.email, MAIL):
        raise Throttled(TOO_MANY)
    links.end_others(person, LinkPurpose.ACCEPT_INVITATION)
    _invite(person, by)


def disable_account(person: Person, *, by: Person, seen_version: int | None = None) -> None:
    """Close a council account: the person is signed out everywhere and cannot sign in. Roles stay on record.

    Raises `Refused` for oneself, for the last system administrator and for a provider's account.
    """
    _lock_council_account(person, by, seen_version)
    if person.id == by.id:
        raise Refused("You cannot close your own account. Ask another system administrator.")
    refuse_to_lose_last(person, person.grants)
    person.is_disabled = True
    person.auth_version += 1
    audit.record("council_account.disabled", person, by=by)
    session.flush()


def enable_account(person: Person, *, by: Person, seen_version: int | None = None) -> None:
    """Open a closed council account again, with the roles it had."""
    _lock_council_account(person, by, seen_version)
    person.is_disabled = False
    audit.record("council_account.enabled", person, by=by)
    session.flush()


def _lock_council_account(person: Person, by: Person, seen_version: int | None) -> None:
    require(is_system_administrator(by))
    lock(person)
    check_version(person, seen_version)
    if person.organisation_ids:
        raise Refused("This is a provider's account. Its organisation manages it.")


def _invite(person: Person, by: Person | None) -> None:
    roles = [grant.role for grant in person.grants]
    link, secret = links.make_link(
        LinkPurpose.ACCEPT_INVITATION, person.email, person=person, roles=roles, council=person.council, by=by
    )
    audit.record("invitation.sent", link, by=by)
    mail_invitation(link, secret, by)
