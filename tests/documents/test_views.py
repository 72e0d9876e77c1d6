"""Downloads: exact, as attachments, of clean files, to their owners alone."""

from __future__ import annotations

import pytest

from portal.accounts.states import Council, Role
from portal.documents.states import DocumentState
from tests.factories import accounts, documents, providers


def test_rule_11_a_download_is_an_attachment_under_its_exact_name(client):
    organisation = providers.organisation()
    client.sign_in(accounts.person(Role.FINANCE_LEAD, organisation=organisation))
    document = documents.document(organisation, name='Policy “A”; 100% "final".pdf')
    response = client.get(f"/documents/{document.id}")
    assert response.status_code == 200
    assert response.data == documents.CONTENT
    assert response.headers["Content-Length"] == str(len(documents.CONTENT))
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert "filename*=UTF-8''Policy%20%E2%80%9CA%E2%80%9D%3B%20100%25%20%22final%22.pdf" in disposition


@pytest.mark.parametrize("state", [one for one in DocumentState if one != DocumentState.CLEAN])
def test_rule_11_what_is_not_clean_is_explained_not_served(client, state):
    organisation = providers.organisation()
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=organisation))
    document = documents.document(organisation, state=state)
    response = client.get(f"/documents/{document.id}")
    assert response.status_code == 409
    assert documents.CONTENT not in response.data
    assert "file" in response.get_data(as_text=True)


def test_rule_09_a_guessed_id_of_another_provider_is_not_found(client):
    address = f"/documents/{documents.document(providers.organisation()).id}"
    client.sign_in(accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=providers.organisation()))
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/scan-again").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if not role.is_provider_role])
def test_rule_01_councils_fetch_nothing_here(client, role):
    document = documents.document(providers.organisation())
    client.sign_in(accounts.person(role, council=Council.MEDWAY))
    assert client.get(f"/documents/{document.id}").status_code == 404


def test_scan_again(client):
    organisation = providers.organisation()
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=organisation))
    document = documents.document(organisation, state=DocumentState.UNREADABLE)
    assert client.post(f"/documents/{document.id}/scan-again").status_code == 303
    assert client.get(f"/documents/{document.id}").status_code == 409
