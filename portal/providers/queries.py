"""Reads of Ofsted's register and of provider organisations."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import NotFound
from portal.providers.models import JoinRequest, OfstedAgency, Organisation, RegisterImport
from portal.providers.states import OrganisationState

T = TypeVar("T")

MOST_FOUND = 20
URN = re.compile(r"SC\d{6}|\d{7}", re.ASCII)
# The same text as the index `ix_ofsted_agency_search`, so that PostgreSQL uses it.
SEARCHED = sa.func.to_tsvector(
    sa.text("'simple'::regconfig"), OfstedAgency.name + sa.literal_column("' '::text") + OfstedAgency.town
)


def search_agencies(text: str, *, limit: int = MOST_FOUND) -> Sequence[OfstedAgency]:
    """Agencies whose URN is `text`, or in whose name and town each word of it begins a word, best first."""
    if (urn := clean_urn(text)) is not None:
        return session.scalars(sa.select(OfstedAgency).where(OfstedAgency.urn == urn)).all()
    words = re.findall(r"\w+", text)
    if not words:
        return []
    asked = sa.func.to_tsquery(sa.text("'simple'::regconfig"), " & ".join(f"{word}:*" for word in words))
    return session.scalars(
        sa.select(OfstedAgency)
        .where(SEARCHED.op("@@")(asked))
        .order_by(sa.func.ts_rank(SEARCHED, asked).desc(), OfstedAgency.name, OfstedAgency.town)
        .limit(limit)
    ).all()


def clean_urn(text: str) -> str | None:
    """The URN in `text`, trimmed and in capitals, or None if it is not one."""
    candidate = text.strip().upper().replace(" ", "")
    return candidate if URN.fullmatch(candidate) else None


def find_agency(urn: str) -> OfstedAgency | None:
    """The agency with this URN, or None."""
    return session.get(OfstedAgency, urn)


def get_agency(_: Person, urn: str) -> OfstedAgency:
    """The agency with this URN; the register is public, so anybody signed in may see it."""
    found = find_agency(urn)
    if found is None:
        raise NotFound
    return found


def find_import(sha256: str) -> RegisterImport | None:
    """The earlier import of the same bytes, or None."""
    return session.scalars(sa.select(RegisterImport).where(RegisterImport.sha256 == sha256)).first()


def find_newest_import() -> RegisterImport | None:
    """The import with the newest date that real agencies stand as at, or None before the first."""
    real = sa.select(OfstedAgency.import_id).where(OfstedAgency.is_fictional.is_(False))
    return session.scalars(
        sa.select(RegisterImport).where(RegisterImport.id.in_(real)).order_by(RegisterImport.as_at.desc())
    ).first()


def count_agencies() -> int:
    """How many agencies the register holds."""
    return session.execute(sa.select(sa.func.count()).select_from(OfstedAgency)).scalar_one()


def find_organisation_by_urn(urn: str) -> Organisation | None:
    """The registered organisation with this URN, or None."""
    return session.scalars(sa.select(Organisation).where(Organisation.urn == urn)).one_or_none()


def list_registered_urns(urns: Sequence[str]) -> set[str]:
    """Which of these agencies are registered on the portal."""
    if not urns:
        return set()
    found = session.scalars(sa.select(Organisation.urn).where(Organisation.urn.in_(urns)))
    return {urn for urn in found if urn is not None}


def get_registered_agency(_: Person, urn: str) -> Organisation:
    """The registered organisation with this URN, for somebody who wants to join it."""
    found = find_organisation_by_urn(urn)
    if found is None:
        raise NotFound
    return found


def get_organisation(person: Person, organisation_id: uuid.UUID) -> Organisation:
    """The organisation, for its own people and the councils; for anybody else there is no such thing."""
    if not (person.is_council or person.acts_for(organisation_id)):
        raise NotFound
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    return found


def list_own_organisations(person: Person) -> Sequence[Organisation]:
    """The organisations this person acts for, by name."""
    if not person.organisation_ids:
        return []
    return session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(person.organisation_ids))
        .order_by(Organisation.legal_name, Organisation.town)
    ).all()


def list_organisations(
    *, state: OrganisationState | None = None, text: str = "", limit: int = 25, offset: int = 0
) -> Sequence[Organisation]:
    """Organisations by name, for the councils, filtered by state and by a part of a name or the URN."""
    statement = _filtered(sa.select(Organisation), state, text)
    return session.scalars(
        statement.order_by(Organisation.legal_name, Organisation.town, Organisation.id)
        .limit(limit)
        .offset(offset)
    ).all()


def count_organisations(*, state: OrganisationState | None = None, text: str = "") -> int:
    """How many organisations the same filter finds."""
    return session.execute(
        _filtered(sa.select(sa.func.count()).select_from(Organisation), state, text)
    ).scalar_one()


def _filtered(statement: sa.Select[T], state: OrganisationState | None, text: str) -> sa.Select[T]:
    if state is not None:
        statement = statement.where(Organisation.state == state)
    if text.strip():
        part = f"%{_escaped(text.strip())}%"
        statement = statement.where(
            sa.or_(
                Organisation.legal_name.ilike(part, escape="\\"),
                Organisation.trading_name.ilike(part, escape="\\"),
                Organisation.town.ilike(part, escape="\\"),
                Organisation.urn == clean_urn(text),
            )
        )
    return statement


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def list_people(organisation: Organisation) -> Sequence[Person]:
    """Everybody who acts for the organisation, by name."""
    acting = sa.select(RoleGrant.person_id).where(RoleGrant.organisation_id == organisation.id)
    return (
        session.scalars(sa.select(Person).where(Person.id.in_(acting)).order_by(Person.full_name))
        .unique()
        .all()
    )


def list_administrators(organisation_id: uuid.UUID) -> Sequence[Person]:
    """The organisation's administrators who can sign in."""
    return list_holders(organisation_id, Role.PROVIDER_ADMINISTRATOR)


def list_holders(organisation_id: uuid.UUID, role: Role) -> Sequence[Person]:
    """Whoever holds this role at the organisation and can sign in."""
    acting = sa.select(RoleGrant.person_id).where(
        RoleGrant.organisation_id == organisation_id, RoleGrant.role == role
    )
    return (
        session.scalars(sa.select(Person).where(Person.id.in_(acting), Person.is_disabled.is_(False)))
        .unique()
        .all()
    )


def get_join_request(person: Person, request_id: uuid.UUID) -> JoinRequest:
    """The request, for people of the organisation it asks to join."""
    found = session.get(JoinRequest, request_id)
    if found is None or not person.acts_for(found.organisation_id):
        raise NotFound
    return found


def get_asker(request: JoinRequest) -> tuple[Person, Organisation]:
    """Who asks, and which organisation to join."""
    return session.get_one(Person, request.person_id), session.get_one(Organisation, request.organisation_id)


def find_join_request(organisation: Organisation, person: Person) -> JoinRequest | None:
    """What this person has asked of this organisation, answered or not, or None."""
    return session.scalars(
        sa.select(JoinRequest).where(
            JoinRequest.organisation_id == organisation.id, JoinRequest.person_id == person.id
        )
    ).one_or_none()


def list_join_requests(organisation: Organisation) -> Sequence[sa.Row[JoinRequest, Person]]:
    """Unanswered requests to be let in, oldest first, each with whoever asks."""
    return (
        session.execute(
            sa.select(JoinRequest, Person)
            .join(Person, Person.id == JoinRequest.person_id)
            .options(joinedload(Person.grants))
            .where(JoinRequest.organisation_id == organisation.id, JoinRequest.answered_at.is_(None))
            .order_by(JoinRequest.created_at)
        )
        .unique()
        .all()
    )
