"""Requests that arrive at the same moment, on real connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person, RoleGrant
from portal.accounts.services import grant_role
from portal.accounts.states import Council, Role
from portal.core import db
from tests.factories.accounts import PASSWORD, person

pytestmark = pytest.mark.commits

WRONG = "seventeen blue kites"


def at_once(*calls: Any) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


@pytest.mark.usefixtures("committing")
def test_guesses_sent_at_once_count_one_by_one(app: Any) -> None:
    person(email="ada@example.org", password=PASSWORD)
    db.session.remove()

    def guess() -> int:
        data = {"email": "ada@example.org", "password": WRONG}
        return int(app.test_client().post("/sign-in", data=data).status_code)

    answers = at_once(*[guess] * 9)
    assert sorted(answers) == [422] * 5 + [429] * 4


@pytest.mark.usefixtures("committing")
def test_two_administrators_cannot_remove_each_other(app: Any) -> None:
    admins = [person(Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR) for _ in range(2)]
    ids = [(admin.id, admin.version, admin.auth_version) for admin in admins]
    db.session.remove()

    def remove(by: int, other: int) -> int:
        client = app.test_client()
        client.sign_in(admins[by])
        data = {"roles": ["auditor"], "version": ids[other][1]}
        return int(client.post(f"/council-accounts/{ids[other][0]}", data=data).status_code)

    answers = at_once(lambda: remove(0, 1), lambda: remove(1, 0))
    assert 303 in answers
    left = db.session.execute(
        sa.select(sa.func.count()).where(RoleGrant.role == Role.SYSTEM_ADMINISTRATOR)
    ).scalar_one()
    assert left == 1


@pytest.mark.usefixtures("committing")
def test_one_link_used_twice_at_once_makes_one_account(app: Any) -> None:
    from portal.accounts.services import create_council_account
    from tests.accounts.mailbox import link

    with db.transaction():
        create_council_account("eve@example.org", "Eve Thorne", Council.KENT, [Role.EVALUATOR], None)
    address = link("eve@example.org")
    db.session.remove()

    def accept() -> int:
        data = {"full_name": "Eve Thorne", "password": PASSWORD}
        return int(app.test_client().post(address, data=data).status_code)

    answers = at_once(accept, accept)
    assert answers.count(303) == 1
    found = (
        db.session.execute(sa.select(Person).where(Person.email == "eve@example.org")).unique().scalar_one()
    )
    assert found.auth_version == 2


@pytest.mark.usefixtures("committing")
def test_one_role_given_twice_at_once_is_held_once(app: Any) -> None:
    ada = person()
    db.session.remove()

    def give() -> None:
        with app.app_context(), db.transaction() as session:
            found = session.get(Person, ada.id)
            assert found is not None
            grant_role(found, Role.EVALUATOR, council=Council.KENT)

    at_once(give, give)
    assert db.session.execute(sa.select(sa.func.count()).select_from(RoleGrant)).scalar_one() == 1
