"""The audit log: written with its cause or not at all, chained, and out of the application's reach."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.accounts.states import Role
from portal.core import audit, db
from portal.core.audit import AuditEvent
from portal.core.db import session
from tests.factories import accounts, providers
from tests.support.acting import as_worker

EVENTS = 5


@contextmanager
def as_superuser():
    """Whoever has the database's own password: the chain is there to find out what they did."""
    session.execute(sa.text("RESET ROLE"))
    yield
    session.execute(sa.text("SET ROLE portal_app"))


def verify():
    with as_worker():
        return audit.verify()


def verbs():
    with as_worker():
        return session.scalars(sa.select(AuditEvent.verb).order_by(AuditEvent.sequence)).all()


@pytest.fixture
def thing():
    return providers.organisation()


@pytest.fixture
def chain(thing):
    """Five events, each in a transaction of its own; two of them look alike."""
    person = accounts.person(Role.COMMISSIONER)
    for number in range(EVENTS):
        audit.record("thing.counted", thing, by=person, details={"number": number // 2})
        session.commit()
    return thing


def test_an_empty_chain_is_whole():
    assert verify() == audit.Verification(0, None)


def test_a_whole_chain_is_found_whole(chain):
    assert verify() == audit.Verification(EVENTS, None)


def test_events_are_numbered_without_a_gap(chain):
    sequences = session.scalars(sa.select(AuditEvent.sequence).order_by(AuditEvent.sequence)).all()
    assert list(sequences) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "verb = 'thing.forgotten'",
        "actor_id = uuidv7()",
        "actor_id = NULL",
        "subject_type = 'person'",
        "subject_id = uuidv7()",
        "sealed_round_id = uuidv7()",
        """details = '{"number": 7}'""",
        "details = '{}'",
        "previous_hash = decode(repeat('ab', 32), 'hex')",
        "hash = decode(repeat('ab', 32), 'hex')",
    ],
)
def test_rule_12_any_change_of_any_column_is_found_and_named(chain, change):
    with as_superuser():
        session.execute(sa.text(f"UPDATE audit_event SET {change} WHERE sequence = 3"))
    assert verify().first_broken == 3


def test_rule_12_renumbering_is_found(chain):
    with as_superuser():
        session.execute(sa.text("UPDATE audit_event SET sequence = 9 WHERE sequence = 3"))
    assert verify().first_broken == 3


@pytest.mark.parametrize("gone", range(1, EVENTS + 1))
def test_rule_12_a_deleted_event_is_missed(chain, gone):
    with as_superuser():
        session.execute(sa.text("DELETE FROM audit_event WHERE sequence = :n"), {"n": gone})
    assert verify().first_broken == gone


def test_rule_12_a_deleted_log_is_missed(chain):
    with as_superuser():
        session.execute(sa.text("DELETE FROM audit_event"))
    assert verify() == audit.Verification(0, 1)


def test_rule_12_swapped_events_are_found(chain):
    with as_superuser():
        for before, after in ((2, 99), (3, 2), (99, 3)):
            session.execute(
                sa.text("UPDATE audit_event SET sequence = :after WHERE sequence = :before"),
                {"before": before, "after": after},
            )
    assert verify().first_broken == 2


def test_rule_12_a_forger_who_mends_one_hash_is_found_at_the_next(chain):
    with as_superuser():
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.sequence == 3)).one()
        row = {column.name: getattr(event, column.name) for column in AuditEvent.__table__.columns}
        row["verb"] = "thing.forgotten"
        del row["hash"]
        session.execute(
            sa.update(AuditEvent)
            .where(AuditEvent.sequence == 3)
            .values(verb="thing.forgotten", hash=audit._hash(row))
        )
    assert verify().first_broken == 4


@pytest.mark.parametrize("role", ["portal_app", "portal_worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET verb = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "DELETE FROM audit_head",
    ],
)
def test_rule_12_the_portals_own_roles_cannot_change_the_past(chain, role, statement):
    session.execute(sa.text(f"SET ROLE {role}"))
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(sa.text(statement))


@pytest.mark.parametrize("role", ["portal_app", "portal_worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_head SET sequence = 0, hash = decode(repeat('00', 32), 'hex')",
        "UPDATE audit_head SET sequence = sequence + 1",
        "UPDATE audit_head SET sequence = sequence + 1, hash = (SELECT hash FROM audit_event WHERE sequence = 1)",
        "INSERT INTO audit_event SELECT sequence + 100, at, verb, actor_id, subject_type, subject_id,"
        " sealed_round_id, details, previous_hash, hash FROM audit_event WHERE sequence = 2",
    ],
)
def test_rule_12_the_head_only_moves_on_and_every_event_joins_the_last(chain, role, statement):
    session.execute(sa.text(f"SET ROLE {role}"))
    with pytest.raises(IntegrityError, match=r"only moves on|joins the one before"):
        session.execute(sa.text(statement))
    session.rollback()
    session.execute(sa.text("SET ROLE portal_app"))
    assert verify() == audit.Verification(EVENTS, None)


def test_rule_12_events_hold_ids_and_no_personal_data(chain):
    assert {column.name for column in AuditEvent.__table__.columns} == {
        "sequence",
        "at",
        "verb",
        "actor_id",
        "subject_type",
        "subject_id",
        "sealed_round_id",
        "details",
        "previous_hash",
        "hash",
    }


def test_nothing_is_written_when_its_cause_is_rolled_back(thing):
    audit.record("thing.tried", thing, by=None)
    session.connection()
    session.rollback()
    session.commit()
    assert verbs() == []


def test_several_events_of_one_transaction_keep_their_order(thing):
    for verb in ("thing.first", "thing.second", "thing.third"):
        audit.record(verb, thing, by=None)
    session.commit()
    assert verbs() == ["thing.first", "thing.second", "thing.third"]
    assert verify().first_broken is None


def test_a_released_savepoint_writes_nothing_until_the_transaction_commits(thing):
    audit.record("thing.before", thing, by=None)
    with session.begin_nested():
        audit.record("thing.inside", thing, by=None)
    assert verbs() == []
    session.commit()
    assert verbs() == ["thing.before", "thing.inside"]


def test_an_undone_savepoint_undoes_its_own_events_and_no_others(thing):
    audit.record("thing.before", thing, by=None)
    with session.begin_nested():
        audit.record("thing.kept", thing, by=None)
        with session.begin_nested() as inner:
            audit.record("thing.undone", thing, by=None)
            inner.rollback()
        audit.record("thing.also_kept", thing, by=None)
    audit.record("thing.after", thing, by=None)
    session.commit()
    assert verbs() == ["thing.before", "thing.kept", "thing.also_kept", "thing.after"]


def test_undoing_everything_from_inside_a_savepoint_leaves_nothing(thing):
    audit.record("thing.before", thing, by=None)
    session.begin_nested()
    audit.record("thing.inside", thing, by=None)
    session.rollback()
    session.commit()
    assert verbs() == []


def test_committing_from_inside_a_savepoint_writes_everything(thing):
    audit.record("thing.before", thing, by=None)
    session.begin_nested()
    audit.record("thing.inside", thing, by=None)
    session.commit()
    assert verbs() == ["thing.before", "thing.inside"]


def test_details_that_are_not_json_are_kept_as_text(thing):
    made = uuid.uuid4()
    audit.record("thing.made", thing, by=None, details={"id": made, "kind": Role.AUDITOR})
    session.commit()
    assert session.scalars(sa.select(AuditEvent.details)).one() == {"id": str(made), "kind": "auditor"}
    assert verify().first_broken is None


@pytest.mark.commits
def test_concurrent_writers_keep_one_chain(committing):
    thing = providers.organisation()
    writers, each = 8, 5
    start = threading.Barrier(writers)

    def write():
        start.wait()
        for _ in range(each):
            with db.transaction():
                audit.record("thing.counted", thing, by=None)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify() == audit.Verification(writers * each, None)
