"""A person's own account: password change, sign out everywhere, roles in words."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.accounts.states import Council, Role
from tests.accounts.mailbox import templates
from tests.factories.accounts import PASSWORD, person
from tests.factories.providers import organisation

BETTER = "trombone lichen harbour"


def change(client: Any, current: str = PASSWORD, new: str = BETTER) -> Any:
    return client.post("/account/password", data={"current_password": current, "password": new})


def test_the_page_says_who_one_is_and_acts_for(client: Any) -> None:
    agency = organisation(legal_name="Larkspur Fostering Limited", town="Deal")
    client.sign_in(person(Role.BID_WRITER, Role.FINANCE_LEAD, organisation=agency, full_name="Bea Okoro"))
    text = client.get("/account").get_data(as_text=True)
    for words in (
        "Bea Okoro",
        "Bid writer",
        "Finance lead",
        "Larkspur Fostering Limited",
        agency.urn,
        "Deal",
    ):
        assert words in text


def test_council_staff_see_their_council(client: Any) -> None:
    client.sign_in(person(Role.EVALUATOR, council=Council.MEDWAY))
    assert "Medway Council" in client.get("/account").get_data(as_text=True)


def test_the_page_costs_the_same_for_one_role_and_for_many(client: Any, count_queries: Any) -> None:
    numbers = []
    for agencies in (1, 6):
        ada = person(*(), full_name="Ada Holloway")
        for _ in range(agencies):
            _give(ada, Role.BID_WRITER, organisation())
            _give(ada, Role.FINANCE_LEAD, ada.grants[-1].organisation_id)
        client.sign_in(ada)
        with count_queries() as counted:
            assert client.get("/account").status_code == 200
        numbers.append(counted.number)
    # With one agency the frame names it, with several it counts them.
    assert numbers[1] <= numbers[0]


def _give(who: Any, role: Role, agency: Any) -> None:
    from portal.accounts.services import grant_role
    from portal.core.db import session

    grant_role(who, role, organisation_id=getattr(agency, "id", agency))
    session.commit()


def test_sign_out_everywhere_ends_the_other_device_too(app: Any, client: Any, session: Any) -> None:
    ada = person()
    other = app.test_client()
    client.sign_in(ada)
    other.sign_in(ada)
    assert client.post("/account/sign-out-everywhere").location == "/sign-in"
    assert client.get("/account").status_code == 303
    assert other.get("/account").status_code == 303
    session.refresh(ada)
    assert ada.auth_version == 2


def test_a_new_password_ends_other_sessions_but_not_this_one(app: Any, client: Any) -> None:
    ada = person(email="ada@example.org", password=PASSWORD)
    other = app.test_client()
    client.sign_in(ada)
    other.sign_in(ada)
    assert change(client).location == "/account"
    assert "Your password is changed" in client.get("/account").get_data(as_text=True)
    assert other.get("/account").status_code == 303
    assert templates("ada@example.org") == ["accounts/password_changed"]
    other.post("/sign-in", data={"email": "ada@example.org", "password": BETTER})
    assert other.get("/account").status_code == 200


def test_the_current_password_is_asked_and_guesses_are_throttled(client: Any) -> None:
    client.sign_in(person(password=PASSWORD))
    for _ in range(5):
        answer = change(client, current="seventeen blue kites")
        assert answer.status_code == 422
        assert "Your current password is not right." in answer.get_data(as_text=True)
    assert change(client).status_code == 429


def test_a_weak_new_password_changes_nothing(client: Any, session: Any) -> None:
    ada = person(password=PASSWORD)
    client.sign_in(ada)
    assert "too common" in change(client, new="password1234").get_data(as_text=True)
    before = ada.password_hash
    session.refresh(ada)
    assert (ada.password_hash, ada.auth_version) == (before, 1)


def test_what_was_done_is_in_the_audit_log(client: Any, session: Any) -> None:
    ada = person(email="ada@example.org", password=PASSWORD)
    client.post("/sign-in", data={"email": "ada@example.org", "password": PASSWORD})
    change(client)
    client.post("/account/sign-out-everywhere")
    verbs = session.execute(
        sa.text("SELECT verb FROM audit_event WHERE subject_id = :id ORDER BY sequence"), {"id": ada.id}
    ).scalars()
    assert list(verbs) == ["person.signed_in", "person.password_changed", "person.signed_out_everywhere"]
