"""Letting a call in by its key: the key found, its use noted and counted, all in one statement."""

from __future__ import annotations

import math

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import KeyRefused
from portal.core.rest import Admission, Window
from portal.keys import queries
from portal.keys.models import ApiKey
from portal.keys.services.secrets import hash_of, is_whole

# Losing the last calls' count in a crash harms nobody, so no call waits for the disk.
NOT_DURABLE = sa.text("SET LOCAL synchronous_commit = off")
ADMIT = sa.text("""
    WITH found AS (
        SELECT id, organisation_id, person_id, scopes, calls_a_minute, portal_now() AS now FROM api_key
        WHERE secret_hash = :hash AND revoked_at IS NULL AND expires_at > portal_now()
    ), counted AS (
        INSERT INTO api_key_use AS known (api_key_id, minute, calls, used_at)
        SELECT id, date_trunc('minute', now), 1, now FROM found
        ON CONFLICT (api_key_id) DO UPDATE SET
            calls = CASE WHEN known.minute = excluded.minute THEN known.calls + 1 ELSE 1 END,
            minute = excluded.minute, used_at = excluded.used_at
        RETURNING calls
    )
    SELECT found.id, organisation_id, person_id, scopes, calls_a_minute, calls,
        60 - extract(epoch FROM now - date_trunc('minute', now)) AS seconds_left
    FROM found, counted
""")


def admit_key(secret: str) -> Admission:
    """Count the call of a key in force. Raises `KeyRefused`, saying why to whoever really holds the key."""
    if not is_whole(secret):
        raise KeyRefused("This is not a key of the portal. Copy it whole: it begins with kmf_.")
    session.execute(NOT_DURABLE)
    row = session.execute(ADMIT, {"hash": hash_of(secret)}).one_or_none()
    if row is None:
        raise KeyRefused(_why_not(secret))
    return Admission(
        row.id,
        row.organisation_id,
        row.person_id,
        frozenset(row.scopes),
        Window(row.calls_a_minute, row.calls, math.ceil(row.seconds_left)),
    )


def find_caller(admission: Admission) -> Person:
    """The person in whose name the key acts, with the roles they hold now.

    Raises `KeyRefused` once their account is closed or they keep no vacancies of the organisation any more.
    """
    person = session.get(Person, admission.person_id, populate_existing=True)
    if person is None or not queries.may_act(person, admission.organisation_id):
        raise KeyRefused(
            "The person who made this key may no longer act for the organisation. Make a new one."
        )
    return person


def _why_not(secret: str) -> str:
    revoked_at = session.execute(
        sa.select(ApiKey.revoked_at.is_not(None)).where(ApiKey.secret_hash == hash_of(secret))
    ).scalar_one_or_none()
    if revoked_at is None:
        return "There is no such key."
    return "This key was revoked." if revoked_at else "This key has expired. Make a new one."
