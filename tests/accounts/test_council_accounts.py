"""Council staff's accounts, kept by system administrators, and the command that makes the first one."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.queries import find_person_by_email
from portal.accounts.services import disable_account
from portal.accounts.states import Council, Role
from portal.core.errors import Refused
from tests.accounts.mailbox import link, mails
from tests.factories.accounts import PASSWORD, person
from tests.factories.providers import organisation
from tests.support.acting import travel

R = Role
EVE = "eve@example.org"


@pytest.fixture
def admin() -> Any:
    return person(R.SYSTEM_ADMINISTRATOR, full_name="Sam Admin")


@pytest.fixture
def admins_client(client: Any, admin: Any) -> Any:
    client.sign_in(admin)
    return client


def make(client: Any, **more: Any) -> Any:
    data = {"full_name": "Eve Thorne", "email": EVE, "council": "medway", "roles": ["evaluator"]}
    return client.post("/council-accounts/new", data={**data, "once": str(uuid.uuid4()), **more})


def test_a_new_officer_is_invited_and_chooses_a_password(app: Any, admins_client: Any) -> None:
    assert make(admins_client).location == "/council-accounts"
    text = admins_client.get("/council-accounts").get_data(as_text=True)
    assert "Eve Thorne" in text
    assert "Invited" in text
    assert "act for Medway Council" in mails(EVE)[0].body
    eve = app.test_client()
    assert 'value="Eve Thorne"' in eve.get(link(EVE)).get_data(as_text=True)
    answer = eve.post(link(EVE), data={"full_name": "Eve Thorne", "password": PASSWORD})
    assert answer.location == "/start"
    assert "Evaluator" in eve.get("/account").get_data(as_text=True)
    made = find_person_by_email(EVE)
    assert made is not None
    assert made.council is Council.MEDWAY


def test_roles_taken_away_before_accepting_stay_away(app: Any, admins_client: Any, session: Any) -> None:
    make(admins_client, roles=["evaluator", "approver"])
    made = find_person_by_email(EVE)
    data = {"roles": ["evaluator"], "version": made.version}
    assert admins_client.post(f"/council-accounts/{made.id}", data=data).status_code == 303
    app.test_client().post(link(EVE), data={"full_name": "Eve Thorne", "password": PASSWORD})
    session.refresh(made)
    assert [grant.role for grant in made.grants] == [R.EVALUATOR]


def test_an_address_in_use_is_refused(admins_client: Any) -> None:
    person(R.BID_WRITER, organisation=organisation(), email=EVE)
    answer = make(admins_client)
    assert answer.status_code == 422
    assert "cannot be used" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"roles": []}, "at least one role"),
        ({"council": ""}, "Choose a council"),
        ({"email": "x"}, "like name@"),
    ],
)
def test_what_is_wrong_is_said(admins_client: Any, wrong: dict[str, Any], says: str) -> None:
    answer = make(admins_client, **wrong)
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)
    assert find_person_by_email(EVE) is None


def test_provider_roles_are_not_on_offer(admins_client: Any) -> None:
    assert make(admins_client, roles=["bid_writer"]).status_code == 422
    assert "bid_writer" not in admins_client.get("/council-accounts/new").get_data(as_text=True)


def test_an_invitation_is_sent_again_in_place_of_the_old(admins_client: Any) -> None:
    make(admins_client)
    first = link(EVE)
    travel(timedelta(minutes=1))
    made = find_person_by_email(EVE)
    assert admins_client.post(f"/council-accounts/{made.id}/invite-again").status_code == 303
    assert admins_client.get(first).status_code == 410
    assert admins_client.get(link(EVE)).status_code == 200
    known = person(R.EVALUATOR, password=PASSWORD)
    assert admins_client.post(f"/council-accounts/{known.id}/invite-again").status_code == 409


def test_closing_an_account_signs_out_and_opening_it_keeps_the_roles(
    app: Any, admins_client: Any, session: Any
) -> None:
    eve = person(R.EVALUATOR, email=EVE, password=PASSWORD)
    theirs = app.test_client()
    theirs.sign_in(eve)
    address = f"/council-accounts/{eve.id}"
    assert admins_client.post(f"{address}/disable", data={"version": eve.version}).location == address
    assert theirs.get("/account").status_code == 303
    assert theirs.post("/sign-in", data={"email": EVE, "password": PASSWORD}).status_code == 422
    assert "Closed" in admins_client.get(address).get_data(as_text=True)
    session.refresh(eve)
    assert admins_client.post(f"{address}/enable", data={"version": eve.version}).status_code == 303
    assert theirs.post("/sign-in", data={"email": EVE, "password": PASSWORD}).status_code == 303


def test_a_stale_form_closes_nothing(admins_client: Any) -> None:
    eve = person(R.EVALUATOR)
    answer = admins_client.post(f"/council-accounts/{eve.id}/disable", data={"version": eve.version + 1})
    assert answer.status_code == 409
    assert not eve.is_disabled


def test_nobody_closes_their_own_account_or_the_last_administrators(admin: Any) -> None:
    with pytest.raises(Refused, match="your own account"):
        disable_account(admin, by=admin)
    with pytest.raises(Refused, match="provider's account"):
        disable_account(person(R.BID_WRITER, organisation=organisation()), by=admin)


def test_a_council_account_keeps_at_least_one_role(admins_client: Any) -> None:
    eve = person(R.EVALUATOR)
    answer = admins_client.post(f"/council-accounts/{eve.id}", data={"version": eve.version})
    assert answer.status_code == 422


def test_the_last_system_administrator_keeps_the_role(admins_client: Any, admin: Any) -> None:
    data = {"roles": ["auditor"], "version": admin.version}
    answer = admins_client.post(f"/council-accounts/{admin.id}", data=data)
    assert answer.status_code == 409
    assert "at least one system administrator" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [R.COMMISSIONER, R.AUDITOR, R.APPROVER])
def test_other_officers_do_not_keep_accounts(client: Any, role: Role) -> None:
    eve = person(R.EVALUATOR)
    client.sign_in(person(role))
    assert client.get("/council-accounts").status_code == 403
    assert make(client).status_code == 403
    assert client.get(f"/council-accounts/{eve.id}").status_code == 404
    assert client.post(f"/council-accounts/{eve.id}/disable").status_code == 404


def test_providers_accounts_are_not_among_them(admins_client: Any) -> None:
    bea = person(R.BID_WRITER, organisation=organisation(), full_name="Bea Okoro")
    assert "Bea Okoro" not in admins_client.get("/council-accounts").get_data(as_text=True)
    assert admins_client.get(f"/council-accounts/{bea.id}").status_code == 404


def test_the_list_is_searched_and_paginated_at_the_same_cost(admins_client: Any, count_queries: Any) -> None:
    numbers = []
    for _ in range(2):
        with count_queries() as counted:
            assert admins_client.get("/council-accounts").status_code == 200
        numbers.append(counted.number)
        for number in range(30):
            person(R.EVALUATOR, R.APPROVER, full_name=f"Officer {number:02} 100%")
    assert numbers[0] == numbers[1]
    text = admins_client.get("/council-accounts?page=2").get_data(as_text=True)
    assert "Sam Admin" in text
    found = admins_client.get("/council-accounts?q=officer+07").get_data(as_text=True)
    assert "Officer 07" in found
    assert "Officer 08" not in found
    assert "No account matches" in admins_client.get("/council-accounts?q=_fficer").get_data(as_text=True)


def test_the_command_makes_the_first_administrator(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal import commands

    monkeypatch.setattr(commands, "connect_as_worker", lambda: None)
    run = app.test_cli_runner().invoke
    arguments = ["account", "create-admin", "--email", EVE, "--name", "Eve Thorne"]
    result = run(args=arguments)
    assert result.exit_code == 0, result.output
    made = find_person_by_email(EVE)
    assert made is not None
    assert made.holds(R.SYSTEM_ADMINISTRATOR)
    assert re.match(r"/invitations/\S{40,}", link(EVE))
    again = run(args=arguments)
    assert again.exit_code == 1
    assert "cannot be used" in again.output
