"""What a role never reads (§2), asked by plain SQL in somebody's name and by way of roles held together."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications.models import AccessRegister
from portal.core.db import session
from portal.core.errors import Invalid
from portal.evaluations import policy, services
from portal.evaluations.queries import rounds_taken_part_in
from portal.frameworks.states import RoundState
from tests.evaluations.test_anonymity import anonymous
from tests.evaluations.test_chair import asked
from tests.evaluations.test_prices import locked, query
from tests.evaluations.test_rules import sheet_of
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import case
from tests.support.acting import acting_as, as_worker

PRICED = ("submitted_price", "price_score", "price_query")


def seen(person: Any, *tables: str) -> dict[str, int]:
    acting_as(person)
    return {table: session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}


def test_rule_04_an_evaluators_sql_finds_no_price_after_the_lock_either() -> None:
    here = locked(400, 750)
    query(here)
    evaluator, auditing = here.evaluators[0], accounts.person(Role.EVALUATOR, Role.AUDITOR)
    for application in here.applications:
        made.declaration(application, auditing)
    assert seen(evaluator, *PRICED) == dict.fromkeys(PRICED, 0)
    assert seen(auditing, *PRICED) == dict.fromkeys(PRICED, 0)
    for reader in (here.commissioner, here.approver, accounts.person(Role.AUDITOR)):
        assert all(seen(reader, *PRICED).values()), "and those who need them do"


@pytest.mark.parametrize("other", [Role.AUDITOR, Role.APPROVER])
def test_rule_04_whoever_scores_sees_no_result_by_another_role(other: Role) -> None:
    here = locked(700)
    both = accounts.person(Role.EVALUATOR, other)
    made.declaration(here.application, both)
    here.round.state = RoundState.CONSENSUS
    if other == Role.APPROVER:
        with as_worker():
            made.sheet(here.application, both, by=here.commissioner, value=None)
    acting_as(both)
    assert not policy.can_see_results(both, here.round)


@pytest.mark.parametrize(
    "role",
    [Role.PLACEMENT_OFFICER, Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER, Role.SYSTEM_ADMINISTRATOR],
)
def test_rule_01_no_content_for_roles_that_take_no_part(role: Role) -> None:
    here = locked(700)
    person = accounts.person(role)
    assert seen(person, "submission", "submitted_file", *PRICED) == dict.fromkeys(
        ("submission", "submitted_file", *PRICED), 0
    )
    names = seen(person, "application")["application"]
    assert names == (0 if role == Role.PLACEMENT_OFFICER else len(here.applications))


def test_rule_01_watching_an_agreed_score_is_put_on_record(client: Any) -> None:
    here = case("consensus", agreed=True)
    question = made.scores(sheet_of(here))[0].question_id
    address = f"/evaluations/applications/{here.application.id}/consensus/{question}/agreed"
    client.sign_in(here.commissioner)
    assert client.get(address).status_code == 200
    assert reads(here.commissioner) == 1, "who asks the fragment alone read it too"
    mark = client.get(address).text
    assert "mark=" in mark


def test_rule_01_the_page_of_results_is_put_on_record(client: Any) -> None:
    here = locked(700, 800)
    client.sign_in(here.commissioner)
    assert client.get(f"/evaluations/rounds/{here.round.id}/results").status_code == 200
    assert reads(here.commissioner) == 2


def reads(person: Any) -> int:
    with as_worker():
        return session.scalar(
            sa.select(sa.func.count())
            .select_from(AccessRegister)
            .where(AccessRegister.person_id == person.id)
        )


def test_rule_04_a_reason_to_unlock_or_replace_gives_no_score_away() -> None:
    here = case("evaluating", finished=True)
    sheet = sheet_of(here)
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="score"):
        services.unlock_sheet(sheet, reason="I gave it a 2, so look again.", by=here.commissioner)
    with pytest.raises(Invalid, match="score"):
        services.replace_evaluator(sheet, reason="Everybody else gave it a 2.", by=here.commissioner)


def test_rule_03_nothing_the_chair_writes_names_an_anonymous_applicant() -> None:
    here = anonymous()
    name = here.application.organisation.legal_name
    question = asked(here)
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="numbers"):
        services.answer_chair(
            question, f"{name.upper()} says so in its policy.", audience="asker", by=here.commissioner
        )
    made_sheet = sheet_of(here)
    with pytest.raises(Invalid, match="numbers"):
        services.replace_evaluator(made_sheet, reason=f"Worked for {name}.", by=here.commissioner)


def test_rule_06_whoever_called_a_price_into_question_does_not_decide() -> None:
    here = locked(400, 750)
    query(here)
    acting_as(here.commissioner)
    other = case("opened")
    assert other.round.id not in session.scalars(rounds_taken_part_in(here.commissioner)).all()
    second = accounts.person(Role.COMMISSIONER, Role.APPROVER)
    for application in here.applications:
        made.declaration(application, second)
    acting_as(second)
    assert here.round.id not in session.scalars(rounds_taken_part_in(second)).all()
    here.commissioner = second
    query(here, 1)
    assert here.round.id in session.scalars(rounds_taken_part_in(second)).all()
