"""What opening leaves on record: how it was opened, and who has read what since."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import queries, services
from portal.applications.models import AccessRegister, Application, OpeningRecord
from portal.applications.services.opening_record import fingerprint_of
from portal.core.db import session
from portal.frameworks.models import Round
from tests.factories import accounts, applications, providers
from tests.factories import frameworks as rounds
from tests.factories.evaluations import declaration
from tests.support.acting import acting_as, as_worker, save

OVERSEERS = (Role.COMMISSIONER, Role.AUDITOR)


@pytest.fixture
def officers():
    return [
        accounts.person(Role.COMMISSIONER, council=council, full_name=name)
        for council, name in ((Council.KENT, "Amara Linden"), (Council.MEDWAY, "Jonah Reed"))
    ]


def open_round(officers, *applicants):
    """A round with these applicants (organisation, number of submissions), opened by the two officers."""
    round_ = rounds.round_()
    for organisation, submissions in applicants:
        made = applications.application("submitted", round_=round_, organisation=organisation)
        for _ in range(submissions - 1):
            applications.submission(made)
    applications.application("draft", round_=round_)
    applications.application("withdrawn", round_=round_)
    with as_worker():
        moved = sa.func.portal_now() - timedelta(hours=1)
        dates = {"submission_deadline": moved, "clarification_deadline": moved - timedelta(days=1)}
        session.execute(sa.update(Round).where(Round.id == round_.id).values(**dates))
    session.commit()
    session.expire_all()
    first, second = officers
    acting_as(first)
    services.request_opening(round_, by=first)
    session.commit()
    acting_as(second)
    services.confirm_opening(round_, by=second)
    session.commit()
    return round_


def test_rule_01_the_record_says_who_opened_what_and_when(officers):
    larkspur, cobnut = (
        providers.organisation(legal_name="Larkspur"),
        providers.organisation(legal_name="Cobnut"),
    )
    round_ = open_round(officers, (larkspur, 1), (cobnut, 2))
    record = queries.get_opening_record(round_)
    assert (record.asked_by.full_name, record.confirmed_by.full_name) == ("Amara Linden", "Jonah Reed")
    assert record.asked_at < record.confirmed_at == round_.opened_at
    assert [(line.legal_name, line.number) for line in record.lines] == [("Cobnut", 2), ("Larkspur", 1)]
    for line in record.lines:
        with as_worker():
            application = session.get_one(Application, line.application_id)
        declaration(application, officers[0])
        acting_as(officers[0])
        submission = queries.get_submission(
            queries.get_application(officers[0], line.application_id), line.number
        )
        assert (line.submission_id, line.sha256) == (submission.id, submission.sha256)
        assert line.files == len(queries.list_file_states(submission)) > 0
    assert record.sha256 == fingerprint_of(record.lines)


def test_the_record_stays_as_written_whatever_changes_later(officers):
    organisation = providers.organisation(legal_name="Larkspur")
    round_ = open_round(officers, (organisation, 1))
    with as_worker():
        organisation.legal_name = "Renamed"
    session.commit()
    assert queries.get_opening_record(round_).lines[0].legal_name == "Larkspur"
    with as_worker():
        for table in ("opening_record", "opening_record_line"):
            for statement in (f"UPDATE {table} SET sha256 = 'x'", f"DELETE FROM {table}"):
                with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
                    session.execute(sa.text(statement))


def test_an_empty_round_has_a_record_too(client, officers):
    round_ = open_round(officers)
    client.sign_in(officers[0])
    assert "No application was submitted" in client.get(f"/rounds/{round_.id}/opening/record").text


def test_there_is_one_record_for_a_round(officers):
    round_ = open_round(officers)
    first, second = officers
    again = OpeningRecord(
        round_id=round_.id,
        asked_by_id=first.id,
        asked_at=round_.opened_at,
        confirmed_by_id=second.id,
        confirmed_at=round_.opened_at,
        sha256="x",
    )
    session.add(again)
    with pytest.raises(Exception, match="opened already"):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("role", [role for role in Role if not role.is_provider_role])
def test_who_reads_the_record_and_the_registers(client, officers, role):
    round_ = open_round(officers, (providers.organisation(legal_name="Larkspur"), 1))
    line = queries.get_opening_record(round_).lines[0]
    client.sign_in(accounts.person(role, council=Council.KENT))
    record = client.get(f"/rounds/{round_.id}/opening/record")
    assert record.status_code == (200 if role in OVERSEERS else 403)
    if role in OVERSEERS:
        for words in ("Larkspur", line.sha256, line.reference, "Amara Linden", "Jonah Reed"):
            assert words in record.text
    for end in ("access-register", "access-register/download"):
        status = client.get(f"/received-applications/{line.application_id}/{end}").status_code
        assert (status == 200) == (role in OVERSEERS)
        assert (client.get(f"/rounds/{round_.id}/{end}").status_code == 200) == (role in OVERSEERS)


def test_before_opening_there_is_no_record(client):
    round_ = rounds.closed_round(questions=False)
    client.sign_in(accounts.person(Role.AUDITOR, council=Council.KENT))
    assert client.get(f"/rounds/{round_.id}/opening/record").status_code == 403


@pytest.fixture
def read_twice():
    """Two applications of one opened round, read by somebody whose name a spreadsheet would take for a formula."""
    round_ = rounds.round_("opened", questions=False)
    made = [applications.application("submitted", round_=round_) for _ in range(2)]
    reader = accounts.person(Role.EVALUATOR, full_name="=HYPERLINK(1)")
    for one in made:
        save(AccessRegister(application_id=one.id, person_id=reader.id, what="question 5.1"))
    return made


def test_the_register_of_one_application(client, read_twice):
    one, other = read_twice
    client.sign_in(accounts.person(Role.AUDITOR, council=Council.KENT))
    text = client.get(f"/received-applications/{one.id}/access-register").text
    assert one.reference in text
    assert other.reference not in text
    assert "Showing 1 to 1 of 1" in text


def test_the_register_goes_out_as_csv_that_runs_no_formula(client, read_twice):
    one, _ = read_twice
    client.sign_in(accounts.person(Role.AUDITOR, council=Council.KENT))
    answer = client.get(f"/rounds/{one.round_id}/access-register/download")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0][1] == "Who"
    assert len(rows) == 3
    assert {row[1] for row in rows[1:]} == {"'=HYPERLINK(1)"}
    single = client.get(f"/received-applications/{one.id}/access-register/download")
    assert len(list(csv.reader(io.StringIO(single.get_data().decode("utf-8-sig"))))) == 2


def test_nobody_has_read_it_yet(client):
    made = applications.application("submitted", round_=rounds.round_("opened", questions=False))
    client.sign_in(accounts.person(Role.COMMISSIONER, council=Council.KENT))
    text = client.get(f"/received-applications/{made.id}/access-register").text
    assert "Nobody has read this application yet" in text
    assert "Download" not in text
