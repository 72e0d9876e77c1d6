"""The compliance check: two officers for each fail, decisions on self-cleaning, and the register then and now."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.models import Application, Submission
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.evaluations import queries, services
from portal.evaluations.models import ComplianceConclusion, ComplianceFinding, FindingReview
from portal.evaluations.states import CheckState, Finding
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind
from portal.notifications.models import Notification
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker


def second_officer(here: Case) -> Person:
    """Another commissioner, with no conflict."""
    person = accounts.person(Role.COMMISSIONER, full_name="Sam Second")
    for application in here.applications:
        made.declaration(application, person)
    return person


def failed(here: Case) -> ComplianceFinding:
    """Everything passes but question 2.1, which the commissioner failed."""
    made.findings(here.application, here.commissioner, q2_1="A conviction, and nothing put right.")
    acting_as(here.commissioner)
    return next(
        one for one in queries.list_findings(here.application).values() if one.finding == Finding.FAIL
    )


def state_of(application: Application, question_id: Any) -> CheckState:
    session.expire_all()
    lines = queries.check_lines(application)
    return next(line.state for line in lines if line.question.id == question_id)


def with_exclusion(applies: str) -> tuple[Case, Question]:
    """A round with one application that answers "yes" to its first ground for exclusion."""
    here = case("opened", count=0)
    question = next(
        one for one in queries.list_pass_fail_questions(here.round) if one.kind == QuestionKind.EXCLUSION
    )
    answer = {"applies": applies, "explanation": "A tax bill was late, and has been paid."}
    made.add_application(here, "submitted", answers={question.number: answer})
    return here, question


def test_a_fail_stands_when_another_officer_confirms_it() -> None:
    here = case("opened")
    second, fail = second_officer(here), failed(here)
    acting_as(second)
    assert state_of(here.application, fail.question_id) == CheckState.TO_CONFIRM
    services.review_finding(here.application, fail, is_confirmed=True, by=second)
    session.commit()
    acting_as(here.commissioner)
    assert state_of(here.application, fail.question_id) == CheckState.FAIL
    services.conclude_compliance(here.application, is_compliant=False, reasons="2.1.", by=here.commissioner)
    assert here.application.state == ApplicationState.NON_COMPLIANT


def test_nobody_confirms_a_fail_of_their_own() -> None:
    here = case("opened")
    fail = failed(here)
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="another officer"):
        services.review_finding(here.application, fail, is_confirmed=True, by=here.commissioner)
    with pytest.raises(sa.exc.IntegrityError, match="by another officer"), session.begin_nested():
        session.execute(
            sa.insert(FindingReview).values(
                finding_id=fail.id,
                finding_version=fail.version,
                is_confirmed=True,
                reviewed_by_id=here.commissioner.id,
            )
        )


def test_nobody_confirms_in_the_name_of_another() -> None:
    here = case("opened")
    second, fail = second_officer(here), failed(here)
    acting_as(here.commissioner)
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(
            sa.insert(FindingReview).values(
                finding_id=fail.id,
                finding_version=fail.version,
                is_confirmed=True,
                reviewed_by_id=second.id,
            )
        )


def test_a_fail_turned_back_does_not_stand_and_its_author_is_told() -> None:
    here = case("opened")
    second, fail = second_officer(here), failed(here)
    acting_as(second)
    with pytest.raises(Invalid, match="why you turn"):
        services.review_finding(here.application, fail, is_confirmed=False, by=second)
    services.review_finding(
        here.application, fail, is_confirmed=False, reason="It is six years old.", by=second
    )
    session.commit()
    assert state_of(here.application, fail.question_id) == CheckState.TURNED_BACK
    with as_worker():
        told = session.scalars(sa.select(Notification).where(Notification.person_id == here.commissioner.id))
        assert "six years old" in told.one().body
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="turned back"):
        services.conclude_compliance(
            here.application, is_compliant=False, reasons="2.1.", by=here.commissioner
        )


def test_a_changed_finding_is_confirmed_anew() -> None:
    here = case("opened")
    second, fail = second_officer(here), failed(here)
    acting_as(second)
    services.review_finding(here.application, fail, is_confirmed=True, by=second)
    session.commit()
    acting_as(here.commissioner)
    services.record_finding(
        here.application, fail.question, Finding.FAIL, "Other words.", by=here.commissioner, seen_version=1
    )
    session.commit()
    assert state_of(here.application, fail.question_id) == CheckState.TO_CONFIRM
    acting_as(second)
    with pytest.raises(Stale):
        services.review_finding(here.application, fail, is_confirmed=True, by=second, seen_version=1)


def test_saving_the_sheet_unchanged_leaves_findings_with_their_author() -> None:
    here = case("opened")
    second, fail = second_officer(here), failed(here)
    acting_as(second)
    services.record_finding(here.application, fail.question, fail.finding, fail.reason, by=second)
    session.commit()
    assert fail.found_by_id == here.commissioner.id
    assert fail.version == 1


def test_an_unconfirmed_fail_concludes_nothing_in_the_database_either() -> None:
    here = case("opened")
    fail = failed(here)
    acting_as(here.commissioner)
    for is_compliant in (True, False):
        with pytest.raises(sa.exc.IntegrityError, match="do not bear"), session.begin_nested():
            session.execute(
                sa.insert(ComplianceConclusion).values(
                    application_id=here.application.id,
                    is_compliant=is_compliant,
                    reasons="Because.",
                    concluded_by_id=here.commissioner.id,
                    concluded_at=sa.func.portal_now(),
                )
            )
    with pytest.raises(sa.exc.IntegrityError, match="with its version"), session.begin_nested():
        session.execute(
            sa.update(ComplianceFinding.__table__)
            .where(ComplianceFinding.__table__.c.id == fail.id)
            .values(reason="Behind the second officer’s back.")
        )


def test_rule_06_whoever_confirmed_a_fail_took_part() -> None:
    here = case("opened")
    second, fail = second_officer(here), failed(here)
    acting_as(second)
    assert here.round.id not in session.scalars(queries.rounds_taken_part_in(second)).all()
    services.review_finding(here.application, fail, is_confirmed=True, by=second)
    assert here.round.id in session.scalars(queries.rounds_taken_part_in(second)).all()


@pytest.mark.parametrize("applies", ["yes", "self_cleaned"])
def test_rule_07_a_ground_that_applies_opens_a_decision_and_rejects_nobody(applies: str) -> None:
    here, question = with_exclusion(applies)
    application, by = here.application, here.commissioner
    acting_as(by)
    assert application.state == ApplicationState.SUBMITTED
    line = next(one for one in queries.check_lines(application) if one.question.id == question.id)
    assert line.is_decision
    assert line.state == CheckState.TO_FIND
    for finding in (Finding.PASS, Finding.FAIL):
        with pytest.raises(Invalid, match="evidence of self-cleaning"):
            services.record_finding(application, question, finding, "Reasons.", by=by)
        with pytest.raises(Invalid, match="why the self-cleaning"):
            services.record_finding(application, question, finding, "", evidence_considered="It.", by=by)
    services.record_finding(
        application, question, Finding.FAIL, "Not enough.", evidence_considered="A letter.", by=by
    )
    assert application.state == ApplicationState.SUBMITTED
    assert state_of(application, question.id) == CheckState.TO_CONFIRM


def test_rule_07_the_database_wants_the_decision_and_the_officer() -> None:
    here, _ = with_exclusion("yes")
    made.findings(here.application, here.commissioner)
    acting_as(here.commissioner)
    with pytest.raises(sa.exc.IntegrityError, match="self-cleaning"), session.begin_nested():
        session.execute(
            sa.insert(ComplianceConclusion).values(
                application_id=here.application.id,
                is_compliant=True,
                reasons="Because.",
                concluded_by_id=here.commissioner.id,
                concluded_at=sa.func.portal_now(),
            )
        )
    for state in ("non_compliant", "compliant"):
        with pytest.raises(sa.exc.IntegrityError, match="an officer concludes"), session.begin_nested():
            session.execute(
                sa.text("UPDATE application SET state = :state WHERE id = :id"),
                {"state": state, "id": here.application.id},
            )


def test_findings_do_not_change_once_the_check_is_concluded() -> None:
    here = case("opened")
    made.findings(here.application, here.commissioner)
    acting_as(here.commissioner)
    services.conclude_compliance(here.application, is_compliant=True, reasons="Fine.", by=here.commissioner)
    finding = next(iter(queries.list_findings(here.application).values()))
    with pytest.raises(sa.exc.IntegrityError, match="once the check is concluded"), session.begin_nested():
        session.execute(
            sa.text("UPDATE compliance_finding SET reason = 'x', version = version + 1 WHERE id = :id"),
            {"id": finding.id},
        )


def test_findings_of_an_officer_who_then_declares_a_conflict_are_made_again() -> None:
    here = case("opened")
    second = second_officer(here)
    made.findings(here.application, here.commissioner)
    acting_as(here.commissioner)
    services.declare_conflict(
        here.application, has_conflict=True, nature="A cousin works there.", by=here.commissioner
    )
    session.commit()
    acting_as(second)
    with pytest.raises(Refused, match="declared a conflict since"):
        services.conclude_compliance(here.application, is_compliant=True, reasons="Fine.", by=second)
    for line in queries.check_lines(here.application):
        version = line.finding.version if line.finding else None
        services.record_finding(
            here.application, line.question, Finding.PASS, "", by=second, seen_version=version
        )
    services.conclude_compliance(here.application, is_compliant=True, reasons="Fine.", by=second)
    assert here.application.state == ApplicationState.COMPLIANT


def test_rule_03_findings_are_closed_to_whoever_has_a_conflict_in_the_database_too() -> None:
    here = case("opened")
    made.findings(here.application, here.commissioner)
    other = accounts.person(Role.COMMISSIONER)
    acting_as(other)
    seen = sa.select(sa.func.count()).select_from(ComplianceFinding)
    assert session.execute(seen).scalar_one() > 0
    made.declaration(here.application, other, "My old employer.")
    acting_as(other)
    assert session.execute(seen).scalar_one() == 0


def test_the_sheet_sends_the_second_officer_to_the_review(client: Any) -> None:
    here = case("opened")
    second, fail = second_officer(here), failed(here)
    sheet = f"/evaluations/applications/{here.application.id}/check"
    review = f"/evaluations/applications/{here.application.id}/findings/{fail.question_id}/review"
    client.sign_in(here.commissioner)
    assert "another commissioner confirms it" in client.get(sheet).get_data(as_text=True)
    assert "You proposed this fail" in client.get(review).get_data(as_text=True)
    client.sign_in(second)
    assert review in client.get(sheet).get_data(as_text=True)
    assert "Confirm or turn back" in client.get("/start").get_data(as_text=True)
    assert client.post(review, data={"version": "1"}).status_code == 422
    turned = client.post(review, data={"version": "1", "outcome": "turn_back", "reason": " "})
    assert "Say why you turn this fail back." in turned.get_data(as_text=True)
    assert client.post(review, data={"version": "1", "outcome": "confirm"}).status_code == 303
    assert client.post(review, data={"version": "1", "outcome": "confirm"}).status_code == 409
    assert "Fail, confirmed" not in client.get(sheet).get_data(as_text=True)
    assert "Confirmed" in client.get(sheet).get_data(as_text=True)


def test_a_failed_decision_keeps_what_was_typed_beside_its_field(client: Any) -> None:
    here, question = with_exclusion("yes")
    client.sign_in(here.commissioner)
    page = f"/evaluations/applications/{here.application.id}/check"
    typed = {
        f"finding-{question.id}": "pass",
        f"reason-{question.id}": "Long ago.",
        f"evidence-{question.id}": "",
    }
    answer = client.post(page, data=typed)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="evidence-{question.id}-error"' in shown
    assert "Long ago." in shown


def test_what_the_register_said_at_submission_stands_beside_what_it_says_now() -> None:
    here = case("opened")
    acting_as(here.commissioner)
    before = queries.compare_register(here.application, None)
    assert {fact.then for fact in before.facts} == {"Not recorded"}
    assert not before.has_changed
    kept = {"in_register": True, "overall_grade": "Good", "as_at": "2025-03-31"}
    submission = Submission(content={"ofsted": kept})
    compared = queries.compare_register(here.application, submission)
    assert compared.then_as_at == "31 March 2025"
    assert [fact.then for fact in compared.facts if fact.label.startswith("Overall")] == ["Good"]


def test_an_evaluator_reviews_nothing(client: Any) -> None:
    here = case("opened")
    fail = failed(here)
    acting_as(here.evaluators[0])
    with pytest.raises(NotAllowed):
        services.review_finding(here.application, fail, is_confirmed=True, by=here.evaluators[0])
    client.sign_in(here.evaluators[0])
    page = f"/evaluations/applications/{here.application.id}/findings/{fail.question_id}/review"
    assert client.get(page).status_code == 403
