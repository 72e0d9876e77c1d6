"""Making and revoking keys."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid
from portal.keys import policy
from portal.keys.models import ApiKey
from portal.keys.services.secrets import SHOWN, hash_of, new_secret
from portal.keys.states import Scope
from portal.providers.models import Organisation

LONGEST_NAME = 60
LONGEST_LIFE = 366


def make_key(
    organisation: Organisation, *, name: str, scopes: Collection[Scope], days: int, by: Person
) -> tuple[ApiKey, str]:
    """Make a key that acts in this person's name, and return it with its secret, which is never kept.

    A placements lead or administrator. Raises `Invalid` for a scope that this person could not use themselves.
    """
    require(policy.can_keep_keys(by, organisation))
    words = " ".join(name.split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise Invalid(f"Enter a name of up to {LONGEST_NAME} characters", field="name")
    if not scopes or not set(scopes) <= set(policy.scopes_for(by, organisation.id)):
        raise Invalid("Choose what the key is for, of what you may do yourself", field="scopes")
    if not 1 <= days <= LONGEST_LIFE:
        raise Invalid("A key lasts a year at most", field="days")
    secret = new_secret()
    key = ApiKey(
        organisation_id=organisation.id,
        person_id=by.id,
        name=words,
        starts_with=secret[:SHOWN],
        secret_hash=hash_of(secret),
        scopes=[scope.value for scope in Scope if scope in scopes],
        expires_at=clock.now() + timedelta(days=days),
    )
    session.add(key)
    session.flush()
    audit.record("api_key.made", key, by=by, details={"scopes": key.scopes, "organisation": organisation.id})
    return key, secret


def revoke_key(key: ApiKey, *, by: Person) -> None:
    """The key works no more, from the next call on; once and for all. A second time changes nothing.

    A placements lead or administrator of the organisation, a colleague's key too.
    """
    lock(key)
    require(policy.can_revoke(by, key))
    if key.revoked_at is not None:
        return
    key.revoked_at, key.revoked_by_id = clock.now(), by.id
    session.flush()
    audit.record("api_key.revoked", key, by=by, details={"organisation": key.organisation_id})
