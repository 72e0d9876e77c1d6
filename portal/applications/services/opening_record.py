"""The record of an opening: who asked, who confirmed, when, and what was in the round. Written once."""

from __future__ import annotations

import hashlib
import json
import uuid

from portal.applications import queries
from portal.applications.models import OpeningRecord, OpeningRecordLine
from portal.core.db import session
from portal.core.errors import on_constraint
from portal.frameworks.models import Round

on_constraint("uq_opening_record_round_id", "This round has been opened already.")


def write_opening_record(round_: Round) -> OpeningRecord:
    """Write down how `round_` is being opened, by the transaction that opens it and can see what it records."""
    lines = [
        OpeningRecordLine(position=position, **found)
        for position, found in enumerate(queries.list_for_record(round_), start=1)
    ]
    record = OpeningRecord(
        id=uuid.uuid4(),
        round_id=round_.id,
        asked_by_id=round_.open_requested_by_id,
        asked_at=round_.open_requested_at,
        confirmed_by_id=round_.opened_by_id,
        confirmed_at=round_.opened_at,
        sha256=fingerprint_of(lines),
    )
    session.add(record)
    session.flush()
    for line in lines:
        line.record_id = record.id
    session.add_all(lines)
    session.flush()
    return record


def fingerprint_of(lines: list[OpeningRecordLine]) -> str:
    """SHA-256 of the lines' canonical JSON: reference, number and SHA-256 of each submission, by position."""
    content = [[line.position, line.reference, line.number, line.sha256] for line in lines]
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
