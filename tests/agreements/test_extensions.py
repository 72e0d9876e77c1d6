"""Extending the framework: its steps, who may take them, and that every agreement dovetails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.agreements import services
from portal.agreements.models import FrameworkExtension
from portal.agreements.services import Consultation
from portal.agreements.states import ExtensionState
from portal.agreements.workflow import EXTENSION
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.core.transitions import apply
from portal.core.ui import uk_date
from portal.frameworks.models import Framework
from portal.notifications.models import Message
from tests.factories import accounts, agreements, frameworks, providers
from tests.support.acting import acting_as, as_worker

E = ExtensionState
YEAR = timedelta(days=365)


class Desk:
    """A framework with a member, and the officers who extend it."""

    def __init__(self) -> None:
        self.agreement = agreements.agreement()
        self.framework: Framework = self.agreement.framework
        self.commissioner = accounts.person(Role.COMMISSIONER)
        self.approver = accounts.person(Role.APPROVER)
        self.ended = self.framework.ends_on

    def propose(self, years: int = 2) -> FrameworkExtension:
        acting_as(self.commissioner)
        made = services.propose_extension(
            self.framework,
            extends_to=self.ended + years * YEAR,
            clause="Clause 3.2",
            reasons="Homes are needed for longer.",
            by=self.commissioner,
        )
        session.commit()
        return made

    def consult(self, extension: FrameworkExtension, by: Any = None, **changes: Any) -> None:
        person = by or self.commissioner
        acting_as(person)
        said = {
            "consultee": "Casey Cabinet, children’s services",
            "consulted_on": clock.today(),
            "consultee_view": "Content.",
            "medway_signatory": "Mel Medway, head of commissioning",
            "medway_agreed_on": clock.today(),
        }
        services.record_consultation(extension, Consultation(**{**said, **changes}), by=person)
        session.commit()

    def decide(self, extension: FrameworkExtension, by: Any = None) -> None:
        person = by or self.approver
        acting_as(person)
        services.decide_extension(
            extension, number="27/00002", position="Corporate Director", reasons="I agree.", by=person
        )
        session.commit()


def test_a_decided_extension_moves_every_agreement_and_each_provider_is_told(client: Any) -> None:
    desk = Desk()
    administrator = accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=desk.agreement.organisation_id)
    ended = agreements.agreement("ended", framework=desk.framework, organisation=providers.organisation())
    accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=ended.organisation_id)
    extension = desk.propose()
    desk.consult(extension)
    assert desk.agreement.ends_on == desk.ended, "nothing moves before the decision"
    desk.decide(extension)
    until = desk.ended + 2 * YEAR
    assert (desk.agreement.ends_on, desk.framework.ends_on_is_illustrative) == (until, False)
    acting_as(desk.commissioner)
    assert services.notify_providers(extension, by=desk.commissioner) == 1
    session.commit()
    with pytest.raises(Refused):
        services.notify_providers(extension, by=desk.commissioner)
    with as_worker():
        sent = session.scalars(sa.select(Message).where(Message.template == "agreements/extended")).all()
    assert [one.recipient for one in sent] == [administrator.email]
    client.sign_in(administrator)
    page = client.get(f"/agreements/{desk.agreement.id}").text
    assert f"Extended to {uk_date(until)} with the framework" in page
    assert "27/00002" in page
    assert client.get(f"/frameworks/{desk.framework.id}/extensions").status_code == 404


def test_the_steps_on_screen(client: Any) -> None:
    desk = Desk()
    until = desk.ended + YEAR
    client.sign_in(desk.commissioner)
    assert f"/frameworks/{desk.framework.id}/extensions" in client.get("/agreements").text
    there = f"/frameworks/{desk.framework.id}/extensions"
    form = {
        "extends_to": desk.ended.isoformat(),
        "clause": "3.2",
        "reasons": "Kept",
        "once": f"{desk.agreement.id}",
    }
    early = client.post(f"{there}/propose", data=form)
    assert early.status_code == 422
    assert "The new end must be later than the present one" in early.text
    assert "Kept" in early.text
    form["extends_to"] = until.isoformat()
    assert client.post(f"{there}/propose", data=form).status_code == 303
    client.post(f"{there}/propose", data=form)
    extension = session.scalars(sa.select(FrameworkExtension)).one()
    page = f"/framework-extensions/{extension.id}"
    assert client.get(f"{page}/decision").status_code == 403
    said = {
        "version": extension.version,
        "consultee": "Casey Cabinet",
        "consulted_on": "31/02/2026",
        "consultee_view": "Content.",
        "medway_signatory": "Mel Medway",
        "medway_agreed_on": clock.today().isoformat(),
    }
    assert "Enter a real date" in client.post(f"{page}/consultation", data=said).text
    future = {**said, "consulted_on": (clock.today() + YEAR).isoformat()}
    assert "This cannot be in the future" in client.post(f"{page}/consultation", data=future).text
    said["consulted_on"] = clock.today().isoformat()
    assert client.post(f"{page}/consultation", data=said).status_code == 303
    client.sign_in(desk.approver)
    assert f"Decide the extension of {desk.framework.reference}" in client.get("/start").text
    missing = client.post(
        f"{page}/decision", data={"version": 2, "number": "27/1", "position": "", "reasons": "Yes"}
    )
    assert missing.status_code == 422
    decision = {"version": 2, "number": "27/1", "position": "Director", "reasons": "Yes"}
    done = client.post(f"{page}/decision", data=decision, follow_redirects=True)
    assert "The providers have not been told yet" in done.text
    assert client.post(f"{page}/decision", data=decision).status_code == 409
    client.sign_in(desk.commissioner)
    assert f"Notify providers: {desk.framework.reference}" in client.get("/start").text
    told = client.post(f"{page}/notify", data={"version": 3}, follow_redirects=True)
    assert "Told the administrators of 1 provider." in told.text
    assert uk_date(until) in client.get(there).text


@pytest.mark.parametrize("state", list(E))
@pytest.mark.parametrize("name", ["consult", "decide", "notify"])
def test_every_transition_from_every_state_by_every_role(name: str, state: E) -> None:
    desk = Desk()
    extension = desk.propose()
    if state != E.PROPOSED:
        desk.consult(extension)
    if state in {E.DECIDED, E.NOTIFIED}:
        desk.decide(extension)
    if state == E.NOTIFIED:
        acting_as(desk.commissioner)
        services.notify_providers(extension, by=desk.commissioner)
        session.commit()
    may = Role.APPROVER if name == "decide" else Role.COMMISSIONER
    facts = {"ends_on": extension.extends_from, "today": clock.today()}
    for role in Role:
        if role.is_provider_role:
            continue
        person = accounts.person(role)
        acting_as(person)
        point = session.begin_nested()
        expected = Refused if state not in EXTENSION[name].source else NotAllowed
        if expected is Refused or role != may:
            with pytest.raises(expected):
                apply(EXTENSION, name, extension, by=person, facts=facts)
        else:
            apply(EXTENSION, name, extension, by=person, facts=facts)
            assert extension.state == EXTENSION[name].target
        session.expire(extension)
        point.rollback()


def test_whoever_prepared_it_does_not_decide_it_also_by_sql() -> None:
    desk = Desk()
    both = accounts.person(Role.APPROVER, Role.COMMISSIONER)
    extension = desk.propose()
    desk.consult(extension, by=both)
    with pytest.raises(NotAllowed, match="somebody else"):
        desk.decide(extension, by=both)
    session.rollback()
    acting_as(both)
    by_hand = sa.text(
        "UPDATE framework_extension SET state = 'decided', decided_by_id = :who, decided_at = now(),"
        " decision_number = 'x', decision_position = 'x', decision_reasons = 'x'"
    )
    with pytest.raises(sa.exc.IntegrityError, match="duties_apart"), session.begin_nested():
        session.execute(by_hand, {"who": both.id})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE framework SET ends_on = ends_on + 400",
        "UPDATE framework_extension SET extends_to = extends_to + 1",
        "UPDATE framework_extension SET state = 'decided'",
        "UPDATE framework_extension SET state = 'notified', notified_at = now()",
        "DELETE FROM framework_extension",
    ],
)
def test_the_end_moves_by_a_decision_alone_also_by_sql(statement: str) -> None:
    desk = Desk()
    desk.propose()
    acting_as(desk.commissioner)
    with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
        session.execute(sa.text(statement))
    assert desk.framework.ends_on == desk.ended


def test_a_proposal_that_was_overtaken_is_not_decided() -> None:
    desk = Desk()
    first, second = desk.propose(1), desk.propose(3)
    for one in (first, second):
        desk.consult(one)
    desk.decide(first)
    assert second.is_overtaken
    with pytest.raises(Refused, match="has moved since"):
        desk.decide(second)


def test_what_a_step_needs() -> None:
    desk = Desk()
    acting_as(desk.commissioner)
    for changes, field in (({"clause": " "}, "clause"), ({"reasons": ""}, "reasons")):
        said = {"extends_to": desk.ended + YEAR, "clause": "3", "reasons": "r", **changes}
        with pytest.raises(Invalid) as wrong:
            services.propose_extension(desk.framework, by=desk.commissioner, **said)
        assert wrong.value.field == field
    extension = desk.propose()
    with pytest.raises(Invalid, match="who agreed for Medway"):
        desk.consult(extension, medway_signatory="")
    acting_as(desk.commissioner)
    said = Consultation("Casey", clock.today(), "Content.", "Mel", clock.today())
    with pytest.raises(Stale):
        services.record_consultation(extension, said, by=desk.commissioner, seen_version=7)
    closed = frameworks.framework()
    with pytest.raises(NotAllowed):
        services.propose_extension(
            closed, extends_to=closed.ends_on + YEAR, clause="3", reasons="r", by=desk.approver
        )
