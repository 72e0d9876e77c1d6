"""Two officers who countersign the same agreements at the same instant, and one who saw an earlier version."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements import services
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.core.db import session, transaction
from portal.pricing.models import PriceVersion
from tests.factories import accounts, agreements, frameworks
from tests.factories.applications import application


@pytest.mark.commits
def test_many_are_countersigned_once_whoever_races(app: Any, committing: Any) -> None:
    round_ = frameworks.round_("concluded")
    signed = []
    for _ in range(3):
        admitted = application("admitted", round_=round_)
        signed.append(
            agreements.agreement(
                "signed",
                framework=round_.framework,
                organisation=admitted.organisation,
                application_id=admitted.id,
            )
        )
    officers = [accounts.person(Role.COMMISSIONER).id for _ in range(2)]
    seen = {agreement.id: agreement.version for agreement in signed}
    # What the second officer saw of the last agreement is not what stands now: it was signed anew meanwhile.
    stale = max(seen)
    views = [seen, {**seen, stale: seen[stale] + 1}]
    session.remove()
    together, answers = threading.Barrier(2), {}

    def countersign(place: int) -> None:
        with app.app_context(), transaction(officers[place]):
            by = session.get_one(Person, officers[place])
            together.wait(timeout=10)
            done, refused = services.countersign_agreements(views[place], by=by)
            answers[place] = {one.id for one in done}, refused

    rivals = [threading.Thread(target=countersign, args=(place,)) for place in (0, 1)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(timeout=60)
    first, second = answers[0], answers[1]
    assert first[0] | second[0] == set(seen), "each is countersigned"
    assert not first[0] & second[0], "and by one officer alone"
    assert len(first[1]) + len(second[1]) == 3, "the other officer is told of each"
    assert stale in first[0], "nobody countersigns what they did not see"
    states = session.scalars(sa.select(Agreement.state)).all()
    assert states == [AgreementState.ACTIVE] * 3
    assert session.scalar(sa.select(sa.func.count()).select_from(PriceVersion)) == 3
