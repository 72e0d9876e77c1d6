"""Registering oneself, and proving that the address is one's own."""

from __future__ import annotations

from portal.accounts import passwords
from portal.accounts.models import AccountLink, Person
from portal.accounts.queries import find_person_by_email, tidy_email
from portal.accounts.services import links
from portal.accounts.services.sign_in import count_mail_request
from portal.accounts.states import LinkPurpose
from portal.core import audit, clock, once
from portal.core.db import lock, session
from portal.core.errors import NotAllowed, Refused, Throttled, on_constraint
from portal.core.links import link as address_of
from portal.notifications import services as notifications

on_constraint("uq_person_email", "This address has just been registered. Sign in, or ask for a new password.")


def register_person(
    full_name: str, email: str, password: str, source: str = "", *, once_token: str | None = None
) -> Person | None:
    """A new account, mailed a link that proves its address; None when the address has an account already.

    The page answers the same either way, and both ways cost a hash and a mail: only the mailbox tells.
    Raises `Invalid` on `password`, `Throttled` when one source asks for too many addresses, or `AlreadyDone`.
    """
    passwords.check_password(password, email=email, full_name=full_name)
    count_mail_request("register", email, source)
    if once_token is not None:
        once.claim(once_token)
    kept = passwords.hash_password(password)
    if find_person_by_email(email) is not None:
        _tell_registered_already(email)
        return None
    person = Person(email=tidy_email(email), full_name=full_name.strip(), password_hash=kept)
    session.add(person)
    session.flush()
    audit.record("person.registered", person, by=person)
    _send_confirmation(person)
    return person


def resend_confirmation(*, by: Person) -> None:
    """Mail a fresh link; older ones stop working. Raises `Throttled` after a few in an hour."""
    if by.email_confirmed_at is not None:
        raise Refused("Your email address is confirmed already.")
    if links.was_mailed_enough(by.email, "accounts/confirm_email"):
        raise Throttled("We have sent you several emails in the last hour. Look in your spam folder too.")
    links.end_others(by, LinkPurpose.CONFIRM_EMAIL)
    _send_confirmation(by)


def find_confirmation(secret: str) -> AccountLink:
    """The link that proves an address, without using it. Raises `LinkSpent`."""
    return links.look_at(secret, LinkPurpose.CONFIRM_EMAIL)


def confirm_email(secret: str, *, by: Person) -> Person:
    """The address is this person's own: they hold both the link and the password.

    Asking for both keeps somebody who registered another's address from having it confirmed by them.
    Raises `NotAllowed` for anyone else, `LinkSpent`.
    """
    link = find_confirmation(secret)
    if link.person_id != by.id:
        raise NotAllowed("This link belongs to another account. Sign out, then follow it again.")
    lock(by)
    links.use(link)
    if by.email_confirmed_at is None:
        by.email_confirmed_at = clock.now()
        audit.record("person.email_confirmed", by, by=by)
    session.flush()
    return by


def _send_confirmation(person: Person) -> None:
    link, secret = links.make_link(LinkPurpose.CONFIRM_EMAIL, person.email, person=person)
    notifications.send(
        template="accounts/confirm_email",
        to=person.email,
        context={
            "address": address_of("accounts.confirm_email", secret=secret),
            "expires_at": link.expires_at,
        },
        is_secret=True,
    )


def _tell_registered_already(email: str) -> None:
    if links.was_mailed_enough(email, "accounts/registered_already"):
        return
    notifications.send(
        template="accounts/registered_already",
        to=email,
        context={
            "sign_in_at": address_of("accounts.sign_in"),
            "reset_at": address_of("accounts.forgotten_password"),
        },
    )
