"""The audit log and the register of reads: who sees what, filters, pages."""

from __future__ import annotations

import uuid

import pytest

from portal.accounts.states import Role
from portal.core import audit
from portal.core.db import session
from portal.reports.queries import PAGE
from tests.factories import accounts, applications, frameworks, providers
from tests.support.acting import save

R = Role


@pytest.fixture
def auditor():
    return accounts.person(R.AUDITOR, full_name="Otto Quill")


@pytest.fixture
def organisation():
    return providers.organisation()


def record(verb, thing, by=None, **more):
    audit.record(verb, thing, by=by, **more)
    session.commit()


@pytest.mark.parametrize("role", sorted(set(R) - {R.AUDITOR, R.COMMISSIONER}))
def test_the_log_is_for_auditors_and_commissioners(client, role, organisation):
    client.sign_in(accounts.person(role, organisation=organisation))
    assert client.get("/audit-log").status_code == 403


def test_an_empty_log_says_so(client, auditor):
    client.sign_in(auditor)
    assert "No events match" in client.get("/audit-log").text


def test_the_auditor_reads_who_did_what_with_its_details(client, auditor, organisation):
    record("organisation.verified", organisation, by=auditor, details={"from": "registered"})
    record("person.signed_in", auditor, by=auditor)
    client.sign_in(auditor)
    text = client.get("/audit-log").text
    assert "Organisation verified" in text
    assert "Person signed in" in text
    assert "from: registered" in text
    assert str(organisation.id) in text


def test_a_commissioner_reads_no_ones_account_and_no_details(client, auditor, organisation):
    record("organisation.verified", organisation, by=auditor, details={"from": "registered"})
    record("person.signed_in", auditor, by=auditor)
    client.sign_in(accounts.person(R.COMMISSIONER))
    text = client.get("/audit-log").text
    assert "Organisation verified" in text
    assert "<td" in text
    assert "from: registered" not in text
    assert ">Person" not in text


def test_rule_01_sealed_events_show_once_the_round_is_opened(client, auditor):
    round_ = frameworks.closed_round()
    made = applications.application("submitted", round_=round_)
    record("application.submitted", made, sealed_round_id=round_.id)
    client.sign_in(auditor)
    assert str(made.id) not in client.get("/audit-log").text
    assert "application.submitted" not in client.get("/audit-log").text
    frameworks.move_to(round_, "opened")
    assert str(made.id) in client.get("/audit-log").text


def test_the_log_is_filtered_by_what_happened_and_to_what(client, auditor, organisation):
    other = providers.organisation()
    record("organisation.verified", organisation)
    record("organisation.refused", other)
    client.sign_in(auditor)
    text = client.get("/audit-log?verb=organisation.refused").text
    assert str(other.id) in text
    assert str(organisation.id) not in text
    text = client.get(f"/audit-log?subject_id={organisation.id}").text
    assert str(other.id) not in text
    assert "No events match" in client.get(f"/audit-log?subject_id={uuid.uuid4()}").text


def test_what_is_no_identifier_finds_nothing_and_stays_in_the_box(client, auditor, organisation):
    record("organisation.verified", organisation)
    client.sign_in(auditor)
    text = client.get("/audit-log?subject_id=nonsense").text
    assert "No events match" in text
    assert 'value="nonsense"' in text
    assert str(organisation.id) in client.get("/audit-log?before=nonsense").text


def test_pages_go_back_in_time_and_cost_the_same(client, auditor, organisation, count_queries):
    for number in range(PAGE + 5):
        audit.record("organisation.counted", organisation, by=auditor, details={"number": number})
    session.commit()
    client.sign_in(auditor)
    client.get("/audit-log")
    with count_queries() as first:
        newest = client.get("/audit-log").text
    assert 'rel="next"' in newest
    assert 'rel="prev"' not in newest
    with count_queries() as second:
        older = client.get("/audit-log?before=6").text
    assert older.count("<tr") == 5 + 1
    assert 'rel="next"' not in older
    assert 'rel="prev"' in older
    assert first.number == second.number


def test_the_register_of_reads_is_the_auditors_alone(client, organisation):
    for role in set(R) - {R.AUDITOR}:
        client.sign_in(accounts.person(role, organisation=organisation))
        assert client.get("/access-register").status_code == 403


def test_the_register_names_reader_and_application(client, auditor):
    from portal.applications.models import AccessRegister

    client.sign_in(auditor)
    assert "Nobody has read an application yet" in client.get("/access-register").text
    round_ = frameworks.closed_round(title="Spring re-opening")
    made = applications.application("submitted", round_=round_)
    frameworks.move_to(round_, "opened")
    reader = accounts.person(R.COMMISSIONER, full_name="Bea Marsh")
    save(AccessRegister(application_id=made.id, person_id=reader.id, what="submission 1"))
    text = client.get("/access-register").text
    for shown in ("Bea Marsh", made.reference, "Spring re-opening", "Submission 1"):
        assert shown in text
