"""Sealing, tried from every council role: pages, queries, and plain SQL that forgets every filter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import queries
from portal.applications.models import Application
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations.queries.conflicts import READERS
from portal.frameworks.models import Round
from portal.notifications.models import Message
from portal.providers.models import Organisation
from tests.factories import accounts, applications, documents, evaluations, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker

COUNCIL = [role for role in Role if not role.is_provider_role]
SEALED = (
    *("application", "answer", "bid_price", "evidence", "submission", "submitted_price", "submitted_file"),
    *("document", "late_attempt"),
)
SECRET = "Quiet Larkspur Fostering"


@dataclass
class Sealed:
    """Ids, since nobody at the councils can so much as refresh the rows."""

    round_: Any
    round_id: Any
    application_id: Any
    organisation: Any
    document_id: Any


@pytest.fixture
def sealed():
    """One submitted application with answers, prices and files in a round whose deadline has passed."""
    round_ = rounds.round_()
    organisation = providers.organisation(legal_name=SECRET)
    made = applications.application("submitted", round_=round_, organisation=organisation)
    with as_worker():
        submission = queries.latest_submission(made)
        document_id = next(iter(queries.list_file_states(submission)))
        moved = sa.func.portal_now() - timedelta(minutes=1)
        session.execute(
            sa.update(Round)
            .where(Round.id == round_.id)
            .values(submission_deadline=moved, clarification_deadline=moved - timedelta(days=1))
        )
    application_id = made.id
    session.commit()
    session.expunge_all()
    held = session.get(Round, round_.id)
    return Sealed(held, held.id, application_id, session.get(Organisation, organisation.id), document_id)


def count(table):
    return session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_plain_sql_of_the_web_sees_nothing_before_opening(sealed, role):
    acting_as(accounts.person(role, council=Council.KENT))
    assert {table: count(table) for table in SEALED} == dict.fromkeys(SEALED, 0)
    assert queries.count_submitted(sealed.round_) == 1


def test_rule_01_neither_does_somebody_who_is_not_signed_in(sealed):
    acting_as(None)
    assert {table: count(table) for table in SEALED} == dict.fromkeys(SEALED, 0)


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_mail_and_audit_identify_no_applicant(sealed, role):
    writer = accounts.person(Role.BID_WRITER, organisation=sealed.organisation)
    with as_worker():
        session.add(
            Message(
                recipient=writer.email,
                subject="Received",
                body="x",
                template="applications/submitted",
                reference=str(role),
                sealed_round_id=sealed.round_id,
            )
        )
    session.commit()
    acting_as(accounts.person(role, council=Council.KENT))
    assert count("message") == 0
    subjects = session.execute(sa.text("SELECT subject_id FROM audit_event")).scalars().all()
    assert sealed.application_id not in subjects


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_no_page_shows_more_than_a_count_before_opening(client, sealed, role):
    client.sign_in(accounts.person(role, council=Council.MEDWAY))
    round_id, application_id = sealed.round_id, sealed.application_id
    addresses = [
        f"/applications/{application_id}",
        f"/applications/{application_id}/check",
        f"/applications/{application_id}/receipt",
        f"/applications/{application_id}/prices",
        f"/applications/{application_id}/submit",
        f"/received-applications/{application_id}",
        f"/received-applications/{application_id}/files/{sealed.document_id}",
        f"/documents/{sealed.document_id}",
    ]
    for address in addresses:
        assert client.get(address).status_code == 404, address
    for address in (f"/rounds/{round_id}/applications", f"/rounds/{round_id}/access-register"):
        assert client.get(address).status_code == 403, address
    for address in (f"/rounds/{round_id}/opening", f"/rounds/{round_id}", "/rounds", "/start"):
        text = client.get(address).get_data(as_text=True)
        assert SECRET not in text, address
        assert str(application_id) not in text, address


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_queries_find_nothing_before_opening(sealed, role):
    person = accounts.person(role, council=Council.KENT)
    acting_as(person)
    with pytest.raises(NotFound):
        queries.get_application(person, sealed.application_id)
    assert queries.list_received(person, sealed.round_) == []
    assert queries.count_received(person, sealed.round_) == 0


def open_round(sealed):
    rounds.move_to(sealed.round_, "opened")
    session.expire_all()


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_after_opening_the_councils_see_submissions_and_rule_04_no_prices(sealed, role):
    open_round(sealed)
    person = accounts.person(role, council=Council.KENT)
    acting_as(person)
    # Rule 3: whoever evaluates, runs or decides reads nothing before declaring; rule 1: whoever takes no part, nothing.
    assert count("submission") == (1 if role is Role.AUDITOR else 0)
    assert count("document") == 0 or role is Role.AUDITOR
    if role not in {*READERS, Role.AUDITOR}:
        return
    declare(sealed, person)
    acting_as(person)
    seen = {table: count(table) for table in SEALED}
    assert seen["application"] == seen["submission"] == 1
    assert seen["document"] == seen["submitted_file"] > 0
    assert [seen[table] for table in ("answer", "bid_price", "evidence", "submitted_price")] == [0, 0, 0, 0]


def declare(sealed, person):
    """No conflict: for whoever has a role that declares."""
    evaluations.declaration(session.get(Application, sealed.application_id), person)


def test_rule_04_prices_show_once_quality_is_locked(sealed):
    rounds.move_to(sealed.round_, "recommended")
    person = accounts.person(Role.COMMISSIONER, council=Council.KENT)
    acting_as(person)
    assert count("submitted_price") == 0
    declare(sealed, person)
    acting_as(person)
    assert count("submitted_price") > 0
    assert count("bid_price") == 0


def test_rule_01_drafts_and_what_was_withdrawn_before_opening_stay_invisible(sealed):
    applications.application("draft", round_=sealed.round_, answered=True)
    gone = applications.application("submitted", round_=sealed.round_)
    with as_worker():
        session.execute(
            sa.text("UPDATE application SET state = 'withdrawn', withdrawn_at = :at WHERE id = :id"),
            {"at": sealed.round_.created_at - timedelta(days=50), "id": gone.id},
        )
    session.commit()
    open_round(sealed)
    auditor = accounts.person(Role.AUDITOR, council=Council.KENT)
    acting_as(auditor)
    assert count("application") == 1
    assert [one.id for one in queries.list_received(auditor, sealed.round_)] == [sealed.application_id]


def test_rule_01_files_of_the_working_copy_alone_stay_invisible(sealed):
    extra = documents.document(sealed.organisation, round_=sealed.round_, name="never submitted.pdf").id
    open_round(sealed)
    person = accounts.person(Role.COMMISSIONER, council=Council.KENT)
    acting_as(person)
    declare(sealed, person)
    acting_as(person)
    names = session.execute(sa.text("SELECT id FROM document")).scalars().all()
    assert extra not in names
    assert len(names) > 0


def test_rule_01_a_role_cannot_be_changed_to_see_more(sealed):
    """The transaction's own setting decides, and an unknown person sees nothing."""
    acting_as(accounts.person(Role.COMMISSIONER, council=Council.KENT))
    session.execute(sa.text("SELECT set_config('app.person_id', '', true)"))
    assert count("application") == 0


@pytest.mark.parametrize("role", COUNCIL)
def test_rule_01_who_reads_here_after_opening(client, sealed, role):
    open_round(sealed)
    client.sign_in(accounts.person(role, council=Council.KENT))
    address = f"/received-applications/{sealed.application_id}"
    status = client.get(address).status_code
    if role == Role.AUDITOR:
        assert status == 200
    elif role in (Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER):
        assert status == 403
    else:
        assert status == 404


def test_rule_01_each_read_is_recorded(client, sealed):
    open_round(sealed)
    auditor = accounts.person(Role.AUDITOR, council=Council.KENT, full_name="Ines Okafor")
    client.sign_in(auditor)
    address = f"/received-applications/{sealed.application_id}"
    text = client.get(address).get_data(as_text=True)
    assert SECRET in text
    assert "750.00" not in text
    file = client.get(f"{address}/files/{sealed.document_id}")
    assert file.headers["Content-Disposition"].startswith("attachment")
    register = client.get(f"/rounds/{sealed.round_id}/access-register").get_data(as_text=True)
    assert register.count('data-label="Who"><span>Ines Okafor') == 2
    assert "Submission 1" in register


def test_rule_01_a_refused_read_shows_no_file_outside_the_submission(client, sealed):
    extra = documents.document(sealed.organisation, round_=sealed.round_).id
    open_round(sealed)
    client.sign_in(accounts.person(Role.AUDITOR, council=Council.KENT))
    assert client.get(f"/received-applications/{sealed.application_id}/files/{extra}").status_code == 404


def test_an_auditor_who_also_evaluates_reads_in_the_evaluation_alone(client, sealed):
    open_round(sealed)
    client.sign_in(accounts.person(Role.AUDITOR, Role.EVALUATOR, council=Council.KENT))
    assert client.get(f"/received-applications/{sealed.application_id}").status_code == 403


def test_the_list_costs_the_same_for_one_and_for_many(client, count_queries):
    few, many = rounds.round_("opened", questions=False), rounds.round_("opened", questions=False)
    applications.application("submitted", round_=few)
    for _ in range(6):
        applications.application("submitted", round_=many)
    client.sign_in(accounts.person(Role.AUDITOR, council=Council.KENT))
    costs = []
    client.get("/rounds")
    for round_ in (few, many):
        with count_queries() as counted:
            assert client.get(f"/rounds/{round_.id}/applications").status_code == 200
        costs.append(counted.number)
    assert costs[0] == costs[1]
