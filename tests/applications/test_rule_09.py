"""An applicant learns how it fared from its decision notice, and from nothing before it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.states import Role
from portal.applications import services
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.errors import Refused
from portal.frameworks.states import RoundState
from tests.factories import accounts, applications
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, save
from tests.support.client import PortalClient

S = ApplicationState
TELLING = {
    S.COMPLIANT: RoundState.OPENED,
    S.NON_COMPLIANT: RoundState.OPENED,
    S.SCORED: RoundState.CONSENSUS,
    S.RECOMMENDED_ADMIT: RoundState.RECOMMENDED,
    S.RECOMMENDED_DECLINE: RoundState.RECOMMENDED,
    S.ADMITTED: RoundState.DECIDED,
    S.DECLINED: RoundState.DECIDED,
}


def applied(state: ApplicationState, **columns: Any) -> tuple[Any, Any]:
    round_ = rounds.round_(TELLING[state])
    made = applications.application(state, round_=round_)
    for name, value in columns.items():
        setattr(round_, name, value)
    save(round_)
    return made, accounts.person(Role.BID_WRITER, organisation=made.organisation)


@pytest.mark.parametrize("state", TELLING)
def test_rule_09_no_page_tells_the_outcome_before_the_notice(client: PortalClient, state: Any) -> None:
    made, writer = applied(state)
    client.sign_in(writer)
    address = f"/applications/{made.id}"
    answers = [client.get(page) for page in ("/applications", address, f"{address}/receipt", "/start")]
    # Every refusal too: of a late file, and of a withdrawal once the round is decided.
    answers.append(client.post(f"{address}/questions/{made.id}/files"))
    if TELLING[state] == RoundState.DECIDED:
        answers.append(client.post(f"{address}/withdraw", data={"version": "", "agrees": "y"}))
        assert answers[-1].status_code == 409
    for answer in answers:
        text = answer.get_data(as_text=True).lower()
        assert state.label.lower() not in text, answer.request.path
        assert "not compliant" not in text
        assert "recommended" not in text


@pytest.mark.parametrize("state", [S.ADMITTED, S.DECLINED])
def test_rule_09_the_refusal_of_a_withdrawal_is_the_same_for_all(state: Any) -> None:
    made, writer = applied(state)
    acting_as(writer)
    with pytest.raises(Refused, match=r"^The decision has been taken"):
        services.withdraw_application(made, by=writer)


@pytest.mark.parametrize("page", ["withdraw", "submit", "declaration"])
def test_rule_09_a_forms_version_does_not_count_the_councils_steps(client: PortalClient, page: str) -> None:
    passed, failed = applied(S.SCORED), applied(S.NON_COMPLIANT)
    for made, writer in (passed, failed):
        client.sign_in(writer)
        text = client.get(f"/applications/{made.id}/{page}").get_data(as_text=True)
        assert f'value="{made.version}"' not in text


def test_after_the_notice_the_outcome_is_shown(client: PortalClient) -> None:
    sent = clock.now() - timedelta(hours=1)
    made, writer = applied(S.ADMITTED, notices_sent_at=sent)
    client.sign_in(writer)
    assert "Admitted" in client.get(f"/applications/{made.id}").get_data(as_text=True)


def test_the_deadline_page_of_an_open_round_still_carries_its_version(client: PortalClient) -> None:
    made = applications.application("submitted", round_=rounds.round_())
    writer = accounts.person(Role.BID_WRITER, organisation=made.organisation)
    client.sign_in(writer)
    text = client.get(f"/applications/{made.id}/withdraw").get_data(as_text=True)
    assert f'name="version" type="hidden" value="{made.version}"' in text
