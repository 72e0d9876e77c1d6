"""The provider's pages: start, answer, files, prices, check, declare, submit."""

from __future__ import annotations

import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications.models import Application
from portal.core.db import session
from tests.factories import accounts, applications, providers
from tests.factories import frameworks as rounds


def test_whole_way(client, files, outbox):
    round_ = rounds.round_()
    organisation = providers.organisation()
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    client.sign_in(writer)
    assert client.get(f"/rounds/{round_.id}/apply").status_code == 200
    for _ in range(2):
        response = client.post(f"/rounds/{round_.id}/apply", data={"organisation_id": str(organisation.id)})
        assert response.status_code == 303
    application = session.scalars(sa.select(Application)).one()
    base = f"/applications/{application.id}"
    for path in ("", "/check", "/prices", "/declaration", "/submit", "/withdraw", "/prices/standard"):
        assert client.get(base + path).status_code == 200, path
    assert client.get("/applications").status_code == 200
    from portal.frameworks import queries as frameworks
    for section in frameworks.list_sections(round_):
        if section.questions and section.kind != "price":
            assert client.get(f"{base}/sections/{section.id}").status_code == 200
