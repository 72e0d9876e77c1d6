"""The audit log: who did what to which thing, when; append-only and chained by hashes.

Events are buffered by the transaction that causes them and written just before it commits, when the
chain's head is locked: locking it earlier would make every writer wait for every other. Events hold
ids and hashes, never personal data, so that disposing of records leaves the chain whole (rule 12).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, PortalSession, session

GENESIS = bytes(32)

_through: ContextVar[uuid.UUID | None] = ContextVar("through", default=None)


class Actor(Protocol):
    """Whoever acts: a person of the portal."""

    @property
    def id(self) -> Any: ...


class Subject(Protocol):
    """Whatever is acted on: a row with an id."""

    __tablename__: str

    @property
    def id(self) -> Any: ...


class AuditEvent(Base):
    """One link of the chain. `sealed_round_id` hides it from the councils until that round is opened."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index("ix_audit_event_subject", "subject_id", "sequence"),
        sa.Index("ix_audit_event_verb", "verb", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    verb: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    sealed_round_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class AuditHead(Base):
    """The last link, and the lock that puts writers in order."""

    __tablename__ = "audit_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes]


@dataclass(frozen=True)
class Event:
    """Something that happened, in the past tense: `application.submitted`."""

    verb: str
    subject: Subject
    by: Actor | None
    details: Mapping[str, Any] = field(default_factory=dict)
    sealed_round_id: uuid.UUID | None = None


def record(
    verb: str,
    subject: Subject,
    *,
    by: Actor | None,
    details: Mapping[str, Any] | None = None,
    sealed_round_id: uuid.UUID | None = None,
) -> None:
    """Note an event; it is written when, and only if, this transaction commits.

    `details` takes JSON values: ids, states, counts, hashes; never names, addresses or free text.
    """
    append(Event(verb, subject, by, details or {}, sealed_round_id))


def append(happened: Event) -> None:
    """Note a prepared event. What a person did by a key of theirs names the key."""
    key_id = _through.get()
    if key_id is not None:
        happened = replace(happened, details={**happened.details, "key": key_id})
    _buffered(session()).append(happened)


def act_through(key_id: uuid.UUID | None) -> None:
    """By which API key the events that follow in this thread come about; None: by a person at a page, or a job."""
    _through.set(key_id)


def _buffered(opened: orm.Session) -> list[Event]:
    events: list[Event] = opened.info.setdefault("events", [])
    return events


def _marks(opened: orm.Session) -> list[int]:
    """How many events each open savepoint found when it began: undoing it undoes only what came after."""
    marks: list[int] = opened.info.setdefault("event_marks", [])
    return marks


@event.listens_for(PortalSession, "after_transaction_create")
def _mark_savepoint(opened: orm.Session, begun: orm.SessionTransaction) -> None:
    if begun.nested:
        _marks(opened).append(len(_buffered(opened)))


@event.listens_for(PortalSession, "after_transaction_end")
def _unmark_savepoint(opened: orm.Session, ended: orm.SessionTransaction) -> None:
    if ended.nested:
        _marks(opened).pop()


@event.listens_for(PortalSession, "before_commit")
def _write_buffered(committing: orm.Session) -> None:
    if committing.in_nested_transaction():
        return  # releasing a savepoint commits nothing, and the head is locked last
    committing.flush()
    events: list[Event] = committing.info.pop("events", [])
    if not events:
        return
    head = committing.execute(_locked_head()).one()
    sequence, previous = head.sequence, head.hash
    rows = []
    for happened in events:
        sequence += 1
        row = _row(happened, sequence, head.now, previous)
        previous = row["hash"]
        rows.append(row)
    if len(rows) > 1:
        committing.execute(sa.insert(AuditEvent), rows[:-1])
    committing.execute(_last_link(), rows[-1])


@cache
def _locked_head() -> sa.Select[Any]:
    """The head, locked, and the time once it is."""
    held = sa.select(AuditHead.sequence, AuditHead.hash).where(AuditHead.id == 1).with_for_update().subquery()
    return sa.select(held.c.sequence, held.c.hash, sa.func.portal_now().label("now"))


@cache
def _last_link() -> sa.Update:
    """Add an event and move the head on to it, in one statement: every save pays for it."""
    columns = AuditEvent.__table__.columns
    values = {column.name: sa.bindparam(column.name, type_=column.type) for column in columns}
    # Awaiting the insert makes it come first. No column of it is read: its writer may not see what is sealed.
    added = sa.insert(AuditEvent).values(values).returning(sa.literal(1).label("one")).cte("added")
    return (
        sa.update(AuditHead)
        .where(AuditHead.id == added.c.one)
        .values(sequence=values["sequence"], hash=values["hash"])
        .execution_options(synchronize_session=False)
    )


@event.listens_for(PortalSession, "after_rollback")
def _forget_buffered(rolled_back: orm.Session) -> None:
    marks = _marks(rolled_back)
    del _buffered(rolled_back)[marks[-1] if marks else 0 :]


def _row(happened: Event, sequence: int, at: datetime, previous: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sequence": sequence,
        "at": at,
        "verb": happened.verb,
        "actor_id": happened.by.id if happened.by is not None else None,
        "subject_type": happened.subject.__tablename__,
        "subject_id": happened.subject.id,
        "sealed_round_id": happened.sealed_round_id,
        "details": json.loads(json.dumps(happened.details, default=str)),
        "previous_hash": previous,
    }
    return row | {"hash": _hash(row)}


def _hash(row: Mapping[str, Any]) -> bytes:
    content = {
        **row,
        "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "previous_hash": row["previous_hash"].hex(),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True)
class Verification:
    """What a walk along the chain found. `first_broken` is the sequence number of the first bad link."""

    checked: int
    first_broken: int | None


def verify() -> Verification:
    """Walk the whole chain, oldest first, and compare every hash. Reads hashes, judges nothing else."""
    columns = list(AuditEvent.__table__.columns)
    walk = sa.select(*columns).order_by(AuditEvent.sequence).execution_options(yield_per=1000)
    checked, previous = 0, GENESIS
    with session.execute(walk) as rows:
        for row in rows.mappings():
            checked += 1
            link = {name: value for name, value in row.items() if name != "hash"}
            if row["sequence"] != checked or row["previous_hash"] != previous or _hash(link) != row["hash"]:
                return Verification(checked, checked)
            previous = row["hash"]
    head = session.execute(sa.select(AuditHead.sequence, AuditHead.hash)).one()
    whole = head.sequence == checked and head.hash == previous
    return Verification(checked, None if whole else checked + 1)
