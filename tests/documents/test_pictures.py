"""Page pictures: what is drawn, within which bounds, and to whom they are shown (rules 1, 9 and 11)."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from portal.accounts.states import Council, Role
from portal.adapters import pages
from portal.applications.models import AccessRegister
from portal.core.db import session
from portal.documents import jobs
from portal.documents.models import Document
from portal.documents.states import DocumentState, FileKind
from portal.frameworks.states import RoundState
from tests.factories import accounts, applications, documents, evaluations, files, providers
from tests.factories import frameworks as rounds
from tests.support.acting import as_worker

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def as_job(monkeypatch):
    @contextmanager
    def transaction(*_):
        with as_worker():
            yield session
        session.commit()

    monkeypatch.setattr(jobs, "transaction", transaction)


def photo(width, height, kind="jpeg"):
    held = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(held, kind)
    return held.getvalue()


def pdf_of(pages_wanted, width=595, height=842):
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _ in range(pages_wanted):
        writer.add_blank_page(width=width, height=height)
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


def drawn(content, kind):
    """How many pages, and the sizes of the pictures in pixels and bytes."""
    with pages.drawn([content], kind) as made:
        sizes = []
        for path in made.pictures:
            with Image.open(path) as image:
                sizes.append((*image.size, path.stat().st_size))
        return made.page_count, sizes


def test_a_pdf_is_drawn_page_by_page():
    count, sizes = drawn(pdf_of(3), "pdf")
    assert count == len(sizes) == 3
    assert {size[0] for size in sizes} == {pages.WIDTH}


def test_only_the_first_pages_are_drawn_and_the_rest_is_counted():
    count, sizes = drawn(pdf_of(45), "pdf")
    assert (count, len(sizes)) == (45, pages.MOST_PAGES)


@pytest.mark.parametrize(("width", "height"), [(14_400, 14_400), (100, 14_000), (3, 3)])
def test_pages_of_odd_sizes_stay_within_bounds(width, height):
    count, sizes = drawn(pdf_of(1, width, height), "pdf")
    assert count == 1
    assert all(w * h <= pages.MOST_PIXELS * 1.01 and w <= pages.WIDTH for w, h, _ in sizes)


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_photo_becomes_one_picture_of_bounded_size(kind):
    count, sizes = drawn(photo(2400, 3200, "png" if kind == "png" else "jpeg"), kind)
    assert count == len(sizes) == 1
    assert sizes[0][0] <= pages.WIDTH
    assert sizes[0][2] < 2_000_000


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"%PDF-1.7 rubbish %%EOF", "pdf"), (files.jpg(), "jpg"), (b"", "png"), (b"GIF89a", "png")],
    ids=["broken pdf", "broken photo", "nothing", "another kind"],
)
def test_what_cannot_be_drawn_has_no_pages(content, kind):
    assert drawn(content, kind)[1] == []


def test_a_picture_of_too_many_pixels_is_not_unpacked(monkeypatch):
    held = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(held, "png")
    assert drawn(held.getvalue(), "png") == (0, [])


def test_what_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(pages, "SECONDS", 0.01)
    assert drawn(pdf_of(20), "pdf")[1] == []


def read_again(document):
    with as_worker():
        return session.execute(
            sa.select(Document).where(Document.id == document.id).execution_options(populate_existing=True)
        ).scalar_one()


def test_the_job_keeps_pictures_beside_a_clean_file_once(as_job, files_kept):
    document = documents.document(providers.organisation(), content=pdf_of(2))
    jobs.picture(str(document.id))
    jobs.picture(str(document.id))
    found = read_again(document)
    assert (found.page_count, found.picture_count) == (2, 2)
    kept = {name for name in files_kept.files if name != document.stored_name}
    assert kept == {f"{document.stored_name}.1", f"{document.stored_name}.2"}
    assert all(files_kept.files[name].startswith(PNG) for name in kept)


def test_a_file_that_cannot_be_drawn_has_no_preview(as_job):
    document = documents.document(providers.organisation(), content=b"%PDF-1.7 rubbish %%EOF")
    jobs.picture(str(document.id))
    assert read_again(document).picture_count == 0


@pytest.mark.parametrize("state", [one for one in DocumentState if one != DocumentState.CLEAN])
def test_rule_11_nothing_is_drawn_of_a_file_not_found_clean(as_job, files_kept, state):
    document = documents.document(providers.organisation(), state=state, content=pdf_of(1))
    jobs.picture(str(document.id))
    assert read_again(document).picture_count is None
    assert set(files_kept.files) == {document.stored_name}


def test_nothing_is_drawn_of_a_word_file(as_job):
    document = documents.document(providers.organisation(), kind=FileKind.DOCX, content=files.docx())
    jobs.picture(str(document.id))
    assert read_again(document).picture_count is None


def pictured(organisation, files_kept, *, count=2, **columns):
    document = documents.document(organisation, page_count=12, picture_count=count, **columns)
    for number in range(1, count + 1):
        files_kept.write(f"{document.stored_name}.{number}", [PNG + b"page %d" % number])
    return document


def test_a_provider_sees_the_pages_of_its_own_file(client, files_kept):
    organisation = providers.organisation()
    document = pictured(organisation, files_kept)
    client.sign_in(accounts.person(Role.FINANCE_LEAD, organisation=organisation))
    text = client.get(f"/documents/{document.id}/preview").get_data(as_text=True)
    assert 'alt="Page 2 of 12"' in text
    assert "first 2 of 12 pages" in text
    answer = client.get(f"/documents/{document.id}/pages/2")
    assert answer.data == PNG + b"page 2"
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    for missing in (0, 3):
        assert client.get(f"/documents/{document.id}/pages/{missing}").status_code == 404


@pytest.mark.parametrize("state", [one for one in DocumentState if one != DocumentState.CLEAN])
def test_rule_11_no_page_of_a_file_that_is_not_clean_is_shown(client, files_kept, state):
    organisation = providers.organisation()
    document = pictured(organisation, files_kept, state=state)
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=organisation))
    assert client.get(f"/documents/{document.id}/pages/1").status_code == 404
    assert "<img" not in client.get(f"/documents/{document.id}/preview").get_data(as_text=True)


def test_rule_09_another_provider_sees_no_page(client, files_kept):
    address = f"/documents/{pictured(providers.organisation(), files_kept).id}"
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=providers.organisation()))
    for path in ("preview", "pages/1"):
        assert client.get(f"{address}/{path}").status_code == 404


@dataclass
class Submitted:
    """A submitted application's ids, and the addresses of one of its files for those who may read it."""

    application: Any
    document_id: Any

    def address(self, role):
        start = {Role.AUDITOR: "/received-applications", Role.COMMISSIONER: "/evaluations/applications"}[role]
        return f"{start}/{self.application_id}/files/{self.document_id}"

    def __post_init__(self):
        self.application_id = self.application.id


def submitted_file(round_, files_kept):
    application = applications.application("submitted", round_=round_)
    with as_worker():
        document = session.scalars(
            sa.select(Document).where(Document.organisation_id == application.organisation_id)
        ).first()
        document.page_count = document.picture_count = 1
        files_kept.write(f"{document.stored_name}.1", [PNG])
        found = Submitted(application, document.id)
    session.commit()
    return found


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COMMISSIONER])
def test_rule_01_councils_see_pages_only_after_opening_and_each_reading_is_recorded(client, files_kept, role):
    submitted = submitted_file(rounds.round_(state=RoundState.OPENED), files_kept)
    person = accounts.person(role, council=Council.KENT)
    if role == Role.COMMISSIONER:
        evaluations.declaration(submitted.application, person)
    client.sign_in(person)
    for _ in range(2):
        assert client.get(f"{submitted.address(role)}/preview").status_code == 200
        assert client.get(f"{submitted.address(role)}/pages/1").data == PNG
    with as_worker():
        reads = session.scalars(sa.select(AccessRegister.what)).all()
    assert reads == [f"preview {submitted.document_id}"]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COMMISSIONER])
def test_rule_01_before_opening_there_is_no_page_for_anybody_at_the_councils(client, files_kept, role):
    submitted = submitted_file(rounds.round_(), files_kept)
    client.sign_in(accounts.person(role, council=Council.MEDWAY))
    for path in ("preview", "pages/1"):
        assert client.get(f"{submitted.address(role)}/{path}").status_code in {403, 404}
    assert client.get(f"/documents/{submitted.document_id}/pages/1").status_code == 404
