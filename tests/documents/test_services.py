"""Taking files in: what is kept, what is recorded, and that a failure leaves nothing that counts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.adapters import storage
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused
from portal.documents import services
from portal.documents.models import Document
from portal.documents.services import receiving
from portal.documents.states import DocumentState, FileKind
from tests.factories import accounts, documents, files, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker


@pytest.fixture
def writer():
    organisation = providers.organisation()
    person = accounts.person(Role.BID_WRITER, organisation=organisation)
    acting_as(person)
    return person


def receive(by, content=None, *, name="policy.pdf", round_id=None, chunks=None):
    return services.receive_document(
        organisation_id=by.organisation_ids[0],
        round_id=round_id,
        original_name=name,
        chunks=chunks if chunks is not None else [content if content is not None else files.pdf()],
        by=by,
    )


def test_a_file_is_kept_under_a_random_name_with_its_hash(writer, files_kept):
    content = files.pdf()
    document = receive(writer, name="C:\\secret\\Policy final.PDF", chunks=[content[:50], content[50:]])
    session.commit()
    assert (document.kind, document.size) == (FileKind.PDF, len(content))
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.original_name == "Policy final.PDF"
    assert "olicy" not in document.stored_name
    assert files_kept.files == {document.stored_name: content}
    assert session.get(Document, document.id).state == DocumentState.UPLOADED


def test_it_is_audited_sealed_and_scanned_later(writer):
    round_ = rounds.round_()
    acting_as(writer)
    document = receive(writer, round_id=round_.id)
    session.commit()
    with as_worker():
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.subject_id == document.id)).one()
        jobs = session.execute(
            sa.text("SELECT args->>'document_id' FROM procrastinate_jobs WHERE task_name = 'documents.scan'")
        ).scalars()
        assert str(document.id) in list(jobs)
    assert event.verb == "document.uploaded"
    assert event.sealed_round_id == round_.id
    assert "policy" not in str(event.details)


def test_the_content_decides_not_the_name(writer):
    assert receive(writer, files.png(), name="report.pdf").kind == FileKind.PNG


def test_too_big_is_refused_without_reading_on(writer, files_kept, monkeypatch):
    monkeypatch.setattr(receiving, "MOST_BYTES", 3000)
    read = []

    def endless():
        while True:
            read.append(1)
            yield b"%PDF-" + b"x" * 995

    with pytest.raises(Invalid, match="50 MB"):
        receive(writer, chunks=endless())
    assert len(read) == 4
    assert not files_kept.files


@pytest.mark.parametrize("chunks", [[], [b""], [b"", b""]])
def test_nothing_is_refused(writer, files_kept, chunks):
    with pytest.raises(Invalid, match="empty"):
        receive(writer, chunks=chunks)
    assert not files_kept.files


def test_a_connection_lost_in_the_middle_leaves_nothing(writer, files_kept):
    def broken():
        yield files.pdf()[:100]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        receive(writer, chunks=broken())
    assert not files_kept.files
    assert session.scalars(sa.select(Document)).all() == []


def test_a_store_that_fails_leaves_no_row(writer, monkeypatch):
    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(storage.current(), "write", full)
    with pytest.raises(services.NoRoom, match="could not keep"):
        receive(writer)
    assert session.scalars(sa.select(Document)).all() == []


def test_a_row_that_fails_leaves_no_object(writer, files_kept, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(receiving.jobs, "defer", refuse)
    with pytest.raises(RuntimeError):
        receive(writer)
    assert not files_kept.files


def test_rule_09_nobody_uploads_for_another_organisation(writer, files_kept):
    other = providers.organisation()
    acting_as(writer)
    with pytest.raises(NotAllowed):
        services.receive_document(
            organisation_id=other.id, round_id=None, original_name="a.pdf", chunks=[files.pdf()], by=writer
        )
    assert not files_kept.files


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("  .pdf ", "pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("", "file.pdf"),
        ("Policy “2026” – naïve.pdf", "Policy “2026” – naïve.pdf"),
    ],
)
def test_names_are_tidied(given, kept):
    assert receiving.tidy_name(given, "pdf") == kept


def test_long_names_keep_their_ending():
    tidy = receiving.tidy_name("x" * 300 + ".docx", "docx")
    assert len(tidy) <= 180
    assert tidy.endswith(".docx")


@pytest.mark.parametrize("state", [one for one in DocumentState if one != DocumentState.CLEAN])
def test_rule_11_only_clean_content_is_opened(writer, state):
    document = documents.document(providers.organisation(), state=state)
    with pytest.raises(Refused):
        services.open_content(document)


def test_a_missing_object_is_a_message_not_a_crash(writer, files_kept):
    document = documents.document(providers.organisation())
    files_kept.files.clear()
    with pytest.raises(Refused, match="missing"):
        services.open_content(document)


def test_the_sweep_deletes_only_old_objects_without_a_row(writer, files_kept):
    kept = documents.document(providers.organisation())
    files_kept.write("orphan-old", [b"x"])
    files_kept.write("orphan-new", [b"x"])
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    files_kept.stored_at["orphan-old"] = files_kept.stored_at[kept.stored_name] = two_days_ago
    with as_worker():
        assert services.sweep_unused() == 1
    assert set(files_kept.files) == {kept.stored_name, "orphan-new"}


def test_the_real_store_lists_what_is_old(tmp_path):
    store = storage.ObjectStorage(f"file://{tmp_path}/kept")
    store.write("one", iter([b"abc"]))
    assert list(store.names_older_than(datetime.now(UTC) + timedelta(minutes=1))) == ["one"]
    assert list(store.names_older_than(datetime.now(UTC) - timedelta(minutes=1))) == []


def test_the_sweep_spares_pictures_and_quarantine_of_files_that_are_kept(writer, files_kept):
    kept = documents.document(providers.organisation())
    names = [f"{kept.stored_name}.1", f"quarantine/{kept.stored_name}", "gone.1", "quarantine/gone"]
    for name in names:
        files_kept.write(name, [b"x"])
        files_kept.stored_at[name] = datetime.now(UTC) - timedelta(days=2)
    with as_worker():
        assert services.sweep_unused() == 2
    assert set(files_kept.files) == {kept.stored_name, *names[:2]}


def test_the_real_store_moves(tmp_path):
    store = storage.ObjectStorage(f"file://{tmp_path}/kept")
    store.write("one", iter([b"abc"]))
    store.move("one", "quarantine/one")
    store.move("missing", "quarantine/missing")
    assert b"".join(store.read("quarantine/one")) == b"abc"
    with pytest.raises(FileNotFoundError):
        next(store.read("one"))
    listed = list(store.names_older_than(datetime.now(UTC) + timedelta(minutes=1)))
    assert listed == ["quarantine/one"]
