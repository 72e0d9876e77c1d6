"""Inviting colleagues, accepting, and the pages about the people of an organisation."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import AccountLink
from portal.accounts.queries import find_person_by_email
from portal.accounts.states import Role
from tests.accounts.mailbox import link, mails, templates
from tests.factories.accounts import PASSWORD, person
from tests.factories.providers import organisation
from tests.support.acting import travel

R = Role
BEA = "bea@example.org"


@pytest.fixture
def agency() -> Any:
    return organisation(legal_name="Larkspur Fostering Limited")


@pytest.fixture
def admin(agency: Any) -> Any:
    return person(R.PROVIDER_ADMINISTRATOR, organisation=agency, full_name="Ada Holloway")


@pytest.fixture
def admins_client(client: Any, admin: Any) -> Any:
    client.sign_in(admin)
    return client


def people_of(agency: Any) -> str:
    return f"/organisations/{agency.id}/people"


def invite(client: Any, agency: Any, email: str = BEA, roles: Any = ("bid_writer",), once: str = "") -> Any:
    data = {"email": email, "roles": list(roles), "once": once or str(uuid.uuid4())}
    return client.post(f"{people_of(agency)}/invite", data=data)


def held(email: str = BEA) -> set[Any]:
    found = find_person_by_email(email)
    return {(grant.role, grant.organisation_id) for grant in found.grants} if found else set()


def test_a_new_colleague_accepts_with_a_name_and_a_password(
    app: Any, admins_client: Any, agency: Any
) -> None:
    assert invite(admins_client, agency, roles=("bid_writer", "finance_lead")).location == people_of(agency)
    assert BEA in admins_client.get(people_of(agency)).get_data(as_text=True)
    [mail] = mails(BEA)
    assert "Ada Holloway invites you to act for Larkspur Fostering Limited" in mail.body
    assert "- Bid writer\n- Finance lead\n" in mail.body
    bea = app.test_client()
    text = bea.get(link(BEA)).get_data(as_text=True)
    assert "Larkspur Fostering Limited" in text
    assert bea.post(link(BEA), data={"full_name": "", "password": PASSWORD}).status_code == 422
    answer = bea.post(link(BEA), data={"full_name": "Bea Okoro", "password": PASSWORD})
    assert answer.location == "/start"
    assert bea.get("/account").status_code == 200
    assert held() == {(R.BID_WRITER, agency.id), (R.FINANCE_LEAD, agency.id)}
    assert bea.get(link(BEA)).status_code == 410
    assert "No invitation is open" in admins_client.get(people_of(agency)).get_data(as_text=True)


def test_somebody_with_an_account_signs_in_to_accept(app: Any, admins_client: Any, agency: Any) -> None:
    known = person(email=BEA, password=PASSWORD)
    invite(admins_client, agency)
    bea = app.test_client()
    text = bea.get(link(BEA)).get_data(as_text=True)
    assert "Sign in to accept" in text
    assert f'href="/sign-in?next={link(BEA)}"' in text
    assert bea.post(link(BEA), data={"full_name": "X", "password": PASSWORD}).status_code == 200
    assert held() == set()
    bea.sign_in(known)
    assert "Accept</button>" in bea.get(link(BEA)).get_data(as_text=True)
    assert held() == set()
    assert bea.post(link(BEA)).location == "/start"
    assert held() == {(R.BID_WRITER, agency.id)}


def test_anothers_invitation_cannot_be_accepted(admins_client: Any, agency: Any, session: Any) -> None:
    person(email=BEA, password=PASSWORD)
    invite(admins_client, agency)
    address = link(BEA)
    carl = person()
    admins_client.sign_in(carl)
    assert "the invitation is for another address" in admins_client.get(address).get_data(as_text=True)
    assert admins_client.post(address).status_code == 403
    session.refresh(carl)
    assert not carl.grants


def test_whoever_registered_anothers_address_does_not_keep_it(
    app: Any, admins_client: Any, agency: Any
) -> None:
    squatter = person(email=BEA, password="the stranger's own words", confirmed=False)
    strangers = app.test_client()
    strangers.sign_in(squatter)
    invite(admins_client, agency)
    bea = app.test_client()
    bea.post(link(BEA), data={"full_name": "Bea Okoro", "password": PASSWORD})
    assert bea.get("/account").status_code == 200
    assert strangers.get("/confirm-your-email").location.startswith("/sign-in")


def test_council_staff_cannot_accept_a_providers_invitation(
    app: Any, admins_client: Any, agency: Any
) -> None:
    officer = person(R.EVALUATOR, email=BEA, password=PASSWORD)
    assert invite(admins_client, agency).status_code == 303
    theirs = app.test_client()
    theirs.sign_in(officer)
    answer = theirs.post(link(BEA))
    assert "Council staff cannot act for a provider." in answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert held() == {(R.EVALUATOR, None)}
    assert theirs.get(link(BEA)).status_code == 200


def test_the_answer_to_inviting_is_the_same_for_known_and_unknown_addresses(
    admins_client: Any, agency: Any
) -> None:
    person(email="known@example.org", password=PASSWORD)
    answers = [invite(admins_client, agency, f"{who}@example.org") for who in ("known", "unknown")]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, people_of(agency))}
    assert templates("known@example.org") == templates("unknown@example.org") == ["accounts/invitation"]


def test_the_form_twice_sends_one_invitation(admins_client: Any, agency: Any) -> None:
    once = str(uuid.uuid4())
    invite(admins_client, agency, once=once)
    assert invite(admins_client, agency, once=once).status_code == 303
    assert len(mails(BEA)) == 1


def test_inviting_again_replaces_the_open_invitation(admins_client: Any, agency: Any, session: Any) -> None:
    invite(admins_client, agency)
    first = link(BEA)
    invite(admins_client, agency, roles=("finance_lead",))
    assert admins_client.get(first).status_code == 410
    assert session.execute(sa.select(sa.func.count()).select_from(AccountLink)).scalar_one() == 1


def test_what_is_wrong_with_an_invitation_is_said(admins_client: Any, agency: Any, admin: Any) -> None:
    assert "Choose at least one role." in invite(admins_client, agency, roles=()).get_data(as_text=True)
    assert invite(admins_client, agency, roles=("evaluator",)).status_code == 422
    answer = invite(admins_client, agency, admin.email)
    assert answer.status_code == 422
    assert "is a colleague already" in answer.get_data(as_text=True)


def test_one_address_gets_few_invitations(admins_client: Any, agency: Any) -> None:
    for _ in range(3):
        assert invite(admins_client, agency).status_code == 303
    assert invite(admins_client, agency).status_code == 429


def test_a_link_used_by_a_rival_at_the_last_moment_leaves_nothing(
    app: Any, admins_client: Any, agency: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.accounts.services import LinkSpent, links

    def lose(_: AccountLink) -> None:
        raise LinkSpent

    invite(admins_client, agency)
    monkeypatch.setattr(links, "use", lose)
    answer = app.test_client().post(link(BEA), data={"full_name": "Bea Okoro", "password": PASSWORD})
    assert answer.status_code == 410
    assert find_person_by_email(BEA) is None


def test_sending_again_and_cancelling(admins_client: Any, agency: Any, session: Any) -> None:
    invite(admins_client, agency)
    first = link(BEA)
    travel(timedelta(days=8))
    assert "Expired" in admins_client.get(people_of(agency)).get_data(as_text=True)
    invitation = session.execute(sa.select(AccountLink)).scalar_one()
    base = f"/organisations/{agency.id}/invitations/{invitation.id}"
    assert admins_client.post(f"{base}/resend").location == people_of(agency)
    assert admins_client.get(first).status_code == 410
    second = link(BEA)
    assert admins_client.get(second).status_code == 200
    assert admins_client.post(f"{base}/cancel").location == people_of(agency)
    assert admins_client.get(second).status_code == 410
    assert admins_client.post(f"{base}/cancel").status_code == 404


def test_an_accepted_invitation_is_neither_sent_again_nor_cancelled(
    app: Any, admins_client: Any, agency: Any, session: Any
) -> None:
    invite(admins_client, agency)
    app.test_client().post(link(BEA), data={"full_name": "Bea Okoro", "password": PASSWORD})
    invitation = session.execute(sa.select(AccountLink)).scalar_one()
    for what in ("resend", "cancel"):
        answer = admins_client.post(f"/organisations/{agency.id}/invitations/{invitation.id}/{what}")
        assert answer.status_code == 409


def test_rule_09_another_organisations_people_are_not_there(client: Any, agency: Any, admin: Any) -> None:
    bea = person(R.BID_WRITER, organisation=agency)
    client.sign_in(admin)
    invite(client, agency, "carl@example.org")
    elsewhere = organisation()
    outsider = person(R.PROVIDER_ADMINISTRATOR, organisation=elsewhere)
    client.sign_in(outsider)
    invitation_id = _only_invitation_id()
    for address in (
        people_of(agency),
        f"{people_of(agency)}/invite",
        f"{people_of(agency)}/{bea.id}",
        f"{people_of(elsewhere)}/{bea.id}",
    ):
        assert client.get(address).status_code == 404
    for address in (
        f"{people_of(elsewhere)}/{bea.id}/remove",
        f"/organisations/{elsewhere.id}/invitations/{invitation_id}/cancel",
        f"/organisations/{agency.id}/invitations/{invitation_id}/resend",
    ):
        assert client.post(address).status_code == 404


def test_rule_09_roles_elsewhere_are_not_shown(admins_client: Any, agency: Any, session: Any) -> None:
    from portal.accounts.services import grant_role

    bea = person(R.BID_WRITER, organisation=agency)
    grant_role(bea, R.FINANCE_LEAD, organisation_id=organisation(legal_name="Other Agency").id)
    session.commit()
    text = admins_client.get(people_of(agency)).get_data(as_text=True)
    assert "Bid writer" in text
    assert "Finance lead" not in text
    assert "Other Agency" not in text


def _only_invitation_id() -> Any:
    from portal.core.db import session

    return session.execute(sa.select(AccountLink.id)).scalar_one()


def test_colleagues_see_each_other_but_only_administrators_change(
    client: Any, agency: Any, admin: Any
) -> None:
    bea = person(R.BID_WRITER, organisation=agency)
    client.sign_in(bea)
    text = client.get(people_of(agency)).get_data(as_text=True)
    assert "Ada Holloway" in text
    assert "Invite a colleague" not in text
    assert client.get(f"{people_of(agency)}/invite").status_code == 403
    assert client.post(f"{people_of(agency)}/{admin.id}", data={"roles": ["bid_writer"]}).status_code == 403
    assert client.post(f"{people_of(agency)}/{admin.id}/remove").status_code == 403


def test_an_administrator_changes_and_removes_roles(admins_client: Any, agency: Any, session: Any) -> None:
    bea = person(R.BID_WRITER, organisation=agency, email=BEA)
    form = admins_client.get(f"{people_of(agency)}/{bea.id}").get_data(as_text=True)
    assert re.search(r'value="bid_writer" checked', form)
    version = re.search(r'name="version"[^>]*value="(\d+)"', form)
    assert version is not None
    data = {"roles": ["finance_lead"], "version": version.group(1)}
    assert admins_client.post(f"{people_of(agency)}/{bea.id}", data=data).status_code == 303
    assert held() == {(R.FINANCE_LEAD, agency.id)}
    assert admins_client.post(f"{people_of(agency)}/{bea.id}", data=data).status_code == 409
    assert admins_client.post(f"{people_of(agency)}/{bea.id}/remove").location == people_of(agency)
    assert held() == set()


def test_the_last_administrator_cannot_leave(admins_client: Any, agency: Any, admin: Any) -> None:
    data = {"roles": ["bid_writer"], "version": admin.version}
    answer = admins_client.post(f"{people_of(agency)}/{admin.id}", data=data)
    assert answer.status_code == 409
    assert "at least one administrator" in answer.get_data(as_text=True)
    assert admins_client.post(f"{people_of(agency)}/{admin.id}/remove").status_code == 409
    assert held(admin.email) == {(R.PROVIDER_ADMINISTRATOR, agency.id)}


def test_the_people_page_costs_the_same_for_one_and_for_many(
    admins_client: Any, agency: Any, count_queries: Any
) -> None:
    numbers = []
    for _ in range(2):
        with count_queries() as counted:
            assert admins_client.get(people_of(agency)).status_code == 200
        numbers.append(counted.number)
        for number in range(15):
            person(R.BID_WRITER, R.FINANCE_LEAD, organisation=agency, full_name=f"Colleague {number:02}")
            if number < 4:
                invite(admins_client, agency, f"invited{number}@example.org")
    assert numbers[0] == numbers[1]
    text = admins_client.get(f"{people_of(agency)}?page=2").get_data(as_text=True)
    assert "Colleague 14" in text
    assert "Colleague 11" not in text
    assert "Showing 26 to 31" in text
