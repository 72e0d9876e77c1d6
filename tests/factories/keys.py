"""Keys for machines, with their secrets, and the header that sends one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.db import session
from portal.keys.models import ApiKey
from portal.keys.services import make_key
from portal.keys.states import Scope
from tests.factories import accounts, providers
from tests.support.acting import acting_as, as_worker

PLENTY = 1_000_000


class Machine:
    """A system of a provider: its organisation, the placements lead who made its key, and the key."""

    def __init__(
        self, *scopes: Scope, organisation: Any = None, person: Any = None, calls_a_minute: int = PLENTY
    ) -> None:
        self.organisation = organisation or providers.organisation()
        self.lead = person or accounts.person(Role.PLACEMENTS_LEAD, organisation=self.organisation)
        acting_as(self.lead)
        self.key, self.secret = make_key(
            self.organisation, name="Case management", scopes=scopes or tuple(Scope), days=90, by=self.lead
        )
        session.commit()
        acting_as(None)
        self._allow(calls_a_minute)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def _allow(self, calls: int) -> None:
        with as_worker():
            session.execute(sa.update(ApiKey).where(ApiKey.id == self.key.id).values(calls_a_minute=calls))
        session.commit()

    def call(self, client: Any, method: str, path: str, **more: Any) -> Any:
        """One call with the key."""
        headers = {**self.headers, **more.pop("headers", {})}
        return client.open(f"/api/v1{path}", method=method, headers=headers, csrf=False, **more)

    def get(self, client: Any, path: str, **more: Any) -> Any:
        return self.call(client, "GET", path, **more)

    def put(self, client: Any, path: str, said: Any, **more: Any) -> Any:
        return self.call(client, "PUT", path, json=said, **more)

    def post(self, client: Any, path: str, said: Any = None, **more: Any) -> Any:
        return self.call(client, "POST", path, **({"json": said} if said is not None else {}), **more)


def household(**changes: Any) -> dict[str, Any]:
    """What a machine says of a household with one free place."""
    said = {
        "approved_places": 2,
        "placed_now": 1,
        "free_places": 1,
        "age_from": 5,
        "age_to": 12,
        "gender": "any",
        "placement_types": ["standard"],
        "need_categories": ["standard"],
        "available_from": "2026-12-01",
        "district_code": "E07000113",
        "outward_postcode": "ME10",
    }
    return {**said, **changes}
