"""Tables' common base, the one session, and where a transaction begins and ends.

Services flush; the edge of a request, a job or a command commits. Each transaction tells PostgreSQL
who it acts for (`app.person_id`), which row-level security reads.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy import event, orm
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import errors

Text = Annotated[str, mapped_column(sa.Text())]
Money = Annotated[Decimal, mapped_column(sa.Numeric(12, 2))]


class Base(orm.DeclarativeBase):
    """Every table. Ids are UUIDs, so that an id says nothing about how many there are (rule 9)."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB(),
        list[str]: sa.ARRAY(sa.Text()),
        str: sa.Text(),
        Decimal: sa.Numeric(12, 4),
    }


class Identified:
    """A random-looking id and the instant the row was made."""

    # In order of making, so that SQLAlchemy may write many new rows in one statement and know whose id is whose.
    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True,
        server_default=sa.func.uuidv7(monotonic=True),
        insert_sentinel=True,
        sort_order=-2,
    )
    created_at: Mapped[datetime] = mapped_column(server_default=sa.text("portal_now()"), sort_order=90)


class Versioned(Identified):
    """A row that people edit: `version` turns a stale form into a message, never an overwrite."""

    version: Mapped[int] = mapped_column(default=1, server_default="1", sort_order=91)

    @orm.declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


def enum_of(kind: type[StrEnum]) -> sa.Enum:
    """A text column limited by a CHECK constraint to the values of `kind`."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class PortalSession(orm.Session):
    """A session that names broken constraints, and can be told that this request only reads."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        try:
            super().flush(objects)
        except IntegrityError as error:
            raise errors.from_integrity_error(error) from error


session: orm.scoped_session[PortalSession] = orm.scoped_session(
    orm.sessionmaker(class_=PortalSession, expire_on_commit=False)
)

# What a busy server asks again and again stays planned on its connection; planning costs more than answering.
PREPARED_AT_MOST = 500
BEGIN = sa.text(
    "SELECT portal_now(), (SELECT stamp FROM catalogue) FROM set_config('app.person_id', :person, true)"
)

IN_TRANSACTION = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})

_acting: ContextVar[uuid.UUID | None] = ContextVar("acting", default=None)


def connect(url: str, **options: Any) -> sa.Engine:
    """Point the session at a database. Called once by each process."""
    engine = make_engine(url, **options)
    session.remove()
    session.configure(bind=engine)
    return engine


def make_engine(url: str | sa.URL, **options: Any) -> sa.Engine:
    """An engine whose connections keep statements planned."""
    # Logs identify no applicant (rule 1): an error names the statement and keeps what was in it to itself.
    engine = sa.create_engine(url, pool_pre_ping=False, hide_parameters=True, **options)
    event.listen(engine, "connect", _remember_statements)
    event.listen(engine, "rollback", _roll_back_keeping_statements)
    event.listen(engine, "do_execute", _execute_planned_afresh)
    return engine


def act_as(person_id: uuid.UUID | None) -> None:
    """Whose transactions follow in this thread. Ends the one that is open, for it may have been another's."""
    if _acting.get() != person_id and session.registry.has():
        session.rollback()
    _acting.set(person_id)


def _remember_statements(opened: Any, _: Any) -> None:
    opened.prepared_max = PREPARED_AT_MOST


def _execute_planned_afresh(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Run what says `execution_options(planned_afresh=True)` by a plan for its very values, never by a kept one."""
    if context is None or not context.execution_options.get("planned_afresh"):
        return False
    cursor.execute(statement, parameters, prepare=False)
    return True


def _roll_back_keeping_statements(connection: sa.Connection) -> None:
    """Roll back before psycopg does, which would forget every prepared statement, and each GET ends so.

    PostgreSQL keeps them. Only what alters tables could spoil them, and no such thing runs on this engine.
    """
    opened: Any = connection.connection.driver_connection
    if opened.info.transaction_status in IN_TRANSACTION:
        opened.pgconn.exec_(b"ROLLBACK")


@event.listens_for(PortalSession, "after_begin")
def _tell_database_who(opened: orm.Session, _: orm.SessionTransaction, connection: sa.Connection) -> None:
    person_id = _acting.get()
    opened.info["now"], opened.info["catalogue"] = connection.execute(
        BEGIN, {"person": str(person_id) if person_id else ""}
    ).one()


@event.listens_for(PortalSession, "after_flush")
def _trust_nothing_kept(opened: orm.Session, *_: Any) -> None:
    opened.info["catalogue"] = None


@event.listens_for(PortalSession, "before_flush")
def _refuse_writes_of_reading_requests(opened: orm.Session, *_: Any) -> None:
    if opened.info.get("reading") and (opened.new or opened.dirty or opened.deleted):
        raise RuntimeError("A request that only reads tried to write.")


@contextmanager
def reading() -> Iterator[None]:
    """Whatever is written inside is a programming error (GET never writes)."""
    info = session().info
    info["reading"] = True
    try:
        yield
    finally:
        info.pop("reading", None)


@contextmanager
def transaction(person_id: uuid.UUID | None = None) -> Iterator[orm.scoped_session[PortalSession]]:
    """One transaction of a job or a command: committed at the end, rolled back on any error."""
    before = _acting.get()
    act_as(person_id)
    try:
        yield session
        session.commit()
    finally:
        session.remove()
        _acting.set(before)


@contextmanager
def speaking_for(person_id: uuid.UUID) -> Iterator[None]:
    """Inside, row-level security sees this person in the transaction that is open; any error undoes all of it.

    For what one transaction has to do in somebody else's name, such as an instruction they left.
    """
    before = _acting.get()
    _say_who(person_id)
    try:
        yield
        session.flush()
    except BaseException:
        session.rollback()
        _acting.set(before)
        raise
    _say_who(before)


def _say_who(person_id: uuid.UUID | None) -> None:
    _acting.set(person_id)  # a savepoint that begins inside says it again
    session.execute(
        sa.text("SELECT set_config('app.person_id', :person, true)"),
        {"person": str(person_id) if person_id else ""},
    )


def lock(thing: Base) -> None:
    """Lock the row of `thing` until the transaction ends, and read it afresh.

    What was assigned before is written first, for reading afresh would lose it. Two statements, because
    one that waits for the lock would join what hangs on the row as it was before the wait. Raises `NotFound` for
    a row that row-level security hides from whoever acts.
    """
    session.flush()
    keys = sa.inspect(thing).identity
    assert keys is not None, "only a row that is in the database can be locked"
    columns = sa.inspect(type(thing)).primary_key
    same = [column == key for column, key in zip(columns, keys, strict=True)]
    if session.execute(sa.select(*columns).where(*same).with_for_update()).first() is None:
        raise errors.NotFound
    session.refresh(thing)


def check_version(thing: Versioned, seen: int | None) -> None:
    """Raise `Stale` when the form was filled in against an older version than now. None: it carries none."""
    if seen is not None and thing.version != seen:
        raise errors.Stale
