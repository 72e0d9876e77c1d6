"""The pages of agreements, for the provider that signs and the officers who countersign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.states import Role
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.core import clock
from portal.core.db import session
from tests.factories import accounts, agreements, frameworks, providers
from tests.factories.applications import application
from tests.support.acting import save

S = AgreementState
PASSWORD = "a long walk along the estuary"
SIGNED = {
    "name": "Ada Holloway",
    "position": "Managing director",
    "password": PASSWORD,
    "confirmed": "y",
}


@pytest.fixture
def offered() -> Agreement:
    admitted = application("admitted", round_=frameworks.round_("concluded"))
    return agreements.agreement(
        "offered",
        framework=admitted.round.framework,
        organisation=admitted.organisation,
        application_id=admitted.id,
        starts_on=clock.today() + timedelta(days=20),
    )


@pytest.fixture
def administrator(offered: Agreement) -> Any:
    return accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=offered.organisation, password=PASSWORD)


def test_from_offer_to_both_signatures(client: Any, offered: Agreement, administrator: Any) -> None:
    address = f"/agreements/{offered.id}"
    client.sign_in(administrator)
    assert offered.organisation.name in client.get("/agreements").text
    text = client.get(address).text
    for shown in ("Sign the agreement", "Sign by", "illustrative"):
        assert shown in text
    assert client.get(f"{address}/sign").status_code == 200
    answer = client.post(f"{address}/sign", data={"version": offered.version, **SIGNED})
    assert answer.status_code == 303, answer.text
    assert "countersign" in client.get(address).text
    assert client.get(f"{address}/countersign").status_code == 403

    client.sign_in(accounts.person(Role.COMMISSIONER))
    assert "Ada Holloway, Managing director" in client.get(f"{address}/countersign").text
    session.refresh(offered)
    answer = client.post(f"{address}/countersign", data={"version": offered.version, "confirmed": "y"})
    assert answer.status_code == 303, answer.text
    assert "It is in force from" in client.get(address).text
    prices = f"/organisations/{offered.organisation_id}/prices/{offered.framework_id}"
    day = offered.starts_on.isoformat()
    assert "£750.00" in client.get(f"{prices}?day={day}").text


def test_signing_twice_signs_once(client: Any, offered: Agreement, administrator: Any) -> None:
    client.sign_in(administrator)
    data = {"version": offered.version, **SIGNED}
    statuses = [client.post(f"/agreements/{offered.id}/sign", data=data).status_code for _ in range(2)]
    assert statuses == [303, 409]
    session.refresh(offered)
    assert offered.state == S.SIGNED


def test_what_is_missing_is_explained(client: Any, offered: Agreement, administrator: Any) -> None:
    client.sign_in(administrator)
    answer = client.post(f"/agreements/{offered.id}/sign", data={"name": "Ada Holloway"})
    assert answer.status_code == 422
    assert "Confirm that you may sign" in answer.text
    assert 'value="Ada Holloway"' in answer.text


def test_a_lapsed_offer_says_so(client: Any, offered: Agreement, administrator: Any) -> None:
    offered.lapses_on = clock.today() - timedelta(days=1)
    save(offered)
    client.sign_in(administrator)
    text = client.get(f"/agreements/{offered.id}").text
    assert "It has lapsed." in text
    assert f"/agreements/{offered.id}/sign" not in text
    assert client.post(f"/agreements/{offered.id}/sign", data=SIGNED).status_code == 409


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.BID_WRITER])
def test_every_state_has_a_page(client: Any, state: S, role: Role) -> None:
    agreement = agreements.agreement(state)
    organisation = agreement.organisation if role.is_provider_role else None
    client.sign_in(accounts.person(role, organisation=organisation))
    answer = client.get(f"/agreements/{agreement.id}")
    assert answer.status_code == 200
    assert agreement.state.label in answer.text


def test_suspend_lift_and_end(client: Any) -> None:
    agreement = agreements.agreement()
    client.sign_in(accounts.person(Role.CONTRACT_MANAGER))

    def act(name: str, reason: str = "Recorded at the contract meeting.") -> int:
        session.refresh(agreement)
        data = {"version": agreement.version, "reason": reason}
        return int(client.post(f"/agreements/{agreement.id}/{name}", data=data).status_code)

    assert client.get(f"/agreements/{agreement.id}/suspend").status_code == 200
    assert act("suspend", "") == 422
    assert act("suspend") == 303
    assert act("suspend") == 409
    assert "Recorded at the contract meeting." in client.get(f"/agreements/{agreement.id}").text
    assert client.get(f"/agreements/{agreement.id}/reinstate").status_code == 200
    assert act("reinstate") == 303
    assert client.get(f"/agreements/{agreement.id}/end").status_code == 200
    assert act("end") == 303
    assert client.get(f"/agreements/{agreement.id}/suspend").status_code == 409


def test_a_stale_form_is_told_and_keeps_the_reason(client: Any) -> None:
    agreement = agreements.agreement()
    client.sign_in(accounts.person(Role.CONTRACT_MANAGER))
    data = {"version": agreement.version + 1, "reason": "Insurance has expired."}
    answer = client.post(f"/agreements/{agreement.id}/suspend", data=data)
    assert answer.status_code == 409
    assert "Insurance has expired." in answer.text


READERS = {Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.APPROVER, Role.FINANCE_OFFICER, Role.AUDITOR}


@pytest.mark.parametrize("role", [role for role in Role if not role.is_provider_role])
def test_council_roles(client: Any, role: Role) -> None:
    agreement = agreements.agreement()
    client.sign_in(accounts.person(role))
    expected = 200 if role in READERS else 403
    assert client.get("/agreements").status_code == expected
    assert client.get(f"/agreements/{agreement.id}").status_code == expected
    assert client.get(f"/agreements/{agreement.id}/sign").status_code == 403


def test_rule_09_another_providers_agreement_is_not_found(client: Any) -> None:
    agreement = agreements.agreement()
    client.sign_in(accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=providers.organisation()))
    for page in ("", "/sign", "/countersign", "/suspend", "/reinstate", "/end"):
        assert client.get(f"/agreements/{agreement.id}{page}").status_code == 404
    assert client.post(f"/agreements/{agreement.id}/sign", data=SIGNED).status_code == 404
    listed = client.get("/agreements").text
    assert agreement.organisation.name not in listed
    assert "You have no agreement yet." in listed


def test_list_filters_and_costs_the_same_for_one_and_many(client: Any, count_queries: Any) -> None:
    framework = frameworks.framework()
    agreements.agreement("signed", framework=framework)
    client.sign_in(accounts.person(Role.COMMISSIONER))
    client.get("/agreements")
    session.remove()
    with count_queries() as one:
        client.get("/agreements")
    for _ in range(27):
        agreements.agreement(framework=framework)
    session.remove()
    with count_queries() as many:
        answer = client.get("/agreements")
    assert many.number == one.number, many.statements
    assert "1 to 25 of 28" in answer.text
    assert "26 to 28 of 28" in client.get("/agreements?page=2").text
    assert "1 to 1 of 1" in client.get("/agreements?state=signed").text
    assert "No agreement is ended." in client.get("/agreements?state=ended").text
    assert client.get("/agreements?state=nonsense").status_code == 200
