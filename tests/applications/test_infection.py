"""An infected file is told to both sides: to the applicant at once, to the councils once they may know (rule 1)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.adapters.scanner import Scanned, ScanResult
from portal.applications import services
from portal.core.db import session
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks.states import RoundState
from portal.notifications.models import Notification
from tests.applications.conftest import make_desk
from tests.factories import accounts
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker


def infect(organisation_id):
    """One file of the applicant, found infected by the scanner's job."""
    with as_worker():
        document = session.scalars(
            sa.select(Document).where(Document.organisation_id == organisation_id)
        ).first()
        session.execute(
            sa.update(Document).where(Document.id == document.id).values(state=DocumentState.SCANNING)
        )
        session.expire_all()
        documents.mark_scanned(document, Scanned(ScanResult.INFECTED, "Test.Malware"))
        session.flush()
        found = document.id
    session.commit()
    return found


def told():
    with as_worker():
        rows = session.execute(
            sa.select(Notification.template, Notification.person_id, Notification.body, Notification.path)
        )
        return [row for row in rows if row.template.endswith("file_infected")]


def deferred():
    with as_worker():
        return set(
            session.execute(
                sa.text("SELECT task_name FROM procrastinate_jobs WHERE args->>'document_id' IS NOT NULL")
            ).scalars()
        )


@pytest.fixture
def submitted(complete):
    accounts.person(Role.COMMISSIONER)
    acting_as(complete.writer)
    complete.declare()
    complete.submit()
    session.commit()
    return complete


def test_the_applicant_is_told_at_once_and_the_councils_learn_nothing(submitted):
    writer_id, reference = submitted.writer.id, submitted.application.reference
    document_id = infect(submitted.application.organisation_id)
    assert {"documents.quarantine", "applications.tell_of_infected_file"} <= deferred()
    with as_worker():
        for _ in range(2):  # a job may run twice
            services.tell_of_infected_file(document_id)
    session.commit()
    found = told()
    assert [row.person_id for row in found] == [writer_id]
    assert "Test.Malware" in found[0].body
    assert reference in found[0].body
    assert found[0].path.endswith("/files")


def test_once_the_round_is_opened_the_commissioners_are_told_of_what_was_found_before(submitted):
    commissioner = accounts.person(Role.COMMISSIONER).id
    round_id = submitted.round_.id
    infect(submitted.application.organisation_id)
    rounds.move_to(submitted.round_, RoundState.OPENED)
    with as_worker():
        for _ in range(2):
            services.tell_of_infected_files(round_id)
    session.commit()
    found = told()
    assert commissioner in {row.person_id for row in found}
    assert {row.template for row in found} == {"evaluations/file_infected"}
    assert len(found) == len({row.person_id for row in found})


def test_what_is_found_after_opening_reaches_both_sides(submitted):
    writer_id = submitted.writer.id
    rounds.move_to(submitted.round_, RoundState.OPENED)
    document_id = infect(submitted.application.organisation_id)
    with as_worker():
        services.tell_of_infected_file(document_id)
    session.commit()
    templates = {row.template for row in told()}
    assert templates == {"applications/file_infected", "evaluations/file_infected"}
    assert writer_id in {row.person_id for row in told()}


def test_of_a_file_never_submitted_the_councils_are_not_told():
    desk = make_desk(answered=True)
    accounts.person(Role.COMMISSIONER)
    rounds.move_to(desk.round_, RoundState.OPENED)
    document_id = infect(desk.application.organisation_id)
    with as_worker():
        services.tell_of_infected_file(document_id)
    session.commit()
    assert {row.template for row in told()} == {"applications/file_infected"}


def test_nothing_is_told_of_a_file_that_is_clean_or_gone(submitted):
    with as_worker():
        services.tell_of_infected_file(session.scalars(sa.select(Document.id)).first())
    assert told() == []
