"""Receipts as page, PDF and manifest; the public page that verifies one; what is late; going back."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pypdf
import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import queries, services
from portal.applications.models import LateAttempt, StandingInstruction, Submission
from portal.core.db import session
from portal.frameworks.states import QuestionKind
from tests.applications.conftest import make_desk
from tests.factories import accounts
from tests.support.acting import acting_as, as_worker, travel

VERIFY = "/verify-a-receipt"


@pytest.fixture
def submitted(complete):
    complete.declare()
    complete.submit()
    session.commit()
    return complete


def standing(desk):
    acting_as(desk.writer)
    session.expire_all()
    return queries.latest_submission(desk.application)


def version(desk):
    acting_as(desk.writer)
    session.refresh(desk.application)
    return str(desk.application.version)


def change(desk, text="Renamed"):
    acting_as(desk.writer)
    travel(timedelta(minutes=1))
    acting_as(desk.writer)
    desk.save(desk.question(QuestionKind.SHORT_TEXT), text)
    session.commit()


def pdf_text(content):
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_the_receipt_as_pdf_names_everything_by_its_hash(client, submitted):
    client.sign_in(submitted.writer)
    answer = client.get(f"{submitted.address}/receipt/1/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "attachment" in answer.headers["Content-Disposition"]
    text = pdf_text(answer.data)
    submission = standing(submitted)
    assert submission.sha256 in text
    assert submitted.application.reference in text
    for part in submission.manifest["parts"]:
        assert part["sha256"] in text
    assert "Robin Fairweather, Director" in text.replace("\n", " ")


def test_the_pdf_is_tagged_titled_and_in_a_language(client, submitted):
    client.sign_in(submitted.writer)
    reader = pypdf.PdfReader(io.BytesIO(client.get(f"{submitted.address}/receipt/1/pdf").data))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"].startswith("en")
    assert submitted.application.reference in reader.metadata.title


@pytest.mark.parametrize("name", ["Čeština №1", "日本 😀 ـ.pdf", '#link("x")[*y*] $z$ \\'])
def test_whatever_a_name_is_made_of_the_receipt_is_made(client, complete, name):
    with as_worker():
        session.execute(sa.text("UPDATE organisation SET legal_name = :n"), {"n": name})
        session.expire_all()
    acting_as(complete.writer)
    complete.declare()
    complete.submit()
    session.commit()
    client.sign_in(complete.writer)
    answer = client.get(f"{complete.address}/receipt/1/pdf")
    assert answer.status_code == 200
    if name.startswith("#"):
        assert name in pdf_text(answer.data)


def test_the_manifest_is_downloaded_by_its_own_people_alone(client, submitted):
    client.sign_in(submitted.writer)
    answer = client.get(f"{submitted.address}/receipt/1/manifest")
    assert json.loads(answer.data)["sha256"] == standing(submitted).sha256
    assert client.get(f"{submitted.address}/receipt/2/manifest").status_code == 404
    address = submitted.address
    for person in (
        accounts.person(Role.AUDITOR, council=Council.KENT),
        accounts.person(Role.COMMISSIONER, council=Council.KENT),
    ):
        client.sign_in(person)
        for what in ("manifest", "pdf"):
            assert client.get(f"{address}/receipt/1/{what}").status_code == 404


def verify(client, reference, fingerprint):
    return client.post(VERIFY, data={"reference": reference, "fingerprint": fingerprint})


def test_a_stranger_with_a_receipt_learns_that_it_is_true_and_nothing_else(client, submitted):
    submission = standing(submitted)
    organisation = submitted.application.organisation.legal_name
    reference, fingerprint = submitted.application.reference, submission.sha256
    acting_as(None)
    typed = " ".join([fingerprint[:32], fingerprint[32:]]).upper()
    text = verify(client, f" {reference.lower()} ", typed).get_data(as_text=True)
    assert "This receipt is genuine" in text
    assert "latest submission" in text
    assert organisation not in text
    change(submitted)
    submitted.declare()
    submitted.submit()
    session.commit()
    acting_as(None)
    text = verify(client, reference, fingerprint).get_data(as_text=True)
    assert "submission 2, has taken its place" in text


def test_a_withdrawn_applications_receipt_says_so(client, submitted):
    fingerprint, reference = standing(submitted).sha256, submitted.application.reference
    services.withdraw_application(submitted.application, by=submitted.writer)
    session.commit()
    acting_as(None)
    text = verify(client, reference, fingerprint).get_data(as_text=True)
    assert "was withdrawn later" in text


def test_a_wrong_hash_and_an_unknown_reference_get_the_same_answer(client, submitted):
    reference = submitted.application.reference
    acting_as(None)
    wrong = verify(client, reference, "0" * 64).get_data(as_text=True)
    unknown = verify(client, "KMF-2026-ZZZZZ", "0" * 64).get_data(as_text=True)
    assert "This does not match" in wrong
    assert _without_token(wrong).replace(reference, "KMF-2026-ZZZZZ") == _without_token(unknown)


def _without_token(text):
    """The form's token holds the second it was made in."""
    return re.sub(r'name="csrf_token"[^>]*>', "", text)


def test_guessing_is_slowed_down(client, submitted):
    reference = submitted.application.reference
    acting_as(None)
    statuses = [verify(client, reference, f"{number:064x}").status_code for number in range(7)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


@pytest.mark.parametrize("fingerprint", ["", "abc", "g" * 64])
def test_a_mistyped_fingerprint_is_explained_beside_its_field(client, fingerprint):
    answer = verify(client, "KMF-2026-ZZZZZ", fingerprint)
    assert answer.status_code == 422
    assert 'value="KMF-2026-ZZZZZ"' in answer.get_data(as_text=True)


def test_the_receipts_link_fills_the_form_and_checks_nothing_by_itself(client, submitted):
    fingerprint = standing(submitted).sha256
    address = f"{VERIFY}?reference={submitted.application.reference}&fingerprint={fingerprint}"
    acting_as(None)
    text = client.get(address).get_data(as_text=True)
    assert fingerprint in text
    assert "This receipt is genuine" not in text


def test_a_second_press_finds_the_receipt_and_says_so(client, submitted):
    client.sign_in(submitted.writer)
    travel(timedelta(minutes=1))
    answer = client.post(f"{submitted.address}/submit", data={"version": "1"}, follow_redirects=True)
    assert "nothing was done twice" in answer.get_data(as_text=True)
    assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == 1


def test_what_changed_is_listed_and_can_be_discarded(client, submitted):
    before = standing(submitted)
    change(submitted)
    cell = next(iter(queries.get_schedule(submitted.application).prices))
    services.save_prices(submitted.application, {cell: None}, by=submitted.writer)
    evidence = session.scalars(sa.select(queries.reading.Evidence).join(queries.reading.Answer)).first()
    services.remove_document(evidence, by=submitted.writer)
    session.commit()
    client.sign_in(submitted.writer)
    page = client.get(f"{submitted.address}/discard-changes").get_data(as_text=True)
    for what in ("answer changed", "1 price changed", "files changed"):
        assert what in page
    assert "answer changed" in client.get(f"{submitted.address}/check").get_data(as_text=True)
    answer = client.post(f"{submitted.address}/discard-changes", data={"version": version(submitted)})
    assert answer.status_code == 303
    acting_as(submitted.writer)
    session.expire_all()
    progress = queries.get_progress(submitted.application)
    assert not services.has_working_copy(submitted.application)
    assert queries.list_changes(before, queries.list_submitted_prices(before), progress) == []
    assert progress.is_complete
    again = client.post(f"{submitted.address}/submit", data={"version": version(submitted)})
    assert again.location.endswith("/receipt")
    assert standing(submitted).number == 1


def test_nothing_is_discarded_before_a_submission(client, complete):
    client.sign_in(complete.writer)
    assert "nothing to go back to" in client.get(f"{complete.address}/discard-changes").get_data(as_text=True)
    answer = client.post(f"{complete.address}/discard-changes", data={"version": version(complete)})
    assert answer.status_code == 409


def test_nothing_is_discarded_after_the_deadline(client, submitted):
    change(submitted)
    seen = version(submitted)
    travel(timedelta(days=30))
    client.sign_in(submitted.writer)
    assert client.post(f"{submitted.address}/discard-changes", data={"version": seen}).status_code == 409


def test_the_instruction_is_given_and_taken_back_on_the_page(client, complete):
    complete.declare()
    session.commit()
    client.sign_in(complete.writer)
    assert "Submit it by itself at the deadline" in client.get(f"{complete.address}/submit").get_data(
        as_text=True
    )
    path = f"{complete.address}/standing-instruction"
    assert client.post(path, data={"version": version(complete)}).status_code == 303
    for page in ("", "/submit", "/check"):
        text = client.get(f"{complete.address}{page}").get_data(as_text=True)
        assert "It will be submitted by itself at the deadline" in text
    assert "nothing is submitted" not in text
    assert client.post(f"{path}/cancel").status_code == 303
    acting_as(complete.writer)
    assert queries.find_instruction(complete.application) is None


def test_rule_02_a_late_attempt_is_refused_kept_and_explained(client):
    desk = make_desk(answered=True)
    desk.declare()
    session.commit()
    seen = version(desk)
    travel(timedelta(days=30))
    client.sign_in(desk.writer)
    assert "Try to submit it all the same" in client.get(f"{desk.address}/submit").get_data(as_text=True)
    answer = client.post(f"{desk.address}/submit", data={"version": seen})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    acting_as(desk.writer)
    kept = session.scalars(sa.select(LateAttempt)).one()
    assert kept.sha256 in text
    assert "Telephone" in text
    assert kept.sha256 in client.get(f"{desk.address}/late").get_data(as_text=True)
    assert {part["kind"] for part in kept.manifest["parts"]} == {"head", "answer", "file", "price"}
    acting_as(accounts.person(Role.COMMISSIONER, council=Council.KENT))
    assert session.scalars(sa.select(LateAttempt)).all() == []


def test_rule_02_a_late_instruction_is_refused_and_kept(client):
    desk = make_desk(answered=True)
    desk.declare()
    session.commit()
    seen = version(desk)
    travel(timedelta(days=30))
    client.sign_in(desk.writer)
    answer = client.post(f"{desk.address}/standing-instruction", data={"version": seen})
    assert answer.status_code == 409
    with as_worker():
        assert session.scalars(sa.select(StandingInstruction)).all() == []
        assert session.scalars(sa.select(LateAttempt)).one()


def test_rule_02_the_machines_own_clock_decides_nothing(client, complete, monkeypatch):
    """A web machine whose clock is a month slow or fast submits at the database's time, or not at all."""
    import time

    complete.declare()
    session.commit()
    for skew in (-30 * 86400, 30 * 86400):
        honest = time.time
        monkeypatch.setattr(time, "time", lambda honest=honest, skew=skew: honest() + skew)
        submission = complete.submit()
        session.commit()
        monkeypatch.undo()
        assert abs(submission.submitted_at - session.scalar(sa.select(sa.func.portal_now()))) < timedelta(
            minutes=1
        )
        change(complete, f"Skewed by {skew}")
        complete.declare()
        session.commit()
