"""Tests that try to break rules 3, 4, 5, 7 and 9 of the handbook: by service, by page and by plain SQL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications.models import AccessRegister
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused
from portal.evaluations import policy, services
from portal.evaluations.models import ConsensusScore, EvaluationSheet, PriceScore, Score
from portal.evaluations.queries import list_findings, list_pass_fail_questions, results
from portal.evaluations.states import Finding
from portal.frameworks import queries as frameworks
from portal.frameworks.states import QuestionKind
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker, save

ANSWER = "We match each child with care"


def sheet_of(here: Case, index: int = 0) -> EvaluationSheet:
    with as_worker():
        return session.scalars(
            sa.select(EvaluationSheet).where(
                EvaluationSheet.application_id == here.application.id,
                EvaluationSheet.evaluator_id == here.evaluators[index].id,
            )
        ).one()


def count(statement: str, **values: Any) -> int:
    return int(session.execute(sa.text(statement), values).scalar_one())


# Rule 3: nothing before declaring, nothing after declaring a conflict, only the questions assigned.


def test_rule_03_nothing_is_read_before_declaring(client: Any) -> None:
    here = case("evaluating", declared=False)
    sheet = sheet_of(here)
    client.sign_in(here.evaluators[0])
    for page in (f"/evaluations/sheets/{sheet.id}", f"/evaluations/scores/{made.scores(sheet)[0].id}"):
        answer = client.get(page)
        assert answer.status_code == 403
        assert "Declare first" in answer.get_data(as_text=True)
        assert ANSWER not in answer.get_data(as_text=True)
    client.sign_in(here.commissioner)
    assert client.get(f"/evaluations/applications/{here.application.id}/check").status_code == 403


def test_rule_03_the_declaration_page_names_the_applicant_and_nothing_else(client: Any) -> None:
    here = case("opened", declared=False)
    client.sign_in(here.evaluators[0])
    shown = client.get(f"/evaluations/rounds/{here.round.id}/conflicts").get_data(as_text=True)
    assert here.application.organisation.legal_name in shown
    assert here.application.reference not in shown
    assert ANSWER not in shown


def test_rule_03_a_conflict_shuts_the_person_out_everywhere(client: Any) -> None:
    here = case("evaluating", declared=False)
    evaluator, sheet = here.evaluators[0], sheet_of(here)
    score = made.scores(sheet)[0]
    made.declaration(here.application, evaluator, "My sister works there.")
    client.sign_in(evaluator)
    for page in (
        f"/evaluations/sheets/{sheet.id}",
        f"/evaluations/scores/{score.id}",
        f"/evaluations/applications/{here.application.id}/consensus",
    ):
        assert client.get(page).status_code == 403
    acting_as(evaluator)
    with pytest.raises(NotAllowed, match="conflict"):
        services.save_score(score, value=3, reason="No.", by=evaluator)


def test_rule_03_before_declaring_sql_shows_nothing_of_an_application() -> None:
    here = case("evaluating", declared=False)
    tables = ("submission", "submitted_file", "document")
    for person in here.people:
        acting_as(person)
        assert [count(f"SELECT count(*) FROM {table}") for table in tables] == [0, 0, 0]
        made.declaration(here.application, person)
        acting_as(person)
        assert all(count(f"SELECT count(*) FROM {table}") for table in tables)


def test_rule_03_a_conflict_hides_the_submission_in_the_database() -> None:
    here = case("evaluating", declared=False)
    statement = "SELECT count(*) FROM submission WHERE application_id = :id"
    for person, nature, seen in ((here.evaluators[0], "I sit on its board.", 0), (here.evaluators[1], "", 1)):
        made.declaration(here.application, person, nature)
        acting_as(person)
        assert count(statement, id=here.application.id) == seen


def test_rule_03_a_conflict_shows_the_commissioner_what_to_reassign(client: Any) -> None:
    here = case("evaluating")
    acting_as(here.evaluators[0])
    services.declare_conflict(
        here.application, has_conflict=True, nature="A friend works there.", by=here.evaluators[0]
    )
    session.commit()
    client.sign_in(here.commissioner)
    shown = client.get(f"/evaluations/rounds/{here.round.id}").get_data(as_text=True)
    assert f"Kit Kentish declared a conflict with {here.application.organisation.legal_name}" in shown
    acting_as(here.commissioner)
    with pytest.raises(Refused):
        services.open_consensus(here.round, by=here.commissioner)


def test_rule_03_a_declared_conflict_cannot_be_taken_back_or_assigned() -> None:
    here = case("opened", declared=False)
    evaluator = here.evaluators[0]
    acting_as(evaluator)
    services.declare_conflict(here.application, has_conflict=True, nature="My old employer.", by=evaluator)
    with pytest.raises(Refused, match="stands"):
        services.declare_conflict(here.application, has_conflict=False, by=evaluator)
    session.commit()
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="declared a conflict"):
        services.assign_evaluator(here.application, evaluator, by=here.commissioner)


def test_rule_03_an_evaluator_reads_only_what_is_assigned(client: Any) -> None:
    here = case("evaluating", count=2, assigned=False)
    sheet = made.sheet(here.applications[0], here.evaluators[0], by=here.commissioner)
    other = made.sheet(here.applications[1], here.evaluators[1], by=here.commissioner)
    client.sign_in(here.evaluators[0])
    assert client.get(f"/evaluations/sheets/{sheet.id}").status_code == 200
    assert client.get(f"/evaluations/sheets/{other.id}").status_code == 404
    assert client.get(f"/evaluations/scores/{made.scores(other)[0].id}").status_code == 404
    with as_worker():
        file_id = session.execute(
            sa.text(
                "SELECT document_id FROM submitted_file f JOIN submission s ON s.id = f.submission_id"
                " WHERE s.application_id = :id LIMIT 1"
            ),
            {"id": here.applications[0].id},
        ).scalar_one()
    page = f"/evaluations/applications/{here.applications[0].id}/files/{file_id}"
    assert client.get(page).status_code == 404  # a file of a pass/fail question, which is not assigned


def test_rule_01_every_read_is_recorded(client: Any) -> None:
    here = case("evaluating")
    sheet = sheet_of(here)
    client.sign_in(here.evaluators[0])
    assert ANSWER in client.get(f"/evaluations/scores/{made.scores(sheet)[0].id}").get_data(as_text=True)
    read = session.scalars(
        sa.select(AccessRegister).where(AccessRegister.application_id == here.application.id)
    ).one()
    assert read.person_id == here.evaluators[0].id
    assert read.what.startswith("question ")


# Rule 4: nobody else's scores, no totals, no prices.


def test_rule_04_scores_of_others_are_hidden_until_consensus(client: Any) -> None:
    here = case("evaluating", assigned=False)
    application = here.application
    mine = made.sheet(application, here.evaluators[0], by=here.commissioner)
    made.sheet(application, here.evaluators[1], by=here.commissioner, value=1)
    statement = "SELECT count(*) FROM score WHERE value IS NOT NULL"
    for person in (here.evaluators[0], here.commissioner, here.approver):
        acting_as(person)
        assert count(statement) == 0
    acting_as(here.evaluators[1])
    assert count(statement) > 0
    for person in (here.evaluators[0], here.commissioner):
        client.sign_in(person)
        assert client.get(f"/evaluations/applications/{application.id}/consensus").status_code == 403
    client.sign_in(here.evaluators[0])
    shown = client.get(f"/evaluations/scores/{made.scores(mine)[0].id}").get_data(as_text=True)
    assert "Mo Medway" not in shown
    for person in here.evaluators:
        client.sign_in(person)
        assert client.get(f"/evaluations/rounds/{here.round.id}").status_code == 403
        assert client.get(f"/evaluations/rounds/{here.round.id}/results").status_code == 403


def test_rule_04_consensus_does_not_open_before_all_are_in() -> None:
    here = case("evaluating", assigned=False)
    for evaluator, value in zip(here.evaluators, (4, None), strict=True):
        made.sheet(here.application, evaluator, by=here.commissioner, value=value)
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="not finished scoring"):
        services.open_consensus(here.round, by=here.commissioner)


def test_rule_04_one_evaluator_is_not_enough() -> None:
    here = case("evaluating", assigned=False)
    made.sheet(here.application, here.evaluators[0], by=here.commissioner, value=4)
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="two evaluators"):
        services.open_consensus(here.round, by=here.commissioner)


def test_rule_04_prices_are_hidden_until_quality_is_locked(client: Any) -> None:
    here = case("consensus", agreed=True)
    statement = "SELECT count(*) FROM submitted_price"
    for person in here.people:
        acting_as(person)
        assert count(statement) == 0
    client.sign_in(here.commissioner)
    assert client.get(f"/evaluations/rounds/{here.round.id}/results").status_code == 403
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    assert count(statement) > 0


def test_rule_04_whoever_has_a_conflict_cannot_open_prices() -> None:
    here = case("consensus", agreed=True)
    other = accounts.person(Role.COMMISSIONER)
    acting_as(other)
    with pytest.raises(NotAllowed, match="Declare on every applicant"):
        services.lock_quality(here.round, by=other)
    made.declaration(here.application, other, "A past employer.")
    acting_as(other)
    with pytest.raises(NotAllowed, match="conflict"):
        services.lock_quality(here.round, by=other)


def test_rule_09_a_provider_sees_nothing_of_an_evaluation(client: Any) -> None:
    here = case("consensus", agreed=True)
    writer = accounts.person(Role.BID_WRITER, organisation=here.application.organisation)
    acting_as(writer)
    for table in ("score", "consensus_score", "evaluation_sheet", "conflict_declaration", "price_score"):
        assert count(f"SELECT count(*) FROM {table}") == 0
    client.sign_in(writer)
    assert client.get(f"/evaluations/applications/{here.application.id}/consensus").status_code == 404
    assert client.get(f"/evaluations/rounds/{here.round.id}").status_code == 403


# Rule 5: reasons always, own scores for ever.


@pytest.mark.parametrize("reason", ["", "   "])
def test_rule_05_no_score_without_a_reason(reason: str) -> None:
    here = case("evaluating")
    score = made.scores(sheet_of(here))[0]
    acting_as(here.evaluators[0])
    with pytest.raises(Invalid, match="reason"):
        services.save_score(score, value=3, reason=reason, by=here.evaluators[0])
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.update(Score).where(Score.id == score.id).values(value=3, reason=""))


def test_rule_05_a_finished_score_never_changes() -> None:
    here = case("evaluating", finished=True)
    score = made.scores(sheet_of(here))[0]
    acting_as(here.evaluators[0])
    with pytest.raises(NotAllowed, match="finished"):
        services.save_score(score, value=0, reason="Second thoughts.", by=here.evaluators[0])
    for change in (
        sa.update(Score).where(Score.id == score.id).values(value=0),
        sa.delete(Score).where(Score.id == score.id),
    ):
        with (
            pytest.raises(sa.exc.IntegrityError, match="finished scores never change"),
            session.begin_nested(),
        ):
            session.execute(change)


def test_rule_05_consensus_is_a_new_record_and_locks() -> None:
    here = case("consensus")
    question = frameworks.list_scored_questions(here.round)[0]
    acting_as(here.commissioner)
    agreed = services.save_consensus(
        here.application,
        question,
        value=1,
        reason="Less than it seemed.",
        attended="All",
        by=here.commissioner,
    )
    assert {score.value for score in made.scores(sheet_of(here))} == {4}
    session.commit()
    with as_worker():
        session.execute(sa.text("UPDATE round SET quality_locked_at = portal_now()"))
    session.commit()
    acting_as(here.commissioner)
    with pytest.raises(sa.exc.IntegrityError, match="quality consensus is locked"):
        session.execute(sa.update(ConsensusScore).where(ConsensusScore.id == agreed.id).values(value=5))


def test_rule_05_consensus_needs_a_reason_and_who_took_part() -> None:
    here = case("consensus")
    question = frameworks.list_scored_questions(here.round)[0]
    acting_as(here.commissioner)
    for reason, attended in (("", "All"), ("A reason.", " ")):
        with pytest.raises(Invalid):
            services.save_consensus(
                here.application, question, value=3, reason=reason, attended=attended, by=here.commissioner
            )


# Rule 7: an exclusion answer rejects nobody by itself.


def test_rule_07_an_exclusion_answer_rejects_nobody() -> None:
    number = next(
        q.number for q in list_pass_fail_questions(case("opened").round) if q.kind == QuestionKind.EXCLUSION
    )
    here = case("opened", count=0)
    yes = {"applies": "yes", "explanation": "A tax bill was late. It was paid in full."}
    application = made.add_application(here, "submitted", answers={number: yes})
    assert application.state == ApplicationState.SUBMITTED
    question = next(q for q in list_pass_fail_questions(here.round) if q.number == number)
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="self-cleaning"):
        services.record_finding(application, question, Finding.PASS, "", by=here.commissioner)
    made.findings(application, here.commissioner)
    acting_as(here.commissioner)
    services.record_finding(
        application,
        question,
        Finding.PASS,
        "Paid in full, with new controls.",
        evidence_considered="The receipt, and the new controls.",
        by=here.commissioner,
        seen_version=1,
    )
    services.conclude_compliance(application, is_compliant=True, reasons="In order.", by=here.commissioner)
    assert application.state == ApplicationState.COMPLIANT


def test_rule_07_an_officer_concludes_and_the_findings_bear_it_out() -> None:
    here = case("opened", count=2)
    incomplete, failed = here.applications
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="no finding yet"):
        services.conclude_compliance(incomplete, is_compliant=True, reasons="Fine.", by=here.commissioner)
    made.findings(failed, here.commissioner, q2_1="A conviction within five years, and nothing put right.")
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="cannot be found compliant"):
        services.conclude_compliance(failed, is_compliant=True, reasons="Fine.", by=here.commissioner)
    with pytest.raises(Invalid, match="reasons"):
        services.conclude_compliance(failed, is_compliant=False, reasons=" ", by=here.commissioner)
    with pytest.raises(Refused, match="waiting for a second officer"):
        services.conclude_compliance(
            failed, is_compliant=False, reasons="Ground 2.1 applies.", by=here.commissioner
        )
    fail = next(one for one in list_findings(failed).values() if one.finding == Finding.FAIL)
    session.commit()
    made.confirmation(fail)
    acting_as(here.commissioner)
    services.conclude_compliance(
        failed, is_compliant=False, reasons="Ground 2.1 applies.", by=here.commissioner
    )
    assert failed.state == ApplicationState.NON_COMPLIANT


# Prices: scored once, among those who meet the minimums.


def test_price_scores_follow_the_published_rule() -> None:
    here = case("consensus", count=0)
    cheap = made.add_application(here, "compliant", fee=Decimal("600.00"))
    dear = made.add_application(here, "compliant", fee=Decimal("800.00"))
    weak = made.add_application(here, "compliant", fee=Decimal("400.00"))
    for one in (cheap, dear):
        made.agree(one, by=here.commissioner, value=4)
    made.agree(weak, by=here.commissioner, value=1)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    rows = {row.application.id: row for row in results(here.round)}
    assert rows[cheap.id].price == Decimal("40.00")
    assert rows[dear.id].price == Decimal("30.00")  # 600 ÷ 800 × 40: the weak bid is not the lowest
    assert rows[weak.id].price is None
    assert rows[weak.id].rank is None
    assert not rows[weak.id].is_admitted_by_rule
    assert rows[cheap.id].total == Decimal("88.00")
    assert [rows[cheap.id].rank, rows[dear.id].rank] == [1, 2]
    assert all(one.state == ApplicationState.SCORED for one in here.applications)
    verbs = [event.verb for event in session().info["events"]]
    assert "quality.locked" in verbs
    assert "prices.opened" in verbs


def test_price_scores_never_change() -> None:
    here = case("consensus", agreed=True)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(sa.update(PriceScore).values(score=0))
    with pytest.raises(Refused, match="already locked"):
        services.lock_quality(here.round, by=here.commissioner)


def test_the_best_n_are_admitted_by_the_rule() -> None:
    here = case("consensus", count=0, admission_rule="best_n", admit_at_most=1)
    for fee in (Decimal(900), Decimal(700)):
        made.agree(made.add_application(here, "compliant", fee=fee), by=here.commissioner)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    assert [row.is_admitted_by_rule for row in results(here.round)] == [True, False]


# What a person with several roles, a form sent back, or a forgotten guard could get round.


@pytest.mark.parametrize("role", [Role.EVALUATOR, Role.APPROVER])
def test_rule_03_an_auditor_who_also_takes_part_declares_first(client: Any, role: Role) -> None:
    here = case("consensus")
    person = accounts.person(Role.AUDITOR, role)
    client.sign_in(person)
    for page in ("check", "consensus"):
        answer = client.get(f"/evaluations/applications/{here.application.id}/{page}")
        assert answer.status_code == 403, page
    assert client.get(f"/received-applications/{here.application.id}").status_code == 403
    assert not count("SELECT count(*) FROM access_register WHERE person_id = :id", id=person.id)


def test_rule_04_an_evaluator_who_also_audits_sees_no_prices() -> None:
    here = case("consensus", agreed=True)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    person = accounts.person(Role.AUDITOR, Role.EVALUATOR)
    acting_as(person)
    assert not policy.can_see_results(person, here.round)


def test_rule_03_in_consensus_an_evaluator_keeps_to_the_questions_assigned(client: Any) -> None:
    here = case("consensus", assigned=False)
    other, mine = frameworks.list_scored_questions(here.round)[:2]
    sheet = save(
        EvaluationSheet(
            application_id=here.application.id,
            evaluator_id=here.evaluators[0].id,
            assigned_by_id=here.commissioner.id,
        )
    )
    save(Score(sheet_id=sheet.id, question_id=mine.id, value=4, reason="It shows how."))
    with as_worker():
        sheet.finished_at = clock.now()
    session.commit()
    page = f"/evaluations/applications/{here.application.id}/consensus"
    client.sign_in(here.evaluators[0])
    shown = client.get(page).get_data(as_text=True)
    assert f"{page}/{mine.id}" in shown
    assert f"{page}/{other.id}" not in shown
    assert client.get(f"{page}/{mine.id}").status_code == 200
    assert client.get(f"{page}/{other.id}").status_code == 404
    client.sign_in(here.commissioner)
    assert client.get(f"{page}/{other.id}").status_code == 200


def test_rule_01_a_form_sent_back_is_a_read_too(client: Any) -> None:
    here = case("evaluating")
    score = made.scores(sheet_of(here))[0]
    client.sign_in(here.evaluators[0])
    assert client.post(f"/evaluations/scores/{score.id}", data={"value": "4"}).status_code == 422
    opened = case("opened")
    client.sign_in(opened.commissioner)
    concluded = client.post(f"/evaluations/applications/{opened.application.id}/conclude")
    assert concluded.status_code == 422
    agreed = case("consensus")
    question = frameworks.list_scored_questions(agreed.round)[0]
    client.sign_in(agreed.commissioner)
    page = f"/evaluations/applications/{agreed.application.id}/consensus/{question.id}"
    assert client.post(page, data={"value": "4"}).status_code == 422
    for one, person in (
        (here, here.evaluators[0]),
        (opened, opened.commissioner),
        (agreed, agreed.commissioner),
    ):
        reads = count(
            "SELECT count(*) FROM access_register WHERE application_id = :application AND person_id = :person",
            application=one.application.id,
            person=person.id,
        )
        assert reads == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE evaluation_sheet SET finished_at = NULL WHERE id = :id",
        "DELETE FROM evaluation_sheet WHERE id = :id",
        "INSERT INTO score (sheet_id, question_id, value, reason, working_notes)"
        " SELECT :id, question_id, 5, 'Better.', '' FROM score LIMIT 1",
    ],
)
def test_rule_05_a_finished_sheet_cannot_be_opened_again(change: str) -> None:
    here = case("consensus")
    sheet = sheet_of(here)
    acting_as(here.evaluators[0])
    with pytest.raises(sa.exc.IntegrityError, match="never change"):
        session.execute(sa.text(change), {"id": sheet.id})


def test_rule_07_a_finding_is_on_a_question_of_the_applications_own_round() -> None:
    here, other = case("opened"), case("opened")
    acting_as(here.commissioner)
    question = list_pass_fail_questions(other.round)[0]
    with pytest.raises(Refused, match="not part of the compliance check"):
        services.record_finding(here.application, question, Finding.PASS, "Fine.", by=here.commissioner)
