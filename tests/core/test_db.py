"""The session: whose transaction it is, what a reading request may do, and what a broken constraint says."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.accounts.models import RoleGrant
from portal.accounts.states import Council, Role
from portal.core import db, errors
from portal.core.access import public
from portal.core.db import session
from portal.core.errors import Invalid, Stale
from portal.providers.models import Organisation
from tests.factories import accounts, providers
from tests.support.acting import as_worker

WHOSE = sa.text("SELECT current_setting('app.person_id', true)")


def whose():
    return session.execute(WHOSE).scalar_one() or None


def test_rule_01_errors_do_not_repeat_what_was_in_a_statement(monkeypatch):
    monkeypatch.setattr(db, "session", Mock())
    assert db.connect("postgresql+psycopg://nobody@/nowhere").hide_parameters


def test_a_get_that_writes_fails_and_stores_nothing(core_app, client, add_page):
    thing = providers.organisation(telephone="01632 960001")

    def rename():
        session.get(Organisation, thing.id).telephone = "01632 960009"
        session.flush()
        return "written"

    add_page("/rename", public(rename))
    core_app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.get("/rename").status_code == 500
    session.commit()
    assert session.execute(sa.select(Organisation.telephone)).scalar_one() == "01632 960001"


def test_a_get_does_not_commit_even_what_the_session_cannot_see(client, add_page):
    thing = providers.organisation(telephone="01632 960001")

    def rename():
        session.execute(sa.text("UPDATE organisation SET telephone = '01632 960009'"))
        return "read"

    add_page("/rename", public(rename))
    client.get("/rename")
    found = session.execute(sa.select(Organisation.telephone).where(Organisation.id == thing.id))
    assert found.scalar_one() == "01632 960001"


def test_a_post_commits_once_at_the_edge(client, add_page):
    thing = providers.organisation()

    def rename():
        session.get(Organisation, thing.id).telephone = "01632 960009"
        return "written"

    add_page("/rename", public(rename))
    client.post("/rename")
    session.rollback()
    assert session.execute(sa.select(Organisation.telephone)).scalar_one() == "01632 960009"


def test_a_post_that_is_refused_stores_nothing(client, add_page):
    thing = providers.organisation(telephone="01632 960001")

    def rename():
        session.get(Organisation, thing.id).telephone = "01632 960009"
        session.flush()
        raise errors.Refused("This cannot be done.")

    add_page("/rename", public(rename))
    assert client.post("/rename").status_code == 409
    assert session.execute(sa.select(Organisation.telephone)).scalar_one() == "01632 960001"


def test_a_refusal_can_leave_its_own_event(client, add_page):
    from portal.core.audit import AuditEvent, Event

    thing = providers.organisation(telephone="01632 960001")

    def attempt():
        session.get(Organisation, thing.id).telephone = "01632 960009"
        session.flush()
        raise errors.Refused("Too late.", event=Event("thing.attempted", thing, None))

    add_page("/attempt", public(attempt))
    client.post("/attempt")
    assert session.execute(sa.select(AuditEvent.verb)).scalar_one() == "thing.attempted"
    assert session.execute(sa.select(Organisation.telephone)).scalar_one() == "01632 960001"


def test_a_known_constraint_becomes_a_message_beside_its_field(monkeypatch):
    monkeypatch.setattr(errors, "_constraints", {})
    errors.on_constraint("uq_organisation_urn", "This URN is registered already.", field="urn")
    first = providers.organisation()
    session.add(_twin(first))
    with pytest.raises(Invalid, match="registered already") as caught:
        session.flush()
    assert caught.value.field == "urn"


def test_an_unknown_constraint_stays_the_databases_own_error(monkeypatch):
    monkeypatch.setattr(errors, "_constraints", {})
    session.add(_twin(providers.organisation()))
    with pytest.raises(IntegrityError):
        session.flush()


def _twin(first):
    return Organisation(
        urn=first.urn,
        legal_name="Twin",
        registered_office="1 High Street",
        town="Faversham",
        postcode="ME13 7AB",
    )


def test_a_rivals_change_is_never_overwritten():
    thing = providers.organisation()
    session.execute(sa.text("UPDATE organisation SET version = version + 1"))
    thing.telephone = "01632 960009"
    with pytest.raises(StaleDataError):
        session.flush()


def test_a_stale_form_is_told():
    thing = providers.organisation()
    db.check_version(thing, None)
    db.check_version(thing, thing.version)
    with pytest.raises(Stale):
        db.check_version(thing, thing.version - 1)


def test_each_transaction_says_whose_it_is():
    one, other = accounts.person(Role.EVALUATOR), accounts.person(Role.AUDITOR)
    db.act_as(one.id)
    assert whose() == str(one.id)
    session.commit()
    assert whose() == str(one.id)
    db.act_as(other.id)
    assert whose() == str(other.id)
    db.act_as(None)
    assert whose() is None


def test_acting_for_another_ends_the_open_transaction():
    other = accounts.person(Role.AUDITOR)
    thing = providers.organisation(telephone="01632 960001")
    thing.telephone = "01632 960009"
    session.flush()
    db.act_as(other.id)
    assert session.execute(sa.select(Organisation.telephone)).scalar_one() == "01632 960001"


def test_a_transaction_of_a_job_gives_back_whose_turn_it_was():
    one, other = accounts.person(Role.EVALUATOR), accounts.person(Role.AUDITOR)
    db.act_as(one.id)
    with db.transaction(other.id):
        assert whose() == str(other.id)
    assert whose() == str(one.id)


def test_a_transaction_that_fails_stores_nothing():
    providers.organisation(telephone="01632 960001")

    def fail():
        with db.transaction():
            session.execute(sa.text("UPDATE organisation SET telephone = '01632 960009'"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail()
    assert session.execute(sa.select(Organisation.telephone)).scalar_one() == "01632 960001"


def test_the_next_request_of_the_same_thread_is_nobodys(core_app, client, add_page):
    add_page("/whose", public(lambda: str(whose())))
    person = accounts.person(Role.COMMISSIONER)
    client.sign_in(person)
    assert client.get("/whose").text == str(person.id)
    assert core_app.test_client().get("/whose").text == "None"
    assert client.get("/whose").text == str(person.id)


def test_a_disabled_persons_request_is_nobodys(client, add_page):
    add_page("/whose", public(lambda: str(whose())))
    client.sign_in(accounts.person(Role.COMMISSIONER, disabled=True))
    assert client.get("/whose").text == "None"


def test_signing_out_everywhere_makes_the_request_nobodys(client, add_page):
    add_page("/whose", public(lambda: str(whose())))
    person = accounts.person(Role.COMMISSIONER)
    client.sign_in(person)
    session.execute(sa.text("UPDATE person SET auth_version = auth_version + 1"))
    session.commit()
    assert client.get("/whose").text == "None"


def test_many_new_rows_go_in_with_one_statement(count_queries):
    person = accounts.person(Role.COMMISSIONER)
    others = [role for role in Role if not role.is_provider_role and role is not Role.COMMISSIONER]
    session.connection()
    with count_queries() as counted, as_worker():
        session.add_all(RoleGrant(person_id=person.id, role=role, council=Council.KENT) for role in others)
    assert [text.split()[0] for text in counted.statements] == ["INSERT"]


def _engine() -> sa.Engine:
    return db.make_engine(session.get_bind().engine.url, poolclass=sa.pool.NullPool)


def test_a_rollback_leaves_statements_planned() -> None:
    with _engine().connect() as connection:
        for _ in range(7):
            connection.execute(sa.text("SELECT 1 AS kept"))
            connection.rollback()
        planned = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS kept'")
        assert connection.execute(planned).scalar_one() == 1


def test_a_statement_may_ask_for_a_plan_of_its_own() -> None:
    with _engine().connect() as connection:
        for _ in range(7):
            connection.execute(sa.text("SELECT 1 AS afresh"), execution_options={"planned_afresh": True})
        planned = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS afresh'")
        assert connection.execute(planned).scalar_one() == 0
