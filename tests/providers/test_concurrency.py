"""Two people who register the same agency at the same instant."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core.db import session, transaction
from portal.core.errors import Invalid
from portal.providers import services
from portal.providers.models import Organisation
from tests.factories.accounts import person
from tests.providers.test_registration import details


@pytest.mark.commits
def test_one_of_two_rivals_registers(committing: Any) -> None:
    ids = [person().id for _ in range(2)]
    session.remove()
    together, answers = threading.Barrier(2), []

    def register(person_id: Any) -> None:
        try:
            with transaction(person_id):
                by = session.get_one(Person, person_id)
                together.wait(timeout=10)
                services.register_organisation(details(), urn="9912121", by=by)
            answers.append("registered")
        except Invalid as error:
            answers.append(error.message)

    rivals = [threading.Thread(target=register, args=(person_id,)) for person_id in ids]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(timeout=30)
    assert sorted(answers) == [
        "This agency is already registered. Ask its administrator to let you in.",
        "registered",
    ]
    assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 1
