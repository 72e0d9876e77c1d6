"""Rule 1 attacked where nobody thought of it: every sealed table there is, every page, the log, mail and jobs."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.applications.models import AccessRegister, Application
from portal.core import audit
from portal.core.audit import AuditEvent
from portal.core.db import Base, session
from portal.frameworks.models import Clarification
from portal.notifications.models import Message
from portal.reports import queries as reports
from tests.applications.sealed_world import make_world
from tests.factories import accounts, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker

COUNCIL = [role for role in Role if not role.is_provider_role]

# Features whose tables are written by the councils, only after opening; and such tables of this one.
WRITTEN_AFTER = {"evaluations", "decisions", "agreements"}
# Features whose tables are guarded for other reasons, and hold nothing of an application.
APART = {"keys", "matching", "rest", "vacancies"}
AFTER_OPENING = {
    "api_reply",
    "access_register",
    "clarification_request",
    "opening_record",
    "opening_record_line",
} | {
    mapper.local_table.name
    for mapper in Base.registry.mappers
    if mapper.class_.__module__.split(".")[1] in WRITTEN_AFTER | APART
}
# Tables of which the councils see a part before opening; what, is tested below by name.
SEEN_IN_PART = {"audit_event", "clarification", "message"}
# What hangs on an application without being sealed, because the councils write it after opening.
NOT_SEALED = {"agreement"}


@pytest.fixture
def world():
    return make_world()


def tables_under_guard():
    """Every table with a policy for the web's role, from the database itself."""
    found = sa.text(
        "SELECT DISTINCT tablename FROM pg_policies WHERE 'portal_app' = ANY (roles) ORDER BY tablename"
    )
    return session.scalars(found).all()


def count(table):
    return session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()


def sealed_tables():
    return [table for table in tables_under_guard() if table not in AFTER_OPENING | SEEN_IN_PART]


def test_every_sealed_table_holds_something_here(world):
    """A sealed table that is empty in this world is not tested at all: give it a row in `sealed_world`."""
    with as_worker():
        assert [table for table in [*sealed_tables(), *SEEN_IN_PART] if not count(table)] == []


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_plain_sql_sees_no_row_of_any_sealed_table(world, role):
    acting_as(accounts.person(role, council=Council.KENT))
    seen = {table: count(table) for table in sealed_tables()}
    assert seen == dict.fromkeys(seen, 0)


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.AUDITOR])
def test_rule_01_a_query_that_forgets_its_filter_finds_nothing(world, role):
    """As a careless feature would write it: the whole class, no condition at all."""
    acting_as(accounts.person(role, council=Council.MEDWAY))
    careless = {
        mapper.class_.__name__: session.execute(sa.select(sa.func.count()).select_from(mapper)).scalar_one()
        for mapper in Base.registry.mappers
        if mapper.local_table.name in sealed_tables()
    }
    assert len(careless) == len(sealed_tables())
    assert {name for name, rows in careless.items() if rows} == set()


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_nothing_sealed_is_changed_or_removed_unseen(world, role):
    acting_as(accounts.person(role, council=Council.KENT))
    for statement in ("UPDATE application SET reference = 'x'", "DELETE FROM answer", "DELETE FROM message"):
        affected = session.execute(sa.text(statement)).rowcount
        assert affected == 0 or statement.endswith("message"), statement
    session.rollback()


def test_rule_01_whatever_hangs_on_an_application_is_under_guard(world):
    roots = {"application", "answer", "submission", "document", "clarification_asker"}
    hanging = {
        table.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in roots
    }
    assert hanging - set(tables_under_guard()) == NOT_SEALED


def test_rule_01_forced_for_everybody_but_superusers(world):
    rows = session.execute(
        sa.text(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = ANY (:names)"
        ),
        {"names": list(tables_under_guard())},
    ).all()
    assert [name for name, enabled, forced in rows if not (enabled and forced)] == []


def test_rule_01_a_guess_is_not_confirmed_by_a_constraint(world):
    """Writing a second application for an organisation must not say that there is a first."""
    acting_as(accounts.person(Role.COMMISSIONER, council=Council.KENT))
    officer_id = session.execute(sa.text("SELECT app_person_id()")).scalar_one()
    said = set()
    for organisation in (world.submitted.organisation, providers.organisation()):
        organisation_id = organisation.id
        acting_as(None)
        acting_as(session.get_one(Person, officer_id))
        values = {"round_id": world.round_id, "organisation_id": organisation_id}
        row = Application(**values, reference=uuid.uuid4().hex, started_by_id=officer_id)
        session.add(row)
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security") as refused:
            session.flush()
        said.add(type(refused.value.orig).__name__)
        session.rollback()
    assert said == {"InsufficientPrivilege"}


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_of_a_question_the_councils_see_the_words_alone(world, role):
    acting_as(accounts.person(role, council=Council.KENT))
    asked = session.scalars(sa.select(Clarification)).one()
    ids = {value for value in vars(asked).values() if isinstance(value, uuid.UUID)}
    assert ids == {asked.id, asked.round_id}
    assert count("clarification_asker") == 0


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_mail_and_log_hold_nothing_sealed(world, role):
    acting_as(accounts.person(role, council=Council.KENT))
    for kind in (Message, AuditEvent):
        sealed = session.scalars(sa.select(kind).where(kind.sealed_round_id.is_not(None))).all()
        assert sealed == []


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_jobs_tell_nothing(world, role):
    acting_as(accounts.person(role, council=Council.KENT))
    for what in (
        "args FROM procrastinate_jobs",
        "task_name FROM procrastinate_jobs",
        "* FROM procrastinate_events",
        "* FROM procrastinate_periodic_defers",
        "* FROM procrastinate_workers",
    ):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.execute(sa.text(f"SELECT {what}"))
        session.rollback()


def test_rule_01_nobody_forges_a_reading(world):
    rounds.move_to(world.round_, "opened")
    auditor, other = (accounts.person(Role.AUDITOR, council=Council.KENT) for _ in range(2))
    acting_as(auditor)
    row = {"application_id": world.submitted.application_id, "what": "submission 1"}
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        session.execute(sa.insert(AccessRegister).values(**row, person_id=other.id))


def test_rule_09_a_provider_does_not_see_who_read_what(world):
    rounds.move_to(world.round_, "opened")
    auditor = accounts.person(Role.AUDITOR, council=Council.KENT)
    acting_as(auditor)
    row = {"application_id": world.submitted.application_id, "what": "submission 1"}
    session.execute(sa.insert(AccessRegister).values(**row, person_id=auditor.id))
    session.commit()
    assert count("access_register") == 1
    acting_as(world.submitted.writer)
    assert count("access_register") == 0
    assert count("opening_record") == 0


# The log: who is busy as the deadline nears, and what opening must not bring to light


def signed_in(person):
    audit.record("person.signed_in", person, by=person)
    session.commit()


def actors_in_log(auditor):
    acting_as(auditor)
    return {line.event.actor_id for line in reports.list_events(auditor, verb="person.signed_in")}


def test_rule_01_who_of_the_providers_signs_in_is_not_told_while_a_round_is_sealed(world):
    auditor = accounts.person(Role.AUDITOR, council=Council.KENT)
    colleague = accounts.person(Role.COMMISSIONER, council=Council.KENT)
    for person in (world.submitted.writer, colleague, auditor):
        signed_in(person)
    assert actors_in_log(auditor) == {colleague.id, auditor.id}
    rounds.move_to(world.round_, "opened")
    assert actors_in_log(auditor) == {colleague.id, auditor.id, world.submitted.writer.id}


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_opening_brings_to_light_only_what_was_submitted(world, role):
    rounds.move_to(world.round_, "opened")
    acting_as(accounts.person(role, council=Council.KENT))
    subjects = set(session.scalars(sa.select(AuditEvent.subject_id)))
    addresses = set(session.scalars(sa.select(Message.recipient)))
    assert world.submitted.application_id in subjects
    assert world.submitted.writer.email in addresses
    for unknown in world.never_known:
        assert unknown.application_id not in subjects
        assert unknown.writer.email not in addresses
    assert count("application") == (0 if role is Role.PLACEMENT_OFFICER else 1)
    assert count("notification") == count("reminder") == count("answer_comment") == count("late_attempt") == 0


def test_an_attempt_that_came_too_late_is_known_after_opening(world):
    with as_worker():
        late = session.get_one(Application, world.drafting.application_id)
    audit.record("application.submission_refused_late", late, by=None, sealed_round_id=world.round_id)
    session.commit()
    acting_as(accounts.person(Role.AUDITOR, council=Council.KENT))
    of_draft = sa.select(AuditEvent.verb).where(AuditEvent.subject_id == world.drafting.application_id)
    assert session.scalars(of_draft).all() == []
    rounds.move_to(world.round_, "opened")
    assert session.scalars(of_draft).all() == ["application.submission_refused_late"]


def test_rule_01_a_cancelled_round_stays_sealed(world):
    rounds.move_to(world.round_, "cancelled")
    acting_as(accounts.person(Role.AUDITOR, council=Council.KENT))
    seen = {table: count(table) for table in sealed_tables()}
    assert seen == dict.fromkeys(seen, 0)


# Every page there is


def pages_with(app, world):
    """Every address that can be got, with this world's ids wherever one fits."""
    ids = {
        "round_id": [world.round_id],
        "application_id": [one.application_id for one in (world.submitted, *world.never_known)],
        "organisation_id": [one.organisation.id for one in (world.submitted, *world.never_known)],
        "clarification_id": [world.clarification_id],
    }
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in {"static", "accounts.signed_out"}:
            continue
        names = [name for name in rule.arguments if name in ids]
        if len(names) != len(rule.arguments) or len(names) > 1:
            continue
        for value in ids[names[0]] if names else [None]:
            yield rule.rule if value is None else rule.rule.replace(f"<uuid:{names[0]}>", str(value))


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_no_page_tells_of_an_applicant(app, client, world, role):
    """Organisations are registered in the open. What ties one to this round must be on no page."""
    applicants = (world.submitted, *world.never_known)
    telling = [applicant.reference for applicant in applicants]
    telling += ["Robin Fairweather", "evidence for", "We match each child with care"]
    client.sign_in(accounts.person(role, council=Council.KENT))
    visited = 0
    for address in pages_with(app, world):
        answer = client.get(address)
        visited += 1
        assert answer.status_code in {200, 303, 403, 404} | (
            {401} if address.startswith("/api/v1/") else set()
        ), address
        if answer.mimetype in {"text/html", "application/json", "text/csv", "application/atom+xml"}:
            text = answer.get_data(as_text=True)
            found = [words for words in telling if words in text]
            assert found == [], address
        if f"/rounds/{world.round_id}" in address or address in {"/start", "/rounds", "/audit-log"}:
            names = [one.organisation.legal_name for one in applicants]
            assert [name for name in names if name in answer.get_data(as_text=True)] == [], address
    assert visited > 60


@pytest.mark.commits
def test_rule_01_the_webs_own_login_cannot_step_around_its_guard(databases, worker_name, committing):
    """Not a superuser playing the role, but a connection as `portal_app` with any SQL it likes."""
    engine = sa.create_engine(databases.url("portal_app", f"own_{worker_name}"), poolclass=sa.pool.NullPool)
    attempts = (
        "SET ROLE portal_worker",
        "SET ROLE portal_owner",
        "SET SESSION AUTHORIZATION portal_worker",
        "ALTER TABLE application DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE application NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY web ON application",
        "CREATE POLICY all_of_it ON application USING (true)",
        "ALTER ROLE portal_app BYPASSRLS",
        "TRUNCATE clarification_asker",
        "COPY application TO PROGRAM 'cat'",
        "SET row_security = off; SELECT * FROM application",
        "SELECT args FROM procrastinate_jobs",
        "CREATE OR REPLACE FUNCTION app_is_council() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    )
    for attempt in attempts:
        with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError):
            connection.execute(sa.text(attempt))
