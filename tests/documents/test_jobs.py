"""Scanning: each answer of the scanner, an error of it, and running the job twice."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.adapters import scanner
from portal.adapters.scanner import MemoryScanner, NoScanner, ScanResult
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import NotAllowed, Refused
from portal.core.transitions import apply
from portal.documents import jobs, services
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.documents.workflow import DOCUMENT
from tests.factories import accounts, documents, providers
from tests.support.acting import acting_as, as_worker

S = DocumentState


@pytest.fixture(autouse=True)
def memory_scanner():
    chosen = MemoryScanner()
    scanner.use(chosen)
    yield chosen
    scanner.use(NoScanner())


@pytest.fixture
def as_job(monkeypatch):
    """The job's own transactions run as the worker's role, as in the worker's process."""
    from contextlib import contextmanager

    @contextmanager
    def transaction(*_):
        with as_worker():
            yield session
        session.commit()

    monkeypatch.setattr(jobs, "transaction", transaction)


def state_of(document):
    with as_worker():
        return session.execute(sa.select(Document.state).where(Document.id == document.id)).scalar_one()


def uploaded(**columns):
    return documents.document(providers.organisation(), state=S.UPLOADED, **columns)


@pytest.mark.parametrize(
    ("result", "state"),
    [(ScanResult.CLEAN, S.CLEAN), (ScanResult.INFECTED, S.INFECTED), (ScanResult.UNREADABLE, S.UNREADABLE)],
)
def test_the_scanner_decides(as_job, memory_scanner, result, state):
    document = uploaded()
    memory_scanner.result = result
    jobs.scan(str(document.id))
    assert state_of(document) == state
    with as_worker():
        verbs = session.scalars(
            sa.select(AuditEvent.verb)
            .where(AuditEvent.subject_id == document.id)
            .order_by(AuditEvent.sequence)
        ).all()
    assert verbs == ["document.scan_started", f"document.{state}"]


def test_a_scanner_that_does_not_answer_leaves_the_file_in_scanning(as_job, memory_scanner, monkeypatch):
    document = uploaded()

    def away(_):
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(memory_scanner, "scan", away)
        with pytest.raises(ConnectionError):
            jobs.scan(str(document.id))
    assert state_of(document) == S.SCANNING
    jobs.scan(str(document.id))
    assert state_of(document) == S.CLEAN


def test_running_twice_changes_nothing(as_job, memory_scanner):
    document = uploaded()
    jobs.scan(str(document.id))
    memory_scanner.result = ScanResult.INFECTED
    jobs.scan(str(document.id))
    assert state_of(document) == S.CLEAN


def test_a_file_missing_from_the_store_is_unreadable(as_job, files_kept):
    document = uploaded()
    files_kept.files.clear()
    scanner.use(NoScanner())
    jobs.scan(str(document.id))
    assert state_of(document) == S.UNREADABLE


def test_a_document_deleted_meanwhile_is_no_error(as_job):
    jobs.scan("00000000-0000-4000-8000-000000000000")


def test_an_unreadable_file_can_be_scanned_again_by_its_owner():
    document = documents.document(providers.organisation(), state=S.UNREADABLE)
    person = accounts.person(Role.BID_WRITER, organisation=document.organisation_id)
    acting_as(person)
    services.retry_scan(session.get(Document, document.id), by=person)
    session.commit()
    assert state_of(document) == S.SCANNING


@pytest.mark.parametrize("name", ["start_scan", "find_clean", "find_infected", "find_unreadable"])
def test_rule_11_no_person_can_judge_a_file(name):
    source = S.UPLOADED if name == "start_scan" else S.SCANNING
    document = documents.document(providers.organisation(), state=source)
    person = accounts.person(Role.BID_WRITER, organisation=document.organisation_id)
    acting_as(person)
    with pytest.raises(NotAllowed):
        apply(DOCUMENT, name, session.get(Document, document.id), by=person)


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize(
    "name", ["start_scan", "find_clean", "find_infected", "find_unreadable", "retry_scan"]
)
def test_every_transition_in_every_state(name, state):
    document = documents.document(providers.organisation(), state=state)
    allowed = state in DOCUMENT[name].source
    with as_worker():
        found = session.get(Document, document.id)
        if allowed:
            apply(DOCUMENT, name, found, by=None)
            assert found.state == DOCUMENT[name].target
        else:
            with pytest.raises(Refused):
                apply(DOCUMENT, name, found, by=None)
