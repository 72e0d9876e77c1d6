"""Links mailed to an address: single use, short-lived, and kept only as a hash of their secret.

Looking at a link's page does not use it, so a mail scanner that follows every address does no harm.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from portal.accounts.models import AccountLink, Person
from portal.accounts.queries import tidy_email
from portal.accounts.states import Council, LinkPurpose, Role
from portal.core import clock
from portal.core.db import lock, session
from portal.core.errors import NotFound
from portal.notifications import queries as mail

LASTS = {
    LinkPurpose.CONFIRM_EMAIL: timedelta(hours=24),
    LinkPurpose.RESET_PASSWORD: timedelta(hours=1),
    LinkPurpose.ACCEPT_INVITATION: timedelta(days=7),
}
MAIL_WINDOW = timedelta(hours=1)
MOST_MAILS_IN_WINDOW = 3
KEPT_AFTER_EXPIRY = timedelta(days=30)


class LinkSpent(NotFound):
    """The link does nothing any more."""

    status = 410

    def __init__(self) -> None:
        super().__init__("This link has been used already, has expired, or was replaced by a newer one.")


def make_link(
    purpose: LinkPurpose,
    email: str,
    *,
    person: Person | None = None,
    roles: Sequence[Role] = (),
    organisation_id: UUID | None = None,
    council: Council | None = None,
    by: Person | None = None,
) -> tuple[AccountLink, str]:
    """A link for this address and its secret, which is mailed and never stored."""
    secret, secret_hash = _new_secret()
    link = AccountLink(
        purpose=purpose,
        email=tidy_email(email),
        person_id=person.id if person else None,
        secret_hash=secret_hash,
        expires_at=clock.now() + LASTS[purpose],
        roles=[role.value for role in roles],
        organisation_id=organisation_id,
        council=council,
        invited_by_id=by.id if by else None,
    )
    session.add(link)
    session.flush()
    return link, secret


def renew(link: AccountLink) -> str:
    """A new secret for the same link, with its full time again. The old one stops working."""
    secret, link.secret_hash = _new_secret()
    link.expires_at = clock.now() + LASTS[link.purpose]
    return secret


def look_at(secret: str, purpose: LinkPurpose) -> AccountLink:
    """The link of this secret, unused and in time, without using it. Raises `LinkSpent`."""
    statement = sa.select(AccountLink).where(
        AccountLink.secret_hash == _hash(secret),
        AccountLink.purpose == purpose,
        AccountLink.used_at.is_(None),
        AccountLink.expires_at > clock.now(),
    )
    link = session.execute(statement).scalar_one_or_none()
    if link is None:
        raise LinkSpent
    return link


def use(link: AccountLink) -> None:
    """Use the link up. Of two that arrive together one wins, the other gets `LinkSpent`."""
    lock(link)
    if link.used_at is not None or link.expires_at <= clock.now():
        raise LinkSpent
    link.used_at = clock.now()


def end_others(person: Person, purpose: LinkPurpose) -> None:
    """No older link of this kind works for the person any more."""
    session.execute(
        sa.update(AccountLink)
        .where(
            AccountLink.person_id == person.id, AccountLink.purpose == purpose, AccountLink.used_at.is_(None)
        )
        .values(used_at=clock.now())
    )


def was_mailed_enough(email: str, *templates: str) -> bool:
    """Has this address had so many such mails lately that another would only be a nuisance?"""
    since = clock.now() - MAIL_WINDOW
    return mail.count_sent_since(since, to=tidy_email(email), templates=templates) >= MOST_MAILS_IN_WINDOW


def forget_old_links() -> None:
    """Links long expired serve nobody. Called by a job."""
    session.execute(sa.delete(AccountLink).where(AccountLink.expires_at < clock.now() - KEPT_AFTER_EXPIRY))


def _new_secret() -> tuple[str, bytes]:
    secret = secrets.token_urlsafe(32)
    return secret, _hash(secret)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
