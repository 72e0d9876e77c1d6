"""Inviting colleagues of a provider, and accepting an invitation of either side."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from portal.accounts import passwords
from portal.accounts.models import AccountLink, Person, RoleGrant
from portal.accounts.policy import can_manage_members
from portal.accounts.queries import find_person_by_email, tidy_email
from portal.accounts.services import links
from portal.accounts.services.roles import grant_role
from portal.accounts.states import PROVIDER_ROLES, LinkPurpose, Role
from portal.core import audit, clock, once
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, NotAllowed, Refused, Throttled
from portal.core.links import link as address_of
from portal.notifications import services as notifications

MAIL = "accounts/invitation"
TOO_MANY = "This address has had several invitations in the last hour. Wait an hour, then try again."


def invite_colleague(
    organisation_id: UUID,
    email: str,
    roles: Collection[Role],
    by: Person,
    *,
    once_token: str | None = None,
) -> AccountLink:
    """Offer roles at an organisation to the holder of an address, who may or may not have an account.

    For its administrators. An open invitation of the same address is replaced. Raises `Invalid` on `email`
    or `roles`, `Throttled` when the address has had several invitations in the last hour.
    """
    require(can_manage_members(by, organisation_id))
    chosen = sorted(set(roles))
    if not chosen or not PROVIDER_ROLES.issuperset(chosen):
        raise Invalid("Choose at least one role.", field="roles")
    _check_not_member(email, organisation_id)
    _check_not_mailed_too_often(email)
    if once_token is not None:
        once.claim(once_token)
    _drop_open_invitations(email, organisation_id)
    link, secret = links.make_link(
        LinkPurpose.ACCEPT_INVITATION, email, roles=chosen, organisation_id=organisation_id, by=by
    )
    audit.record("invitation.sent", link, by=by, details={"organisation": organisation_id, "roles": chosen})
    mail_invitation(link, secret, by)
    return link


def resend_invitation(invitation: AccountLink, *, by: Person) -> None:
    """Mail the invitation again with a new link and its full time; the old link stops working."""
    lock(invitation)
    _require_open(invitation, by)
    _check_not_mailed_too_often(invitation.email)
    secret = links.renew(invitation)
    audit.record("invitation.sent_again", invitation, by=by)
    mail_invitation(invitation, secret, by)


def cancel_invitation(invitation: AccountLink, *, by: Person) -> None:
    """Take an invitation back: its link stops working and it leaves the list."""
    lock(invitation)
    _require_open(invitation, by)
    audit.record("invitation.cancelled", invitation, by=by)
    session.delete(invitation)
    session.flush()


def find_invitation(secret: str) -> AccountLink:
    """The invitation of this link, without accepting it. Raises `LinkSpent`."""
    return links.look_at(secret, LinkPurpose.ACCEPT_INVITATION)


def needs_account(invitation: AccountLink) -> bool:
    """Must the holder choose a name and password first? Not when the address has a confirmed account.

    An account whose address nobody proved may be a stranger's: the holder of the link takes it over.
    """
    person = find_person_by_email(invitation.email)
    return person is None or person.is_invited or person.email_confirmed_at is None


def accept_invitation(secret: str, full_name: str, password: str) -> Person:
    """Make an account from an invitation, which proves its address, and give it the roles on offer.

    Raises `Invalid` on `password`, `LinkSpent`, `NotAllowed` when the address has
    a confirmed account, which must be signed in to accept.
    """
    invitation = find_invitation(secret)
    if not needs_account(invitation):
        raise NotAllowed("You have an account already. Sign in, then follow the link again.")
    passwords.check_password(password, email=invitation.email, full_name=full_name)
    person = find_person_by_email(invitation.email) or Person(email=invitation.email)
    person.full_name = full_name.strip()
    person.password_hash = passwords.hash_password(password)
    person.email_confirmed_at = clock.now()
    person.auth_version = (person.auth_version or 0) + 1
    session.add(person)
    session.flush()
    _accept(invitation, person)
    return person


def accept_invitation_as(secret: str, *, by: Person) -> Person:
    """Take the roles on offer with the account one has. Raises `NotAllowed` for another's invitation."""
    invitation = find_invitation(secret)
    if by.email != invitation.email:
        raise NotAllowed("This invitation is for another address. Sign out, then follow the link again.")
    _accept(invitation, by)
    return by


def mail_invitation(invitation: AccountLink, secret: str, by: Person | None) -> None:
    """Send the link. Only the organisation, not the person who invites, decides what the mail says."""
    session.flush()
    session.refresh(invitation, ["organisation"])
    organisation = invitation.organisation
    council = invitation.council
    notifications.send(
        template=MAIL,
        to=invitation.email,
        context={
            "to_join": organisation.name if organisation else council.label if council else "",
            "roles": [role.label for role in invitation.offered_roles],
            "invited_by": by.full_name if by else None,
            "address": address_of("accounts.accept_invitation", secret=secret),
            "expires_at": invitation.expires_at,
        },
        is_secret=True,
    )


def _accept(invitation: AccountLink, person: Person) -> None:
    if person.is_disabled:
        raise Refused("This account has been closed.")
    links.use(invitation)
    # A council account has had its roles since it was made; they may have changed since the mail was sent.
    if invitation.organisation_id is not None:
        for role in invitation.offered_roles:
            grant_role(person, role, invitation.organisation_id)
    audit.record("invitation.accepted", invitation, by=person)
    session.flush()


def _require_open(invitation: AccountLink, by: Person) -> None:
    assert invitation.organisation_id is not None, "a colleague's invitation names the organisation"
    require(can_manage_members(by, invitation.organisation_id))
    if invitation.used_at is not None:
        raise Refused("This invitation has been accepted already.")


def _check_not_member(email: str, organisation_id: UUID) -> None:
    statement = (
        sa.select(RoleGrant.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(Person.email == tidy_email(email), RoleGrant.organisation_id == organisation_id)
        .limit(1)
    )
    if session.execute(statement).scalar_one_or_none() is not None:
        raise Invalid("This person is a colleague already. Change their roles instead.", field="email")


def _check_not_mailed_too_often(email: str) -> None:
    if links.was_mailed_enough(email, MAIL):
        raise Throttled(TOO_MANY)


def _drop_open_invitations(email: str, organisation_id: UUID) -> None:
    session.execute(
        sa.delete(AccountLink).where(
            AccountLink.purpose == LinkPurpose.ACCEPT_INVITATION,
            AccountLink.email == tidy_email(email),
            AccountLink.organisation_id == organisation_id,
            AccountLink.used_at.is_(None),
        )
    )
