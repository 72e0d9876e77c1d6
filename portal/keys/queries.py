"""Reads of a provider's keys, for its own people."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.core.rest import Admission
from portal.keys.models import ApiKey
from portal.keys.states import KeyStanding
from portal.providers.models import Organisation

# Who makes keys, and without which role a key of theirs stops working.
KEEPERS = (Role.PLACEMENTS_LEAD, Role.PROVIDER_ADMINISTRATOR)


def get_key(person: Person, organisation_id: uuid.UUID, key_id: uuid.UUID) -> ApiKey:
    """A key of an organisation this person acts for; any other is not found (rule 9)."""
    found = session.get(ApiKey, key_id)
    if found is None or found.organisation_id != organisation_id or not person.acts_for(organisation_id):
        raise NotFound
    return found


def list_keys(organisation_id: uuid.UUID, *, limit: int = 25, offset: int = 0) -> Sequence[ApiKey]:
    """An organisation's keys with their makers and last use: those not revoked first, newest first."""
    return (
        session.scalars(
            sa.select(ApiKey)
            .options(joinedload(ApiKey.person), joinedload(ApiKey.use))
            .where(ApiKey.organisation_id == organisation_id)
            .order_by(ApiKey.revoked_at.is_not(None), ApiKey.created_at.desc(), ApiKey.id)
            .limit(limit)
            .offset(offset)
        )
        .unique()
        .all()
    )


def standing_of(key: ApiKey, now: datetime) -> KeyStanding:
    """Does the key work now?"""
    if key.revoked_at is not None:
        return KeyStanding.REVOKED
    if key.expires_at <= now:
        return KeyStanding.EXPIRED
    return KeyStanding.IN_FORCE if may_act(key.person, key.organisation_id) else KeyStanding.WITHOUT_ROLE


def may_act(person: Person, organisation_id: uuid.UUID) -> bool:
    """Whether a key of this person's may act for the organisation at all."""
    is_known = not person.is_disabled and person.email_confirmed_at is not None
    return is_known and person.acts_for(organisation_id, *KEEPERS)


def list_expiring(until: datetime) -> Sequence[ApiKey]:
    """Keys in force that expire before `until`, with their makers; soonest first."""
    return (
        session.scalars(
            sa.select(ApiKey)
            .options(joinedload(ApiKey.person))
            .where(ApiKey.revoked_at.is_(None), ApiKey.expires_at > clock.now(), ApiKey.expires_at <= until)
            .order_by(ApiKey.expires_at)
        )
        .unique()
        .all()
    )


def get_keyed_organisation(admission: Admission) -> Organisation:
    """The organisation that a call by key is for. Whatever else its person may see, a key sees no other."""
    return session.get_one(Organisation, admission.organisation_id)
