"""The main job of this part, page by page: from an opened round to a concluded one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.evaluations.queries import list_pass_fail_questions
from portal.frameworks import queries as frameworks
from portal.frameworks.states import RoundState
from tests.factories import accounts
from tests.factories.decisions import procedure
from tests.factories.evaluations import Case, case, declaration, scores
from tests.support.acting import as_worker, travel


def test_from_an_opened_round_to_a_concluded_one(client: Any) -> None:
    here = case("opened", count=3, declared=False)
    good, weak, failed = here.applications
    _declare(client, here)
    _check(client, here, {good: None, weak: None, failed: "The insurance is too low."})
    _assign_and_start(client, here)
    _score(client, here, {good: 4, weak: 2})
    _agree(client, here, {good: 4, weak: 2})
    client.sign_in(here.commissioner)
    assert client.post(f"/evaluations/rounds/{here.round.id}/lock").status_code == 303
    shown = client.get(f"/evaluations/rounds/{here.round.id}/results").get_data(as_text=True)
    assert "the minimum is 3" in shown
    _recommend_and_decide(client, here)
    _notices(client, here)
    provider = accounts.person(Role.BID_WRITER, organisation=failed.organisation)
    client.sign_in(provider)
    notice = client.get(f"/decisions/notices/{failed.id}").get_data(as_text=True)
    assert "The insurance is too low." in notice
    assert good.organisation.legal_name in notice
    assert weak.organisation.legal_name not in notice
    _conclude(client, here)
    assert [_state(one) for one in here.applications] == [
        ApplicationState.ADMITTED,
        ApplicationState.DECLINED,
        ApplicationState.DECLINED,
    ]


def _declare(client: Any, here: Case) -> None:
    page = f"/evaluations/rounds/{here.round.id}/conflicts"
    for person in here.people:
        client.sign_in(person)
        assert here.application.organisation.legal_name in client.get(page).get_data(as_text=True)
        assert client.post(page, data={"then": "none_with_any"}).status_code == 303


def _check(client: Any, here: Case, failing: dict[Application, str | None]) -> None:
    client.sign_in(here.commissioner)
    questions = list_pass_fail_questions(here.round)
    for application, reason in failing.items():
        page = f"/evaluations/applications/{application.id}/check"
        assert client.get(page).status_code == 200
        data = {f"finding-{question.id}": "pass" for question in questions}
        if reason:
            data |= {f"finding-{questions[0].id}": "fail", f"reason-{questions[0].id}": reason}
        assert client.post(page, data=data).status_code == 303
        if reason:
            _second_officer(client, here, application, questions[0].id)
        concluded = client.post(
            f"/evaluations/applications/{application.id}/conclude",
            data={
                "outcome": "non_compliant" if reason else "compliant",
                "reasons": reason or "All in order.",
            },
        )
        assert concluded.status_code == 303, concluded.get_data(as_text=True)
    assert client.get(f"/evaluations/rounds/{here.round.id}/compliance").status_code == 200


def _second_officer(client: Any, here: Case, application: Application, question_id: Any) -> None:
    second = accounts.person(Role.COMMISSIONER)
    for one in here.applications:
        declaration(one, second)
    client.sign_in(second)
    page = f"/evaluations/applications/{application.id}/findings/{question_id}/review"
    assert client.post(page, data={"outcome": "confirm", "version": "1"}).status_code == 303
    client.sign_in(here.commissioner)


def _assign_and_start(client: Any, here: Case) -> None:
    page = f"/evaluations/rounds/{here.round.id}/assignments"
    assert client.get(page).status_code == 200
    pairs = [f"{one.id}:{person.id}" for one in here.applications[:2] for person in here.evaluators]
    assert client.post(page, data={"pair": pairs}).status_code == 303
    assert client.post(f"/evaluations/rounds/{here.round.id}/start").status_code == 303
    assert client.get(f"/evaluations/rounds/{here.round.id}").status_code == 200


def _score(client: Any, here: Case, values: dict[Application, int]) -> None:
    from portal.evaluations.models import EvaluationSheet

    for person in here.evaluators:
        client.sign_in(person)
        assert client.get("/evaluations").status_code == 200
        for application, value in values.items():
            sheet = session.scalars(
                sa.select(EvaluationSheet).where(
                    EvaluationSheet.application_id == application.id,
                    EvaluationSheet.evaluator_id == person.id,
                )
            ).one()
            for score in scores(sheet):
                page = f"/evaluations/scores/{score.id}"
                assert client.get(page).status_code == 200
                data = {
                    "value": str(value),
                    "reason": "It shows how.",
                    "version": "1",
                    "then": "next_question",
                }
                assert client.post(page, data=data).status_code == 303
            assert client.get(f"/evaluations/sheets/{sheet.id}").status_code == 200
            assert client.post(f"/evaluations/sheets/{sheet.id}/finish").status_code == 303


def _agree(client: Any, here: Case, values: dict[Application, int]) -> None:
    client.sign_in(here.commissioner)
    assert client.post(f"/evaluations/rounds/{here.round.id}/open-consensus").status_code == 303
    assert client.get(f"/evaluations/rounds/{here.round.id}/consensus").status_code == 200
    for application, value in values.items():
        assert client.get(f"/evaluations/applications/{application.id}/consensus").status_code == 200
        for question in frameworks.list_scored_questions(here.round):
            page = f"/evaluations/applications/{application.id}/consensus/{question.id}"
            assert client.get(page).status_code == 200
            data = {"value": str(value), "reason": "Agreed.", "attended": "Kit and Mo", "version": ""}
            assert client.post(page, data=data).status_code == 303


def _recommend_and_decide(client: Any, here: Case) -> None:
    page = f"/decisions/rounds/{here.round.id}/recommend"
    assert client.get(page).status_code == 200
    data = {"reasons": "By the published rule."}
    for index, one in enumerate(here.applications):
        data |= {
            f"outcome-{one.id}": "decline" if index else "admit",
            f"reason-{one.id}": ["Strong matching.", "Below the minimum.", "The insurance is too low."][
                index
            ],
        }
    assert client.post(page, data=data).status_code == 303
    _papers(client, here)
    client.sign_in(here.approver)
    shown = client.get("/decisions").get_data(as_text=True)
    assert here.round.title in shown
    assert client.get(f"/decisions/rounds/{here.round.id}").status_code == 200
    decided = client.post(
        f"/decisions/rounds/{here.round.id}/decide",
        data={"kind": "approve", "reasons": "I agree.", "position": "Corporate Director"},
    )
    assert decided.status_code == 303, decided.get_data(as_text=True)


def _papers(client: Any, here: Case) -> None:
    round_page = f"/decisions/rounds/{here.round.id}"
    assert "Medway’s agreement" in client.get(f"{round_page}/papers").get_data(as_text=True)
    data = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in vars(procedure()).items()
        if value
    }
    assert client.get(f"{round_page}/procedure").status_code == 200
    assert client.post(f"{round_page}/procedure", data={**data, "version": "1"}).status_code == 303
    assert "Ready to be approved" in client.get(f"{round_page}/papers").get_data(as_text=True)
    for page in ("papers/report", "papers/record", "exempt"):
        assert client.get(f"{round_page}/{page}").status_code == 200
    for page in ("report/pdf", "record/pdf"):
        assert client.get(f"{round_page}/{page}").get_data().startswith(b"%PDF")


def _notices(client: Any, here: Case) -> None:
    client.sign_in(here.commissioner)
    page = f"/decisions/rounds/{here.round.id}/notices"
    assert client.get(page).status_code == 200
    assert client.post(page).status_code == 409  # nobody has looked at the letters yet
    preview = client.post(f"/decisions/rounds/{here.round.id}/preview")
    assert preview.status_code == 200
    assert preview.get_data().startswith(b"%PDF")
    assert client.post(page).status_code == 303
    assert client.get(page).status_code == 200
    assert client.get(f"/decisions/rounds/{here.round.id}/standstill").status_code == 200
    assert client.get(f"/decisions/rounds/{here.round.id}/procurement-report").status_code == 200


def _conclude(client: Any, here: Case) -> None:
    client.sign_in(here.commissioner)
    url = f"/decisions/rounds/{here.round.id}/conclude"
    assert client.post(url).status_code == 409
    travel(timedelta(days=12))
    client.sign_in(here.commissioner)
    concluded = client.post(url)
    assert concluded.status_code == 303, concluded.get_data(as_text=True)
    assert client.get(f"/decisions/rounds/{here.round.id}").status_code == 200
    with as_worker():
        session.refresh(here.round)
        deferred = session.scalars(sa.text("SELECT task_name FROM procrastinate_jobs")).all()
    assert here.round.state == RoundState.CONCLUDED
    assert "agreements.offer_for_round" in deferred


def _state(application: Application) -> ApplicationState:
    with as_worker():
        session.refresh(application)
    return application.state
