"""Who is in the story: both councils' staff, and the providers' people, who come with their organisations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from portal.accounts import passwords
from portal.accounts.models import Person
from portal.accounts.services import grant_role
from portal.accounts.states import Council, Role
from portal.core import clock
from portal.core.db import session
from portal.demo.services import texts
from portal.demo.services.story import Story

PASSWORD = "hops and oast houses"

FIRST_DAY = -290


def tell(story: Story) -> None:
    """The councils' staff get their accounts: the first by command, the others from that one."""
    shared_hash = passwords.hash_password(PASSWORD)
    story.add(FIRST_DAY, "08:30", None, partial(_make_staff, story, "system_administrator", shared_hash))
    for key, person in texts.people().items():
        if "council" in person and key != "system_administrator":
            story.add(
                FIRST_DAY, "09:00", "system_administrator", partial(_make_staff, story, key, shared_hash)
            )
        elif "provider" in person:
            story.add(FIRST_DAY, "08:30", None, partial(_make_provider_person, story, key, shared_hash))


def _make_staff(story: Story, key: str, password_hash: str, by: Person | None) -> None:
    person = _make(story, key, password_hash)
    found = texts.people()[key]
    for role in found["roles"]:
        grant_role(person, Role(role), council=Council(found["council"]), by=by)


def _make_provider_person(story: Story, key: str, password_hash: str, _: Any) -> None:
    _make(story, key, password_hash)


def _make(story: Story, key: str, password_hash: str) -> Person:
    # Not by invitation: all share one password, whose hash takes long to make.
    found = texts.people()[key]
    person = Person(
        email=found["email"],
        full_name=found["name"],
        password_hash=password_hash,
        email_confirmed_at=clock.now(),
    )
    session.add(person)
    session.flush()
    story.ids[key] = person.id
    return person


@dataclass(frozen=True)
class Account:
    """Somebody whom a visitor can be: `role` says what and where they are, `does` what awaits them."""

    email: str
    name: str
    role: str
    does: str
    is_council: bool


def tour() -> list[Account]:
    """Whom a visitor can be, in the order in which the story is best walked."""
    return [_account(stop) for stop in texts.read("people")["tour"]]


def accounts() -> list[tuple[str, str]]:
    """Address and what they do of everybody on the tour."""
    return [(account.email, f"{account.role}: {account.does}") for account in tour()]


def _account(stop: dict[str, str]) -> Account:
    person = texts.people()[stop["who"]]
    return Account(person["email"], person["name"], stop["role"], stop["does"], "council" in person)


def writer_of(provider: str) -> str:
    """The key of the provider's bid writer."""
    return _holder(provider, Role.BID_WRITER)


def administrator_of(provider: str) -> str:
    """The key of the provider's administrator."""
    return _holder(provider, Role.PROVIDER_ADMINISTRATOR)


def placements_lead_of(provider: str) -> str:
    """The key of the provider's placements lead."""
    return _holder(provider, Role.PLACEMENTS_LEAD)


def finance_lead_of(provider: str) -> str:
    """The key of the provider's finance lead."""
    return _holder(provider, Role.FINANCE_LEAD)


def _holder(provider: str, role: Role) -> str:
    return next(
        key
        for key, person in texts.people().items()
        if person.get("provider") == provider and role in person["roles"]
    )
