"""A real ClamAV: what it finds, and that its absence loses nothing and lets nothing through (rule 11)."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from portal.adapters import scanner
from portal.adapters.scanner import ClamdScanner, NoScanner, ScannerAway, ScanResult
from portal.core.db import session
from portal.core.errors import Refused
from portal.documents import jobs, services
from portal.documents.models import Document
from portal.documents.states import DocumentState
from tests.factories import documents, files, providers
from tests.support import clamd as daemon
from tests.support.acting import as_worker

pytestmark = pytest.mark.clamd
MEGABYTE = b"x" * 1024 * 1024
S = DocumentState


@pytest.fixture(scope="module")
def clamd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clamd")
    with daemon.running(folder) as running:
        yield running


@pytest.fixture
def real(clamd):
    scanner.use(ClamdScanner(clamd.url))
    yield clamd
    scanner.use(NoScanner())


@pytest.fixture(autouse=True)
def as_job(monkeypatch):
    @contextmanager
    def transaction(*_):
        with as_worker():
            yield session
        session.commit()

    monkeypatch.setattr(jobs, "transaction", transaction)


def read_again(document):
    with as_worker():
        return session.execute(
            sa.select(Document).where(Document.id == document.id).execution_options(populate_existing=True)
        ).scalar_one()


@pytest.mark.parametrize(
    ("chunks", "result"),
    [
        ([files.pdf()], ScanResult.CLEAN),
        ([files.docx()], ScanResult.CLEAN),
        ([files.pdf() + daemon.TEST_VIRUS], ScanResult.INFECTED),
        (
            [files.pdf()[:200], files.pdf()[200:] + daemon.TEST_VIRUS[:30], daemon.TEST_VIRUS[30:]],
            ScanResult.INFECTED,
        ),
        ([files.archive({"word/document.xml": daemon.TEST_VIRUS})], ScanResult.INFECTED),
        ([MEGABYTE] * 50, ScanResult.CLEAN),
    ],
    ids=["pdf", "docx", "infected pdf", "cut between pieces", "inside a docx", "50 MB"],
)
def test_what_it_finds(real, chunks, result):
    found = scanner.current().scan(chunks)
    assert found.result == result
    assert found.finding.startswith(daemon.SIGNATURE) == (result == ScanResult.INFECTED)


def test_more_than_it_takes_is_no_verdict(real):
    with pytest.raises(ScannerAway, match="size limit"):
        scanner.current().scan([MEGABYTE] * 60)


def test_no_daemon_is_no_verdict(tmp_path):
    for url in (f"unix:{tmp_path}/nobody.sock", "tcp://127.0.0.1:9"):
        with pytest.raises(ScannerAway):
            ClamdScanner(url).scan([b"x"])


def test_rule_11_an_infected_file_goes_into_quarantine_and_is_never_served(real, files_kept):
    content = files.pdf() + daemon.TEST_VIRUS
    document = documents.document(providers.organisation(), state=S.UPLOADED, content=content)
    jobs.scan(str(document.id))
    jobs.quarantine(str(document.id))
    jobs.quarantine(str(document.id))
    found = read_again(document)
    assert (found.state, found.sha256) == (S.INFECTED, document.sha256)
    assert found.finding.startswith(daemon.SIGNATURE)
    assert files_kept.files == {f"quarantine/{document.stored_name}": content}
    with pytest.raises(Refused, match="malware"):
        services.open_content(found)


def test_rule_11_while_it_is_down_files_wait_and_are_scanned_when_it_is_back(real):
    waiting = [
        documents.document(providers.organisation(), state=state, content=content)
        for state, content in (
            (S.UPLOADED, files.pdf()),
            (S.SCANNING, files.pdf() + daemon.TEST_VIRUS),
        )
    ]
    with as_worker():
        session.execute(
            sa.update(Document).values(created_at=Document.created_at - sa.text("interval '1 hour'"))
        )
    session.commit()
    real.stop()
    with pytest.raises(ScannerAway):
        jobs.scan(str(waiting[0].id))
    jobs.scan_left()
    for document in waiting:
        found = read_again(document)
        assert found.state == S.SCANNING
        with pytest.raises(Refused):
            services.open_content(found)
    real.start()
    jobs.scan_left()
    assert [read_again(one).state for one in waiting] == [S.CLEAN, S.INFECTED]


def test_it_stops_in_the_middle(real):
    """The daemon dies while a file is streamed: no verdict, never a clean one."""

    def chunks():
        yield MEGABYTE
        real.stop()
        for _ in range(20):
            yield MEGABYTE

    try:
        with pytest.raises(ScannerAway):
            scanner.current().scan(chunks())
    finally:
        real.start()
