"""The text that is offered, signed after confirming who signs, and countersigned as it was seen."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.agreements import queries, services
from portal.agreements.models import Agreement
from portal.agreements.services.wording import fingerprint
from portal.agreements.states import AgreementState
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, Refused, Stale
from portal.decisions.models import StandstillEvent
from portal.decisions.states import EventKind
from tests.factories import accounts, agreements, frameworks
from tests.factories.applications import application
from tests.support.acting import acting_as, as_worker, save

S = AgreementState
PASSWORD = "a long walk along the estuary"


@pytest.fixture
def offered() -> Agreement:
    admitted = application("admitted", round_=frameworks.round_("concluded"))
    with as_worker():
        made = services.offer_agreement(admitted, by=None)
    session.commit()
    return made


@pytest.fixture
def administrator(offered: Agreement) -> Any:
    return accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=offered.organisation, password=PASSWORD)


def sign(agreement: Agreement, by: Any, **more: Any) -> None:
    acting_as(by)
    services.sign_agreement(
        agreement, name="Ada Holloway", position="Director", by=by, **{"password": PASSWORD, **more}
    )
    session.commit()


def claim(agreement: Agreement, by: Any) -> StandstillEvent:
    with as_worker():
        round_id = session.execute(
            sa.text("SELECT round_id FROM application WHERE id = :id"), {"id": agreement.application_id}
        ).scalar_one()
    return save(
        StandstillEvent(
            round_id=round_id,
            kind=EventKind.CLAIM,
            happened_on=clock.today(),
            summary="A claim form was served.",
            recorded_by_id=by.id,
            recorded_at=clock.now(),
        )
    )


def test_what_is_offered_is_held_word_for_word(offered: Agreement) -> None:
    assert offered.text_sha256 == fingerprint(offered.text)
    for words in (offered.organisation.legal_name, "£750.00", "ends on the extended date"):
        assert words in offered.text
    with pytest.raises(sa.exc.IntegrityError, match="as it was offered"), session.begin_nested():
        session.execute(sa.text("UPDATE agreement SET text = 'Another text.'"))


def test_signing_asks_who_signs_and_counts_every_guess(
    client: Any, offered: Agreement, administrator: Any
) -> None:
    client.sign_in(administrator)
    url = f"/agreements/{offered.id}/sign"
    shown = client.get(url).get_data(as_text=True)
    assert offered.text_sha256 in shown
    data = {
        "name": "Ada Holloway",
        "position": "Director",
        "confirmed": "y",
        "password": "a guess",
        "sha256": offered.text_sha256,
    }
    wrong = client.post(url, data=data)
    assert wrong.status_code == 422
    assert "Your password is not right" in wrong.get_data(as_text=True)
    assert "a guess" not in wrong.get_data(as_text=True)
    assert "Ada Holloway" in wrong.get_data(as_text=True)
    assert session.execute(sa.text("SELECT count(*) FROM sign_in_attempt")).scalar_one() == 1
    statuses = [client.post(url, data=data).status_code for _ in range(6)]
    assert 429 in statuses
    session.refresh(offered)
    assert offered.state == S.OFFERED


def test_the_signature_holds_the_fingerprint_of_the_text(
    client: Any, offered: Agreement, administrator: Any
) -> None:
    with pytest.raises(Stale, match="not the one you read"):
        sign(offered, administrator, seen_sha256="0" * 64)
    session.rollback()
    sign(offered, administrator, seen_sha256=offered.text_sha256)
    assert offered.signed_sha256 == offered.text_sha256
    with pytest.raises(sa.exc.IntegrityError, match="as it was offered and signed"), session.begin_nested():
        session.execute(sa.text("UPDATE agreement SET signatory_name = 'Somebody else'"))
    client.sign_in(administrator)
    assert client.get(f"/agreements/{offered.id}/pdf").get_data().startswith(b"%PDF")


def test_a_claim_blocks_both_signatures_also_in_the_database(offered: Agreement, administrator: Any) -> None:
    commissioner = accounts.person(Role.COMMISSIONER)
    known = claim(offered, commissioner)
    known_id, round_id = known.id, known.round_id
    with pytest.raises(Refused, match="legal claim"):
        sign(offered, administrator)
    session.rollback()
    acting_as(administrator)
    with pytest.raises(sa.exc.IntegrityError, match="claim form"), session.begin_nested():
        session.execute(sa.text("UPDATE agreement SET state = 'signed', signed_at = now()"))
    save(
        StandstillEvent(
            round_id=round_id,
            kind=EventKind.CLAIM_ENDED,
            happened_on=clock.today(),
            summary="The court lifted it.",
            claim_id=known_id,
            recorded_by_id=commissioner.id,
            recorded_at=clock.now(),
        )
    )
    sign(offered, administrator)
    claim(offered, commissioner)
    acting_as(commissioner)
    with pytest.raises(Refused, match="legal claim"):
        services.countersign_agreement(offered, by=commissioner)


def test_many_are_countersigned_at_once_each_as_it_was_seen(client: Any) -> None:
    round_ = frameworks.round_("concluded")
    signed = []
    for _ in range(3):
        admitted = application("admitted", round_=round_)
        with as_worker():
            made = services.offer_agreement(admitted, by=None)
        session.commit()
        by = accounts.person(
            Role.PROVIDER_ADMINISTRATOR, organisation=admitted.organisation, password=PASSWORD
        )
        sign(made, by)
        signed.append(made)
    commissioner = accounts.person(Role.COMMISSIONER)
    client.sign_in(commissioner)
    url = "/agreements/countersign"
    assert client.get(url).status_code == 200
    nothing = client.post(url, data={"confirmed": "y"})
    assert "Choose the agreements to countersign" in nothing.get_data(as_text=True)
    pairs = [f"{signed[0].id}:{signed[0].version}", f"{signed[1].id}:{signed[1].version - 1}"]
    answer = client.post(url, data={"confirmed": "y", "agreement": pairs})
    assert answer.status_code == 303
    shown = client.get(url).get_data(as_text=True)
    assert "1 agreement countersigned" in shown
    assert f"{signed[1].organisation.legal_name}: Someone changed this" in shown
    for one in signed:
        session.refresh(one)
    assert [one.state for one in signed] == [S.ACTIVE, S.SIGNED, S.SIGNED]
    acting_as(commissioner)
    assert len(queries.list_awaiting_countersignature(commissioner)) == 2


def test_the_prices_in_the_text_are_for_those_who_may_read_prices(client: Any, offered: Agreement) -> None:
    for role, status in ((Role.APPROVER, 403), (Role.FINANCE_OFFICER, 200)):
        client.sign_in(accounts.person(role))
        shown = client.get(f"/agreements/{offered.id}").get_data(as_text=True)
        assert ("£750.00" in shown) == (status == 200)
        assert client.get(f"/agreements/{offered.id}/pdf").status_code == status


def test_a_wrong_pair_is_left_out(client: Any) -> None:
    agreements.agreement("signed")
    client.sign_in(accounts.person(Role.COMMISSIONER))
    answer = client.post(
        "/agreements/countersign", data={"confirmed": "y", "agreement": ["nonsense", "1:2", ":"]}
    )
    assert answer.status_code == 422


def test_a_signature_needs_a_name(offered: Agreement, administrator: Any) -> None:
    acting_as(administrator)
    with pytest.raises(Invalid, match="full name"):
        services.sign_agreement(offered, name=" ", position="Director", password=PASSWORD, by=administrator)
