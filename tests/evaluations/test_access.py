"""Who may carry out each step, in which state; and what each page costs in queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import COUNCIL_ROLES, Role
from portal.core.db import session
from portal.core.errors import DomainError, Invalid, NotAllowed, NotFound, Refused, Stale
from portal.evaluations import services
from portal.evaluations.queries import count_my_unfinished, list_pass_fail_questions
from portal.evaluations.states import Finding
from portal.frameworks import queries as frameworks
from portal.frameworks.states import RoundState
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as

S = RoundState
Step = Callable[[Case, Person], object]


def _declare(here: Case, by: Person) -> object:
    return services.declare_conflict(here.application, has_conflict=False, by=by)


def _find(here: Case, by: Person) -> object:
    question = list_pass_fail_questions(here.round)[0]
    return services.record_finding(here.application, question, Finding.PASS, "Fine.", by=by)


def _assign(here: Case, by: Person) -> object:
    return services.assign_evaluator(here.application, accounts.person(Role.EVALUATOR), by=by)


def _score(here: Case, by: Person) -> object:
    return services.save_score(made.scores(_sheet(here, by))[0], value=3, reason="Fine.", by=by)


def _agree(here: Case, by: Person) -> object:
    question = frameworks.list_scored_questions(here.round)[0]
    return services.save_consensus(here.application, question, value=3, reason="Fine.", attended="All", by=by)


def _open_consensus(here: Case, by: Person) -> object:
    services.open_consensus(here.round, by=by)
    return None


def _lock(here: Case, by: Person) -> object:
    return services.lock_quality(here.round, by=by)


def _sheet(here: Case, by: Person) -> Any:
    from sqlalchemy import select

    from portal.evaluations.models import EvaluationSheet
    from tests.support.acting import as_worker

    with as_worker():
        mine = select(EvaluationSheet).order_by(EvaluationSheet.evaluator_id != by.id).limit(1)
        return session.scalars(mine).one()


STEPS: dict[str, tuple[Step, set[RoundState], set[Role]]] = {
    "declare": (
        _declare,
        {S.OPENED, S.EVALUATING, S.CONSENSUS, S.RECOMMENDED},
        {Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER},
    ),
    "find": (_find, {S.OPENED}, {Role.COMMISSIONER}),
    "assign": (_assign, {S.OPENED, S.EVALUATING}, {Role.COMMISSIONER}),
    "score": (_score, {S.EVALUATING}, {Role.EVALUATOR}),
    "open_consensus": (_open_consensus, {S.EVALUATING}, {Role.COMMISSIONER}),
    "agree": (_agree, {S.CONSENSUS}, {Role.COMMISSIONER}),
    "lock": (_lock, {S.CONSENSUS}, {Role.COMMISSIONER}),
}
STATES = [S.OPENED, S.EVALUATING, S.CONSENSUS, S.RECOMMENDED, S.DECIDED, S.STANDSTILL, S.CONCLUDED]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", STATES)
def test_each_step_in_each_state(step: str, state: RoundState) -> None:
    carry_out, states, roles = STEPS[step]
    finished = step == "open_consensus" or state not in {S.OPENED, S.EVALUATING}
    here = case(state, assigned=True, finished=finished, agreed=step == "lock" and state == S.CONSENSUS)
    by = here.evaluators[0] if roles == {Role.EVALUATOR} else here.commissioner
    acting_as(by)
    if state in states:
        carry_out(here, by)
        return
    with pytest.raises(DomainError):
        carry_out(here, by)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("role", sorted(COUNCIL_ROLES))
def test_each_step_by_each_role(step: str, role: Role) -> None:
    carry_out, states, roles = STEPS[step]
    state = min(states, key=STATES.index)
    here = case(state, assigned=True, finished=step != "score", agreed=step == "lock")
    by = here.evaluators[0] if role == Role.EVALUATOR and step == "score" else accounts.person(role)
    if by is not here.evaluators[0] and step != "declare":
        made.declaration(here.application, by)
    acting_as(by)
    if role in roles:
        carry_out(here, by)
        return
    with pytest.raises((NotAllowed, NotFound)):
        carry_out(here, by)


def test_evaluating_starts_when_all_is_ready() -> None:
    here = case("opened", count=2)
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="2 applications are left"):
        services.start_evaluating(here.round, by=here.commissioner)
    for application in here.applications:
        made.findings(application, here.commissioner)
        acting_as(here.commissioner)
        services.conclude_compliance(
            application, is_compliant=True, reasons="In order.", by=here.commissioner
        )
        services.assign_evaluator(application, here.evaluators[0], by=here.commissioner)
    with pytest.raises(Refused, match="at least two evaluators"):
        services.start_evaluating(here.round, by=here.commissioner)
    for application in here.applications:
        services.assign_evaluator(application, here.evaluators[1], by=here.commissioner)
    services.start_evaluating(here.round, by=here.commissioner)
    session.commit()
    assert here.round.state == S.EVALUATING
    acting_as(here.evaluators[0])
    assert count_my_unfinished(here.evaluators[0]) == 2


def test_a_round_without_applications_is_cancelled_not_evaluated() -> None:
    here = case("opened", count=0)
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="Cancel it"):
        services.start_evaluating(here.round, by=here.commissioner)


def test_whoever_has_begun_scoring_cannot_be_taken_off() -> None:
    here = case("evaluating")
    sheet = _sheet(here, here.evaluators[0])
    acting_as(here.evaluators[0])
    services.save_score(made.scores(sheet)[0], value=None, reason="A first thought.", by=here.evaluators[0])
    session.commit()
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="begun scoring"):
        services.remove_evaluator(sheet, by=here.commissioner)
    session.rollback()
    services.remove_evaluator(_sheet(here, here.evaluators[1]), by=here.commissioner)


def test_a_draft_keeps_its_words_and_a_stale_form_overwrites_nothing(client: Any) -> None:
    here = case("evaluating")
    score = made.scores(_sheet(here, here.evaluators[0]))[0]
    page = f"/evaluations/scores/{score.id}"
    client.sign_in(here.evaluators[0])
    draft = {"reason": "Half a thought.", "version": "1", "then": "draft"}
    assert client.post(page, data=draft).status_code == 303
    assert "Half a thought." in client.get(page).get_data(as_text=True)
    late = client.post(
        page, data={"value": "5", "reason": "Typed in another tab.", "version": "1", "then": "next"}
    )
    assert late.status_code == 409
    assert "Typed in another tab." in late.get_data(as_text=True)
    unscored = client.post(page, data={"reason": "No score chosen.", "version": "2", "then": "next"})
    assert unscored.status_code == 422
    assert "No score chosen." in unscored.get_data(as_text=True)
    unreasoned = client.post(page, data={"value": "4", "reason": " ", "version": "2", "then": "next"})
    assert unreasoned.status_code == 422
    assert "Give a reason for the score." in unreasoned.get_data(as_text=True)


def test_the_same_question_in_the_next_application(client: Any) -> None:
    here = case("evaluating", count=2)
    sheets = sorted(_own_sheets(here), key=lambda one: one.application.organisation.legal_name)
    (first, following, third), (second, *_) = (made.scores(sheet)[:3] for sheet in sheets)
    client.sign_in(here.evaluators[0])
    data = {"value": "3", "reason": "Enough.", "version": "1", "then": "next", "follows": "question"}
    assert client.post(f"/evaluations/scores/{first.id}", data=data).location.endswith(str(second.id))
    # The order is kept without being chosen again; after the last application comes the next question of the first.
    del data["follows"]
    assert client.post(f"/evaluations/scores/{second.id}", data=data).location.endswith(str(following.id))
    shown = client.get(f"/evaluations/scores/{following.id}").get_data(as_text=True)
    assert re.search(r'name="follows"[^>]*value="question" checked', shown)
    assert "this question in 1 other application;" in shown
    data["follows"] = "application"
    assert client.post(f"/evaluations/scores/{following.id}", data=data).location.endswith(str(third.id))


def _own_sheets(here: Case) -> list[Any]:
    from sqlalchemy import select

    from portal.evaluations.models import EvaluationSheet
    from tests.support.acting import as_worker

    with as_worker():
        sheets = session.scalars(
            select(EvaluationSheet).where(EvaluationSheet.evaluator_id == here.evaluators[0].id)
        ).all()
        return [sheet for sheet in sheets if sheet.application.organisation]


def test_a_conflict_needs_its_nature_and_the_page_keeps_what_was_typed(client: Any) -> None:
    here = case("opened", declared=False)
    client.sign_in(here.evaluators[0])
    page = f"/evaluations/rounds/{here.round.id}/conflicts"
    answer = client.post(page, data={f"conflict-{here.application.id}": "yes"})
    assert answer.status_code == 422
    assert "Say what the conflict is." in answer.get_data(as_text=True)
    data = {f"conflict-{here.application.id}": "yes", f"nature-{here.application.id}": "I chair its board."}
    assert client.post(page, data=data).status_code == 303
    assert "I chair its board." in client.get(page).get_data(as_text=True)


def test_a_failed_check_keeps_what_was_typed(client: Any) -> None:
    here = case("opened")
    client.sign_in(here.commissioner)
    first, second = list_pass_fail_questions(here.round)[:2]
    data = {
        f"finding-{first.id}": "pass",
        f"reason-{first.id}": "Seen the certificate.",
        f"finding-{second.id}": "fail",
        f"reason-{second.id}": "",
    }
    answer = client.post(f"/evaluations/applications/{here.application.id}/check", data=data)
    assert answer.status_code == 422
    assert "Seen the certificate." in answer.get_data(as_text=True)
    assert "Give a reason for this finding." in answer.get_data(as_text=True)


PAGES = {
    "index": ("evaluating", "evaluator", "/evaluations"),
    "conflicts": ("evaluating", "evaluator", "/evaluations/rounds/{round}/conflicts"),
    "workbench": ("evaluating", "commissioner", "/evaluations/rounds/{round}"),
    "compliance": ("evaluating", "commissioner", "/evaluations/rounds/{round}/compliance"),
    "assignments": ("evaluating", "commissioner", "/evaluations/rounds/{round}/assignments"),
    "by question": ("evaluating", "commissioner", "/evaluations/rounds/{round}/assignments/questions"),
    "spread": (
        "evaluating",
        "commissioner",
        "/evaluations/rounds/{round}/assignments/spread?keep_to=section",
    ),
    "finished sheets": ("consensus", "commissioner", "/evaluations/rounds/{round}/finished-sheets"),
    "workload": ("evaluating", "commissioner", "/evaluations/rounds/{round}/workload"),
    "consensus": ("consensus", "commissioner", "/evaluations/rounds/{round}/consensus"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_list_costs_the_same_for_many(client: Any, count_queries: Any, name: str) -> None:
    state, who, address = PAGES[name]
    here = case(state)
    client.sign_in(here.commissioner if who == "commissioner" else here.evaluators[0])
    page = address.format(round=here.round.id)
    assert client.get(page).status_code == 200
    with count_queries() as one:
        client.get(page)
    for _ in range(3):
        application = made.add_application(here, "compliant")
        for evaluator in here.evaluators:
            made.sheet(
                application, evaluator, by=here.commissioner, value=None if state == "evaluating" else 4
            )
    client.sign_in(here.commissioner if who == "commissioner" else here.evaluators[0])
    client.get(page)
    with count_queries() as many:
        client.get(page)
    assert many.number <= one.number, "\n".join(many.statements)
    assert many.number <= 12


def test_results_cost_the_same_for_many(client: Any, count_queries: Any) -> None:
    from tests.factories import decisions

    counted = []
    for number in (1, 4):
        here = decisions.scored(admitted=number, below=0, non_compliant=number)
        client.sign_in(here.commissioner)
        for page in (
            f"/evaluations/rounds/{here.round.id}/results",
            f"/decisions/rounds/{here.round.id}/recommend",
        ):
            with count_queries() as one:
                assert client.get(page).status_code == 200
            counted.append(one.number)
    assert counted[:2] == counted[2:]
    assert max(counted) <= 13


def test_scoring_costs_few_queries(client: Any, count_queries: Any) -> None:
    here = case("evaluating")
    score = made.scores(_sheet(here, here.evaluators[0]))[0]
    client.sign_in(here.evaluators[0])
    with count_queries() as counted:
        client.get(f"/evaluations/scores/{score.id}")
    assert counted.number <= 10, "\n".join(counted.statements)


def test_a_saved_score_costs_ten_statements(client: Any, count_queries: Any) -> None:
    here = case("evaluating")
    score = made.scores(_sheet(here, here.evaluators[0]))[0]
    client.sign_in(here.evaluators[0])
    page = f"/evaluations/scores/{score.id}"
    for number, (address, status) in enumerate(((f"{page}/autosave", 200), (page, 303)), start=1):
        with count_queries() as counted:
            data = {"value": "3", "reason": "As asked.", "version": number, "then": "draft"}
            assert client.post(address, data=data).status_code == status
        assert counted.number <= 10, "\n".join(counted.statements)


def test_rule_04_what_is_left_of_anothers_score_is_nobody_elses_to_count(client: Any) -> None:
    here = case("evaluating")
    mine, theirs = (made.scores(_sheet(here, one)) for one in here.evaluators[:2])
    count = sa.text("SELECT of_question, of_round FROM count_left_to_score(:score, ARRAY['compliant'])")
    acting_as(here.evaluators[0])
    assert session.execute(count, {"score": mine[0].id}).all() == [(0, len(mine) - 1)]
    assert session.execute(count, {"score": theirs[0].id}).all() == []


def test_stale_findings_are_refused() -> None:
    here = case("opened")
    question = list_pass_fail_questions(here.round)[0]
    acting_as(here.commissioner)
    found = services.record_finding(here.application, question, Finding.PASS, "", by=here.commissioner)
    services.record_finding(
        here.application, question, Finding.FAIL, "No.", by=here.commissioner, seen_version=found.version
    )
    with pytest.raises(Stale):
        services.record_finding(
            here.application, question, Finding.PASS, "", by=here.commissioner, seen_version=1
        )
