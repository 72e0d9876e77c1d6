"""Assigning by application, section and question, by grid or by plan; workloads and reminders."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.evaluations import queries, services
from portal.evaluations.models import EvaluationTimetable, EvaluatorReminder, Score
from portal.evaluations.queries import Grid
from portal.evaluations.services import Setting, Spread
from portal.frameworks import queries as frameworks
from portal.frameworks.states import EvaluatedBy
from portal.notifications.models import Notification
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker, save, travel


def grid_of(here: Case) -> Grid:
    session.expire_all()
    return queries.get_grid(here.round, queries.list_assignable(here.round))


def everything(here: Case) -> set[uuid.UUID]:
    return {question.id for question in frameworks.list_scored_questions(here.round)}


def test_questions_are_assigned_and_taken_off_one_by_one() -> None:
    here = case("opened")
    carys, kit = here.commissioner, here.evaluators[0]
    first, second, *_ = frameworks.list_scored_questions(here.round)
    pair = (here.application.id, kit.id)
    acting_as(carys)
    assert services.save_assignments(here.round, {pair: {first.id, second.id}}, by=carys) == (2, 0)
    assert grid_of(here).by_pair[pair].keys() == {first.id, second.id}
    assert services.save_assignments(here.round, {pair: {second.id}}, by=carys) == (0, 1)
    assert services.save_assignments(here.round, {pair: {second.id}}, by=carys) == (0, 0)
    assert services.save_assignments(here.round, {pair: ()}, by=carys) == (0, 1)
    assert queries.list_sheets([here.application]) == []


def test_what_is_begun_is_not_taken_off_and_what_is_not_may_be() -> None:
    here = case("evaluating")
    carys, kit = here.commissioner, here.evaluators[0]
    begun, untouched, *_ = frameworks.list_scored_questions(here.round)
    with as_worker():
        score = session.scalars(
            sa.select(Score)
            .join(Score.sheet)
            .where(Score.question_id == begun.id, Score.sheet.has(evaluator_id=kit.id))
        ).one()
    acting_as(kit)
    services.save_score(score, value=None, reason="", working_notes="A first thought.", by=kit)
    session.commit()
    acting_as(carys)
    pair = (here.application.id, kit.id)
    with pytest.raises(Invalid, match="begun scoring"):
        services.save_assignments(here.round, {pair: everything(here) - {begun.id}}, by=carys)
    services.save_assignments(here.round, {pair: everything(here) - {untouched.id}}, by=carys)
    assert untouched.id not in grid_of(here).by_pair[pair]


def test_only_scored_questions_evaluators_and_considered_applications_are_assigned() -> None:
    here = case("opened", count=2)
    carys, kit = here.commissioner, here.evaluators[0]
    pass_fail = queries.list_pass_fail_questions(here.round)[0]
    acting_as(carys)
    with pytest.raises(Refused, match="scored questions"):
        services.save_assignments(here.round, {(here.application.id, kit.id): {pass_fail.id}}, by=carys)
    with pytest.raises(Refused, match="not an evaluator any more"):
        services.save_assignments(
            here.round, {(here.application.id, here.approver.id): everything(here)}, by=carys
        )
    with pytest.raises(Refused, match="being considered"):
        services.save_assignments(here.round, {(uuid.uuid4(), kit.id): everything(here)}, by=carys)


def test_a_commissioner_with_a_conflict_chooses_nobody_for_that_application() -> None:
    here = case("opened", declared=False)
    made.declaration(here.application, here.commissioner, "My brother runs it.")
    acting_as(here.commissioner)
    with pytest.raises(NotAllowed, match="another commissioner chooses"):
        services.assign_evaluator(here.application, here.evaluators[0], by=here.commissioner)


def test_two_commissioners_do_not_overwrite_each_other(client: Any) -> None:
    here = case("opened", count=2)
    first, second = here.applications
    kit, mo = here.evaluators
    page = f"/evaluations/rounds/{here.round.id}/assignments"
    acting_as(here.commissioner)
    seen = services.fingerprint(grid_of(here).assignments)
    form = {"seen": seen, "was": ""}
    client.sign_in(here.commissioner)
    assert client.post(page, data={**form, "pair": [f"{first.id}:{kit.id}"]}).status_code == 303
    late = client.post(page, data={**form, "pair": [f"{second.id}:{mo.id}"]})
    shown = late.get_data(as_text=True)
    assert late.status_code == 409
    assert "Someone else changed the evaluators" in shown
    for pair in (f"{first.id}:{kit.id}", f"{second.id}:{mo.id}"):
        assert f'value="{pair}" checked' in shown
    again = client.post(page, data={**form, "pair": [f"{first.id}:{kit.id}"]})
    assert again.status_code == 303  # the same ticks twice change nothing
    acting_as(here.commissioner)
    with pytest.raises(Stale):
        services.save_assignments(
            here.round, {(first.id, mo.id): everything(here)}, by=here.commissioner, seen=seen
        )


def test_the_grid_of_applications_keeps_what_is_assigned_in_part(client: Any) -> None:
    here = case("opened")
    kit, mo = here.evaluators
    question = frameworks.list_scored_questions(here.round)[0]
    acting_as(here.commissioner)
    services.assign_evaluator(here.application, kit, by=here.commissioner, questions=[question])
    session.commit()
    client.sign_in(here.commissioner)
    page = f"/evaluations/rounds/{here.round.id}/assignments"
    assert f"1 of {len(everything(here))}" in client.get(page).get_data(as_text=True)
    pairs = [f"{here.application.id}:{person.id}" for person in (kit, mo)]
    assert client.post(page, data={"was": pairs[0], "pair": pairs}).status_code == 303
    acting_as(here.commissioner)
    grid = grid_of(here)
    assert grid.of_application(here.application, kit).assigned == 1
    assert grid.of_application(here.application, mo).is_whole


def test_the_grid_of_questions_assigns_everywhere_but_where_there_is_a_conflict(client: Any) -> None:
    here = case("opened", count=3, declared=False)
    kit = here.evaluators[0]
    made.declaration(here.applications[0], kit, "My aunt works there.")
    question, other, *_ = frameworks.list_scored_questions(here.round)
    page = f"/evaluations/rounds/{here.round.id}/assignments/questions"
    client.sign_in(here.commissioner)
    assert client.post(page, data={"was": "", "pair": [f"{question.id}:{kit.id}"]}).status_code == 303
    acting_as(here.commissioner)
    cell = grid_of(here).of_question(question, kit)
    assert (cell.assigned, cell.possible) == (2, 2)
    one = f"{page}?application={here.applications[1].id}"
    assert client.post(one, data={"was": "", "pair": [f"{other.id}:{kit.id}"]}).status_code == 303
    acting_as(here.commissioner)
    assert grid_of(here).of_question(other, kit).is_partial
    was = f"{question.id}:{kit.id}"
    assert (
        client.post(page, data={"was": was}).status_code == 303
    )  # cleared everywhere; the partial one stays
    acting_as(here.commissioner)
    grid = grid_of(here)
    assert grid.of_question(question, kit).assigned == 0
    assert grid.of_question(other, kit).assigned == 1


def test_a_whole_section_is_given_to_an_evaluator(client: Any) -> None:
    here = case("opened", count=2)
    kit = here.evaluators[0]
    section = frameworks.list_scored_questions(here.round)[0].section_id
    page = f"/evaluations/rounds/{here.round.id}/assignments/questions"
    client.sign_in(here.commissioner)
    data = {"then": "section", "section": str(section), "evaluator": str(kit.id)}
    assert client.post(page, data=data).status_code == 303
    acting_as(here.commissioner)
    grid = grid_of(here)
    assert all(grid.of_application(one, kit).is_whole for one in here.applications)
    assert client.post(page, data={**data, "section": ""}).status_code == 422


def test_during_consensus_only_gaps_are_filled() -> None:
    here = case("consensus")
    person = accounts.person(Role.EVALUATOR)
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="enough evaluators"):
        services.assign_evaluator(here.application, person, by=here.commissioner)


# A plan that spreads the work: it proposes, a person saves it.


def evaluators(here: Case, kent: int, medway: int) -> list[Person]:
    return [
        *(accounts.person(Role.EVALUATOR, full_name=f"Kent {number}") for number in range(kent)),
        *(
            accounts.person(Role.EVALUATOR, full_name=f"Medway {number}", council=Council.MEDWAY)
            for number in range(medway)
        ),
    ]


def setting_of(here: Case, people: list[Person]) -> Setting:
    acting_as(here.commissioner)
    grid = grid_of(here)
    return Setting(grid.applications, grid.questions, people, grid.assignments, grid.closed)


@pytest.mark.parametrize("keep_to", list(Spread))
@pytest.mark.parametrize("scorers", [2, 3])
def test_a_plan_covers_everything_evenly(keep_to: Spread, scorers: int) -> None:
    here = case("opened", count=4)
    people = evaluators(here, 2, 2)
    plan = services.propose(setting_of(here, people), keep_to=keep_to, scorers=scorers)
    covered = Counter(
        (application, question) for (application, _), added in plan.added.items() for question in added
    )
    assert set(covered.values()) == {scorers}
    assert len(covered) == 4 * len(everything(here))
    assert not plan.gaps
    loads = [plan.after[person.id] for person in people]
    assert max(loads) - min(loads) <= len(everything(here))
    if keep_to == Spread.APPLICATION:
        assert all(added == everything(here) for added in plan.added.values())


def test_a_plan_keeps_to_conflicts_and_councils_and_says_what_it_cannot_fill() -> None:
    here = case("opened", count=1, declared=False)
    people = evaluators(here, 2, 1)
    made.declaration(here.application, people[0], "My old firm.")
    setting = setting_of(here, people)
    setting.questions[0].evaluated_by = EvaluatedBy.MEDWAY
    with session.no_autoflush:
        plan = services.propose(setting, keep_to=Spread.APPLICATION, scorers=2)
    session.rollback()
    assert (here.application.id, people[0].id) not in plan.added
    assert [question.id for _, question in plan.gaps] == [setting.questions[0].id]
    assert setting.questions[0].id not in plan.added[here.application.id, people[1].id]


def test_a_plan_fills_gaps_and_leaves_the_rest() -> None:
    here = case("opened", count=2, assigned=False)
    kit = here.evaluators[0]
    acting_as(here.commissioner)
    services.assign_evaluator(here.application, kit, by=here.commissioner)
    session.commit()
    plan = services.propose(setting_of(here, here.evaluators), keep_to=Spread.APPLICATION, scorers=2)
    assert (here.application.id, kit.id) not in plan.added
    assert len(plan.added) == 3


def test_rule_13_nothing_is_saved_before_a_person_saves_it(client: Any) -> None:
    here = case("opened", count=2)
    page = f"/evaluations/rounds/{here.round.id}/assignments/spread"
    client.sign_in(here.commissioner)
    shown = client.get(f"{page}?keep_to=application&scorers=2").get_data(as_text=True)
    acting_as(here.commissioner)
    assert queries.list_assignments(here.round) == []
    digest = shown.partition('name="digest" value="')[2].partition('"')[0]
    data = {"keep_to": "application", "scorers": "2", "digest": digest}
    assert client.post(page, data={**data, "digest": "another"}).status_code == 409
    assert client.post(page, data=data).status_code == 303
    acting_as(here.commissioner)
    assert len(queries.list_assignments(here.round)) == 4 * len(everything(here))
    assert client.post(page, data=data).status_code == 409  # pressed twice: there is nothing left to add


# Workload and reminders: numbers, never scores.


def at(hour: int, day: int = 23) -> None:
    """Move the clock to that hour in Kent of a day in November 2026 (the 23rd is a Monday)."""
    travel(datetime(2026, 11, day, hour, 30, tzinfo=UTC) - clock.now())


def test_rule_04_workloads_are_numbers_and_no_scores(client: Any) -> None:
    here = case("evaluating", assigned=False)
    made.sheet(here.application, here.evaluators[0], by=here.commissioner, value=1)
    acting_as(here.commissioner)
    mine = next(one for one in queries.list_workloads(here.round) if one.person.id == here.evaluators[0].id)
    assert (mine.applications, mine.questions, mine.scored, mine.finished) == (1, 8, 8, 1)
    client.sign_in(here.commissioner)
    shown = client.get(f"/evaluations/rounds/{here.round.id}/workload").get_data(as_text=True)
    assert "8 of 8" in shown
    assert "finds it convincing" not in shown


def test_an_evaluator_is_reminded_once_a_day(client: Any) -> None:
    here = case("evaluating")
    kit = here.evaluators[0]
    page = f"/evaluations/rounds/{here.round.id}/remind"
    client.sign_in(here.commissioner)
    for _ in range(2):
        assert client.post(page, data={"evaluator": str(kit.id)}).status_code == 303
    assert client.post(page).status_code == 303  # everybody else
    with as_worker():
        reminded = Counter(session.scalars(sa.select(EvaluatorReminder.evaluator_id)))
        assert reminded == {person.id: 1 for person in here.evaluators}
        told = session.scalars(sa.select(Notification).where(Notification.person_id == kit.id)).one()
        assert told.title.startswith("You have 8 questions left to score")


def test_nobody_is_reminded_before_scoring_or_when_all_is_scored() -> None:
    finished = case("evaluating", finished=True)
    acting_as(finished.commissioner)
    assert services.remind_evaluators(finished.round, by=finished.commissioner) == 0
    opened = case("opened", assigned=True)
    acting_as(opened.commissioner)
    with pytest.raises(Refused, match="while they score"):
        services.remind_evaluators(opened.round, by=opened.commissioner)


@pytest.mark.parametrize(
    ("days", "hour", "reminded"),
    [(4, 9, 0), (3, 9, 2), (2, 9, 0), (1, 9, 2), (0, 9, 2), (0, 6, 0), (-1, 9, 2)],
)
def test_evaluators_are_reminded_as_the_date_nears(days: int, hour: int, reminded: int) -> None:
    here = case("evaluating")
    at(hour)
    save(EvaluationTimetable(round_id=here.round.id, scores_due_on=clock.today() + timedelta(days=days)))
    for _ in range(2):
        with as_worker():
            services.remind_by_date(here.round)
    with as_worker():
        assert (
            session.execute(sa.select(sa.func.count()).select_from(EvaluatorReminder)).scalar_one()
            == reminded
        )


def test_the_job_knows_the_rounds_that_have_a_date() -> None:
    here, _ = case("evaluating"), case("evaluating")
    save(EvaluationTimetable(round_id=here.round.id, scores_due_on=clock.today()))
    with as_worker():
        assert queries.list_rounds_with_due_date() == [here.round.id]


def test_the_date_is_today_or_later_and_may_be_taken_away(client: Any) -> None:
    here = case("evaluating")
    page = f"/evaluations/rounds/{here.round.id}/workload"
    client.sign_in(here.commissioner)
    early = client.post(page, data={"scores_due_on": "2020-01-31"})
    assert early.status_code == 422
    assert "Choose today or a later date." in early.get_data(as_text=True)
    assert "Enter a real date" in client.post(page, data={"scores_due_on": "soon"}).get_data(as_text=True)
    day = clock.today() + timedelta(days=7)
    assert client.post(page, data={"scores_due_on": day.isoformat()}).status_code == 303
    acting_as(here.commissioner)
    assert queries.find_due_date(here.round) == day
    assert client.post(page, data={"scores_due_on": ""}).status_code == 303
    acting_as(here.commissioner)
    assert queries.find_due_date(here.round) is None


@pytest.mark.parametrize("path", ["assignments", "assignments/questions", "assignments/spread", "workload"])
def test_only_commissioners_choose_who_scores(client: Any, path: str) -> None:
    here = case("evaluating")
    page = f"/evaluations/rounds/{here.round.id}/{path}"
    for person in (*here.evaluators, here.approver, accounts.person(Role.AUDITOR)):
        client.sign_in(person)
        assert client.get(page).status_code == 403
    client.sign_in(here.commissioner)
    assert client.get(page).status_code == 200
