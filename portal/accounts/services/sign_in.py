"""Signing in, signing out everywhere, and changing or resetting a password."""

from __future__ import annotations

from portal.accounts import passwords
from portal.accounts.models import AccountLink, Person
from portal.accounts.queries import find_person_by_email, tidy_email
from portal.accounts.services import links, throttle
from portal.accounts.states import LinkPurpose
from portal.core import audit, clock
from portal.core.db import lock, session
from portal.core.errors import Invalid, Throttled
from portal.core.links import link as address_of
from portal.notifications import services as notifications

NOT_RIGHT = "The email address or the password is not right."
RESET_MAILS = ("accounts/reset_password", "accounts/no_account")


class WrongPassword(Invalid):
    """The one answer to any sign-in that fails, whatever was wrong with it. The try has been counted."""

    def __init__(self) -> None:
        super().__init__(NOT_RIGHT, field="password")


def check_sign_in(email: str, password: str, source: str, device: frozenset[str] = frozenset()) -> Person:
    """The person whose address and password these are.

    `source` is where the try comes from (an address or a network); `device` holds the ids of the people
    who have signed in on this device before. Counts the try, and keeps the password under today's
    parameters. Raises `WrongPassword`, or `Throttled` while it is too early for another try.
    """
    person = find_person_by_email(email)
    known = person is not None and str(person.id) in device
    attempt = throttle.Try(tidy_email(email), source, known)
    throttle.check(attempt)
    kept = person.password_hash if person is not None and not person.is_disabled else None
    right = passwords.verify_password(kept, password)
    throttle.note(attempt, succeeded=right)
    if person is None or kept is None or not right:
        raise WrongPassword
    if passwords.needs_rehash(kept):
        person.password_hash = passwords.hash_password(password)
    audit.record("person.signed_in", person, by=person)
    session.flush()
    return person


def sign_out_everywhere(*, by: Person) -> None:
    """End every session of this person, on this device and all others."""
    lock(by)
    by.auth_version += 1
    audit.record("person.signed_out_everywhere", by, by=by)
    session.flush()


def change_password(current: str, password: str, source: str, *, by: Person) -> None:
    """A new password for oneself. Ends all other sessions; the caller begins this one anew.

    Raises `Invalid` on `current_password` or `password`, or `Throttled`: guesses here count like sign-ins.
    """
    lock(by)
    attempt = throttle.Try(by.email, f"change {source}")
    throttle.check(attempt)
    right = passwords.verify_password(by.password_hash, current)
    throttle.note(attempt, succeeded=right)
    if not right:
        raise Invalid("Your current password is not right.", field="current_password")
    _set_password(by, password)
    audit.record("person.password_changed", by, by=by)
    _tell_password_changed(by)
    session.flush()


def request_password_reset(email: str, source: str = "") -> None:
    """Mail a link for choosing a new password. Whether there is an account shows only in the mailbox.

    Raises `Throttled` when one source asks for too many addresses.
    """
    count_mail_request("reset", email, source)
    if links.was_mailed_enough(email, *RESET_MAILS):
        return
    person = find_person_by_email(email)
    if person is None or person.is_disabled:
        notifications.send(
            template="accounts/no_account",
            to=email,
            context={"email": tidy_email(email), "register_at": address_of("accounts.register")},
        )
        return
    links.end_others(person, LinkPurpose.RESET_PASSWORD)
    link, secret = links.make_link(LinkPurpose.RESET_PASSWORD, person.email, person=person)
    notifications.send(
        template="accounts/reset_password",
        to=person.email,
        context={
            "name": person.full_name,
            "address": address_of("accounts.reset_password", secret=secret),
            "expires_at": link.expires_at,
        },
        is_secret=True,
    )


def find_reset(secret: str) -> AccountLink:
    """The link for a new password, without using it. Raises `LinkSpent`."""
    return links.look_at(secret, LinkPurpose.RESET_PASSWORD)


def reset_password(secret: str, password: str) -> Person:
    """A new password for whoever holds the link. Confirms the address and ends every session.

    Raises `Invalid` on `password`, `LinkSpent`.
    """
    link = find_reset(secret)
    person = link.person
    assert person is not None, "a reset link always has a person"
    lock(person)
    _set_password(person, password)
    links.use(link)
    links.end_others(person, LinkPurpose.RESET_PASSWORD)
    person.email_confirmed_at = person.email_confirmed_at or clock.now()
    audit.record("person.password_reset", person, by=person)
    _tell_password_changed(person)
    session.flush()
    return person


def count_mail_request(kind: str, email: str, source: str) -> None:
    """Limit how many addresses one source can have mail sent to. Raises `Throttled`."""
    attempt = throttle.Try(f"{kind} {tidy_email(email)}", source)
    try:
        throttle.check(attempt)
    except Throttled as error:
        raise Throttled(error.message.replace("tries", "requests")) from error
    throttle.note(attempt, succeeded=False)


def _tell_password_changed(person: Person) -> None:
    notifications.tell(person, template="accounts/password_changed", context={}, mandatory=True)


def _set_password(person: Person, password: str) -> None:
    passwords.check_password(password, email=person.email, full_name=person.full_name)
    person.password_hash = passwords.hash_password(password)
    person.auth_version += 1
