"""The equality screening as a file of the councils' own."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed
from portal.decisions import queries, services
from portal.documents.models import Document
from portal.documents.states import DocumentState
from tests.factories import accounts, files
from tests.factories.decisions import approve, ready, recommended
from tests.factories.evaluations import Case
from tests.support.acting import acting_as, as_worker


def attached(here: Case, name: str = "screening.pdf", **state: Any) -> Document:
    """A screening attached by the commissioner, scanned and clean unless told otherwise."""
    acting_as(here.commissioner)
    record = queries.find_record(here.round)
    assert record is not None
    document = services.attach_screening(
        record, original_name=name, chunks=[files.pdf()], by=here.commissioner
    )
    with as_worker():
        document.state = state.get("state", DocumentState.CLEAN)
    session.commit()
    return document


def test_a_commissioner_attaches_it_and_the_councils_read_it(client: Any) -> None:
    here, _ = recommended()
    page = f"/decisions/rounds/{here.round.id}"
    client.sign_in(here.commissioner)
    assert "Attach the equality screening" in client.get(f"{page}/papers").get_data(as_text=True)
    missing = client.post(f"{page}/screening", data={"version": "1"})
    assert missing.status_code == 422
    assert "Choose a file first" in missing.get_data(as_text=True)
    sent = {"file": (io.BytesIO(files.pdf()), "EqIA screening.pdf")}
    assert client.post(f"{page}/screening", data=sent).status_code == 303
    shown = client.get(f"{page}/papers").get_data(as_text=True)
    assert "EqIA screening.pdf" in shown
    assert f"({DocumentState.UPLOADED.label.lower()})" in shown
    with as_worker():
        document = session.scalars(sa.select(Document).where(Document.organisation_id.is_(None))).one()
        document.state = DocumentState.CLEAN
    session.commit()
    client.sign_in(accounts.person(Role.APPROVER, council=Council.MEDWAY))
    answer = client.get(f"/documents/{document.id}")
    assert answer.status_code == 200
    assert answer.get_data().startswith(b"%PDF")


def test_what_is_signed_names_the_file_and_its_fingerprint() -> None:
    here, recommendation = recommended()
    ready(here)
    document = attached(here)
    approve(here, recommendation)
    signed = recommendation.decision.record
    assert signed["procedure"]["screening_file"] == "screening.pdf"
    assert signed["procedure"]["screening_sha256"] == document.sha256
    assert ["Screening attached", "screening.pdf"] in services.typesetting.procedure_rows(signed)


def test_a_file_of_the_wrong_kind_leaves_the_earlier_one() -> None:
    here, _ = recommended()
    first = attached(here)
    record = queries.find_record(here.round)
    with pytest.raises(Invalid, match="PDF"):
        services.attach_screening(
            record, original_name="screening.pdf", chunks=[b"plain words"], by=here.commissioner
        )
    session.rollback()
    assert queries.find_record(here.round).screening_document_id == first.id


def test_nobody_attaches_once_it_is_signed_or_from_another_role() -> None:
    here, recommendation = recommended()
    ready(here)
    attached(here)
    record = queries.find_record(here.round)
    for person in (here.evaluators[0], here.approver):
        acting_as(person)
        with pytest.raises(NotAllowed):
            services.attach_screening(record, original_name="x.pdf", chunks=[files.pdf()], by=person)
    approve(here, recommendation)
    acting_as(here.commissioner)
    with pytest.raises(NotAllowed, match="signed"):
        services.attach_screening(record, original_name="x.pdf", chunks=[files.pdf()], by=here.commissioner)


def test_rule_09_a_provider_sees_no_file_of_the_councils(client: Any) -> None:
    here, _ = recommended()
    address = f"/documents/{attached(here).id}"
    provider = accounts.person(Role.BID_WRITER, organisation=here.application.organisation)
    client.sign_in(provider)
    assert client.get(address).status_code == 404
    acting_as(provider)
    assert (
        session.execute(sa.text("SELECT count(*) FROM document WHERE organisation_id IS NULL")).scalar_one()
        == 0
    )


def test_rule_11_a_file_that_is_not_clean_is_not_served(client: Any) -> None:
    here, _ = recommended()
    document = attached(here, state=DocumentState.INFECTED)
    client.sign_in(here.commissioner)
    assert client.get(f"/documents/{document.id}").status_code == 409
