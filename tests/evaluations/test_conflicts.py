"""Rule 3 when a conflict comes to light later: scores become void, stay on record, and are given again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused
from portal.evaluations import policy, queries, services
from portal.evaluations.models import ConflictDeclaration, ConsensusScore, EvaluationSheet, Score
from portal.frameworks import queries as frameworks
from portal.notifications.models import Notification
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker, travel


def comes_to_light(here: Case, person: Person, nature: str = "A friend has joined its board.") -> None:
    """The person declares a conflict with the first application."""
    acting_as(person)
    services.declare_conflict(here.application, has_conflict=True, nature=nature, by=person)
    session.commit()


def sheet_of(here: Case, person: Person) -> EvaluationSheet:
    with as_worker():
        return session.scalars(
            sa.select(EvaluationSheet)
            .where(
                EvaluationSheet.application_id == here.application.id,
                EvaluationSheet.evaluator_id == person.id,
            )
            .execution_options(populate_existing=True)
        ).one()


def agreed_scores(here: Case, *, void: bool) -> int:
    is_void = ConsensusScore.voided_at.is_not(None)
    return session.execute(
        sa.select(sa.func.count()).where(
            ConsensusScore.application_id == here.application.id, is_void if void else ~is_void
        )
    ).scalar_one()


def third_evaluator(here: Case) -> Person:
    person = accounts.person(Role.EVALUATOR, full_name="Tess Third")
    made.declaration(here.application, person)
    return person


@pytest.mark.parametrize("finished", [True, False])
def test_rule_03_scores_become_void_and_stay_on_record(finished: bool) -> None:
    here = case("evaluating", finished=finished)
    kit = here.evaluators[0]
    if not finished:
        acting_as(kit)
        services.save_score(
            made.scores(sheet_of(here, kit))[0], value=5, reason="Striking.", working_notes="Mine.", by=kit
        )
        session.commit()
    before = [(one.value, one.reason) for one in made.scores(sheet_of(here, kit))]
    comes_to_light(here, kit)
    sheet = sheet_of(here, kit)
    assert sheet.void_reason == "A friend has joined its board."
    assert [(one.value, one.reason) for one in made.scores(sheet)] == before
    acting_as(here.commissioner)
    assert queries.list_sheets([here.application])[0].evaluator_id == here.evaluators[1].id
    assert [one.id for one in queries.list_to_reassign(here.round)] == [sheet.id]
    assert queries.count_short_of_evaluators(here.round) == len(frameworks.list_scored_questions(here.round))
    assert queries.list_conflicts(here.round)[0].nature == "A friend has joined its board."


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE evaluation_sheet SET voided_at = NULL, voided_by_id = NULL, void_reason = '' WHERE id = :id",
        "UPDATE evaluation_sheet SET void_reason = 'Nothing really.' WHERE id = :id",
        "UPDATE evaluation_sheet SET finished_at = portal_now() WHERE id = :id",
        "DELETE FROM evaluation_sheet WHERE id = :id",
        "UPDATE score SET value = 0, reason = 'Changed.' WHERE sheet_id = :id",
        "DELETE FROM score WHERE sheet_id = :id",
    ],
)
def test_rule_05_what_is_void_never_changes(change: str) -> None:
    here = case("evaluating")
    kit = here.evaluators[0]
    comes_to_light(here, kit)
    acting_as(kit)
    with pytest.raises(sa.exc.IntegrityError, match="never change"):
        session.execute(sa.text(change), {"id": sheet_of(here, kit).id})


def test_rule_03_a_conflict_cannot_be_taken_back_in_the_database() -> None:
    here = case("evaluating")
    kit = here.evaluators[0]
    comes_to_light(here, kit)
    acting_as(kit)
    mine = "WHERE person_id = :id AND has_conflict"
    for change, refusal in (
        (f"UPDATE conflict_declaration SET has_conflict = false {mine}", "stands"),
        (f"DELETE FROM conflict_declaration {mine}", "permission denied"),
    ):
        with pytest.raises(sa.exc.DBAPIError, match=refusal), session.begin_nested():
            session.execute(sa.text(change), {"id": kit.id})


def test_rule_03_nobody_declares_for_another_and_nobody_with_a_conflict_is_assigned() -> None:
    here = case("opened", declared=False)
    kit = here.evaluators[0]
    acting_as(here.commissioner)
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(
            sa.insert(ConflictDeclaration).values(
                application_id=here.application.id,
                person_id=kit.id,
                has_conflict=False,
                nature="",
                declared_at=sa.func.portal_now(),
            )
        )
    made.declaration(here.application, kit, "My sister works there.")
    acting_as(here.commissioner)
    with pytest.raises(sa.exc.IntegrityError, match="scores nothing"), session.begin_nested():
        session.execute(
            sa.insert(EvaluationSheet).values(
                application_id=here.application.id, evaluator_id=kit.id, assigned_by_id=here.commissioner.id
            )
        )


def test_rule_03_scores_of_colleagues_are_closed_to_whoever_declares_during_consensus(client: Any) -> None:
    here = case("consensus")
    kit = here.evaluators[0]
    acting_as(kit)
    seen = sa.select(sa.func.count()).select_from(Score)
    assert session.execute(seen).scalar_one() == 2 * len(frameworks.list_scored_questions(here.round))
    comes_to_light(here, kit)
    acting_as(kit)
    own = len(frameworks.list_scored_questions(here.round))
    assert session.execute(seen).scalar_one() == own
    client.sign_in(kit)
    sheet = sheet_of(here, kit)
    for page in (
        f"/evaluations/sheets/{sheet.id}",
        f"/evaluations/scores/{made.scores(sheet)[0].id}",
        f"/evaluations/applications/{here.application.id}/consensus",
    ):
        assert client.get(page).status_code == 403


def test_agreed_scores_rest_on_nothing_void_and_are_agreed_again() -> None:
    here = case("consensus", agreed=True)
    kit, carys = here.evaluators[0], here.commissioner
    questions = frameworks.list_scored_questions(here.round)
    comes_to_light(here, kit)
    acting_as(carys)
    assert agreed_scores(here, void=True) == len(questions)
    assert agreed_scores(here, void=False) == 0
    assert queries.count_without_consensus(here.round) == len(questions)
    with pytest.raises(Refused, match="not been agreed"):
        services.lock_quality(here.round, by=carys)
    with pytest.raises(NotAllowed, match="evaluator is missing"):
        services.save_consensus(
            here.application, questions[0], value=3, reason="Fine.", attended="Mo", by=carys
        )
    tess = third_evaluator(here)
    acting_as(carys)
    services.assign_evaluator(here.application, tess, by=carys)
    session.commit()
    acting_as(carys)
    with pytest.raises(NotAllowed, match="not finished"):
        services.save_consensus(
            here.application, questions[0], value=3, reason="Fine.", attended="Mo", by=carys
        )


def test_rule_04_whoever_takes_over_scores_alone_before_seeing_others(client: Any) -> None:
    here = case("consensus", agreed=True)
    comes_to_light(here, here.evaluators[0])
    tess = third_evaluator(here)
    acting_as(here.commissioner)
    services.assign_evaluator(here.application, tess, by=here.commissioner)
    session.commit()
    consensus = f"/evaluations/applications/{here.application.id}/consensus"
    client.sign_in(tess)
    assert client.get(consensus).status_code == 403
    acting_as(tess)
    others = sa.select(sa.func.count()).where(Score.value.is_not(None))
    assert session.execute(others).scalar_one() == 0
    assert session.execute(sa.select(sa.func.count()).select_from(ConsensusScore)).scalar_one() == 0
    sheet = sheet_of(here, tess)
    for score in made.scores(sheet):
        acting_as(tess)
        services.save_score(score, value=2, reason="Thin.", by=tess)
    services.finish_sheet(sheet, by=tess)
    session.commit()
    assert client.get(consensus).status_code == 200
    acting_as(here.commissioner)
    lines = queries.consensus_lines(here.application)
    assert {opinion.evaluator for opinion in lines[0].opinions} == {"Mo Medway", "Tess Third"}
    services.save_consensus(
        here.application, lines[0].question, value=3, reason="Now.", attended="Both", by=here.commissioner
    )


def test_a_moderator_with_a_conflict_leaves_the_agreeing_to_another() -> None:
    here = case("consensus", agreed=True)
    question = frameworks.list_scored_questions(here.round)[0]
    comes_to_light(here, here.commissioner)
    other = accounts.person(Role.COMMISSIONER)
    made.declaration(here.application, other)
    acting_as(other)
    assert agreed_scores(here, void=False) == 0
    services.save_consensus(here.application, question, value=3, reason="Fine.", attended="All", by=other)
    session.commit()
    acting_as(here.commissioner)
    assert not policy.can_moderate(here.commissioner, here.application)


def test_once_prices_are_open_what_was_agreed_stands_and_everybody_is_told(client: Any) -> None:
    here = case("consensus", agreed=True)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    session.commit()
    travel(timedelta(hours=1))
    comes_to_light(here, here.evaluators[0])
    assert sheet_of(here, here.evaluators[0]).voided_at is not None
    acting_as(here.commissioner)
    assert agreed_scores(here, void=True) == 0
    client.sign_in(here.commissioner)
    shown = client.get(f"/evaluations/rounds/{here.round.id}").get_data(as_text=True)
    assert "A conflict was declared after prices were opened" in shown
    with as_worker():
        told = session.scalars(sa.select(Notification).where(Notification.person_id == here.commissioner.id))
        assert any("Quality was locked before" in one.body for one in told)


def test_commissioners_are_told_that_somebody_else_has_to_score() -> None:
    here = case("evaluating")
    comes_to_light(here, here.evaluators[0])
    with as_worker():
        told = session.scalars(
            sa.select(Notification).where(Notification.person_id == here.commissioner.id)
        ).one()
    assert told.title.startswith("Kit Kentish declared a conflict of interest")


def test_an_evaluator_who_has_begun_is_replaced_with_a_reason(client: Any) -> None:
    here = case("evaluating", finished=True)
    kit, carys = here.evaluators[0], here.commissioner
    sheet = sheet_of(here, kit)
    page = f"/evaluations/sheets/{sheet.id}/replace"
    client.sign_in(carys)
    assert client.get(page).status_code == 200
    assert client.post(page, data={"reason": ""}).status_code == 422
    assert client.post(page, data={"reason": "On long-term leave."}).status_code == 303
    assert client.post(page, data={"reason": "On long-term leave."}).status_code == 409
    acting_as(carys)
    assert sheet_of(here, kit).void_reason == "On long-term leave."
    assert {one.value for one in made.scores(sheet)} == {4}
    shown = client.get(f"/evaluations/rounds/{here.round.id}/workload").get_data(as_text=True)
    assert "Replaced: On long-term leave." in shown
    client.sign_in(kit)
    assert client.get(f"/evaluations/sheets/{sheet.id}").status_code == 403
    assert "Does not count" in client.get("/evaluations?show=finished").get_data(as_text=True)


def test_who_was_replaced_may_be_assigned_again_with_an_empty_sheet() -> None:
    here = case("evaluating", finished=True)
    kit, carys = here.evaluators[0], here.commissioner
    acting_as(carys)
    services.replace_evaluator(sheet_of(here, kit), reason="By mistake.", by=carys)
    session.commit()
    acting_as(carys)
    again = services.assign_evaluator(here.application, kit, by=carys)
    session.commit()
    assert again.finished_at is None
    assert {one.value for one in made.scores(again)} == {None}


def test_nobody_is_replaced_without_a_reason_or_by_a_colleague_with_a_conflict() -> None:
    here = case("evaluating")
    sheet = sheet_of(here, here.evaluators[0])
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="why this evaluator"):
        services.replace_evaluator(sheet, reason="  ", by=here.commissioner)
    comes_to_light(here, here.commissioner)
    acting_as(here.commissioner)
    with pytest.raises(NotAllowed, match="another commissioner chooses"):
        services.replace_evaluator(sheet, reason="Away.", by=here.commissioner)


def test_rule_03_before_declaring_one_sees_who_applies_owns_and_runs_it_and_nothing_else(client: Any) -> None:
    here = case("opened", count=0)
    questions = {one.text: one.number for one in frameworks.list_questions(here.round)}
    names = {
        questions["Who is your registered manager?"]: "Wilhelmina Ashdown",
        questions["Who should we contact about this application?"]: "Somebody Else",
    }
    made.add_application(here, "submitted", declared=False, answers=names)
    client.sign_in(here.evaluators[0])
    shown = client.get(f"/evaluations/rounds/{here.round.id}/conflicts").get_data(as_text=True)
    assert "Wilhelmina Ashdown" in shown
    assert "Somebody Else" not in shown


def test_void_scores_are_shown_to_an_auditor_and_not_to_the_moderator(client: Any) -> None:
    here = case("consensus", agreed=True)
    comes_to_light(here, here.evaluators[0])
    page = f"/evaluations/applications/{here.application.id}/consensus"
    client.sign_in(here.commissioner)
    shown = client.get(page).get_data(as_text=True)
    assert "Kit Kentish’s sheet, void since" in shown
    assert "Kit Kentish finds it convincing." not in shown
    client.sign_in(accounts.person(Role.AUDITOR))
    assert "Kit Kentish finds it convincing." in client.get(page).get_data(as_text=True)


def test_rule_03_no_declaration_vanishes() -> None:
    case()
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(sa.delete(ConflictDeclaration))
