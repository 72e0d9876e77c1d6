"""Applicants by number: evaluators meet no name where they score, and declare against names (rule 3)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from portal.applications.models import Submission
from portal.core.db import session
from portal.core.errors import Refused
from portal.evaluations import services
from portal.evaluations.queries import list_my_sheets, next_in_round, number_files, shown_file_name
from tests.evaluations.test_rules import sheet_of
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker


def numbered(here: Case) -> Case:
    """The case with its applicants numbered, as after opening."""
    with as_worker():
        session.execute(sa.select(sa.func.number_applicants(here.round.id)))
    session.commit()
    for one in here.applications:
        acting_as(here.commissioner)
        session.refresh(one)
    return here


def anonymous(count: int = 1, *, declared: bool = True) -> Case:
    return numbered(case("evaluating", count=count, declared=declared, applicants_anonymised=True))


def test_the_commissioner_chooses_before_scoring_starts(client: Any) -> None:
    here = case("opened")
    client.sign_in(here.commissioner)
    page = f"/evaluations/rounds/{here.round.id}/anonymity"
    answer = client.post(page, data={"shown": "numbers", "version": str(here.round.version)})
    assert answer.status_code == 303
    acting_as(here.commissioner)
    session.refresh(here.round)
    session.refresh(here.application)
    assert here.round.applicants_anonymised
    assert here.application.applicant_number == 1
    begun = case("evaluating")
    acting_as(begun.commissioner)
    with pytest.raises(Refused, match="Scoring has started"):
        services.choose_anonymity(begun.round, is_anonymous=True, by=begun.commissioner)
    change = sa.text("UPDATE round SET applicants_anonymised = true WHERE id = :id")
    with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(change, {"id": begun.round.id})


def test_numbers_are_drawn_as_the_round_is_opened_and_stay() -> None:
    here = case("opened", count=3)
    with as_worker():
        session.execute(sa.text("UPDATE round SET state = 'published' WHERE id = :id"), {"id": here.round.id})
        session.execute(sa.text("UPDATE round SET state = 'opened' WHERE id = :id"), {"id": here.round.id})
    session.commit()
    numbers = sa.text("SELECT id, applicant_number FROM application WHERE round_id = :id ORDER BY id")
    acting_as(here.commissioner)
    drawn = session.execute(numbers, {"id": here.round.id}).all()
    assert sorted(number for _, number in drawn) == [1, 2, 3]
    numbered(here)
    assert session.execute(numbers, {"id": here.round.id}).all() == drawn
    change = sa.text("UPDATE application SET applicant_number = 9 WHERE id = :id")
    with pytest.raises(sa.exc.IntegrityError, match="drawn by lot"), session.begin_nested():
        session.execute(change, {"id": here.application.id})


def test_rule_03_no_name_is_shown_where_an_evaluator_scores(client: Any) -> None:
    here = anonymous(count=2)
    evaluator, sheet = here.evaluators[0], sheet_of(here)
    scores = made.scores(sheet)
    with as_worker():
        file_id = session.execute(
            sa.text(
                "SELECT document_id FROM submitted_file f JOIN submission s ON s.id = f.submission_id"
                " WHERE s.application_id = :id LIMIT 1"
            ),
            {"id": here.application.id},
        ).scalar_one()
        file_name = session.execute(
            sa.text("SELECT original_name FROM document WHERE id = :id"), {"id": file_id}
        ).scalar_one()
    client.sign_in(evaluator)
    names = [one.organisation.legal_name for one in here.applications]
    references = [one.reference for one in here.applications]
    number = f"Applicant {here.application.applicant_number}"
    for page in (
        "/",
        "/start",
        "/evaluations",
        f"/evaluations/sheets/{sheet.id}",
        f"/evaluations/scores/{scores[0].id}",
        f"/evaluations/sheets/{sheet.id}/questions/{scores[0].question_id}/chair",
        "/notifications",
    ):
        shown = client.get(page).get_data(as_text=True)
        for secret in (*names, *references, file_name):
            assert secret not in shown, page
    shown = client.get(f"/evaluations/scores/{scores[0].id}").get_data(as_text=True)
    assert number in shown
    assert "may still name them" in shown
    # Declarations are against the names, and say no number.
    declared = client.get(f"/evaluations/rounds/{here.round.id}/conflicts").get_data(as_text=True)
    assert all(name in declared for name in names)
    assert "Applicant 1" not in declared
    assert "Applicant 2" not in declared
    data = {"value": "3", "reason": "Enough."}
    for version, score in enumerate(scores):
        answer = client.post(f"/evaluations/scores/{score.id}", data={**data, "version": "1"})
        assert answer.status_code == 303, version
    finished = client.post(f"/evaluations/sheets/{sheet.id}/finish", follow_redirects=True)
    assert f"Finished: your scores on {number} are locked." in finished.get_data(as_text=True)


def test_rule_03_a_file_is_called_by_its_number() -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    questions = [{"files": [{"id": str(first)}]}, {"files": [{"id": str(second)}, {"id": str(first)}]}]
    submission = Submission(content={"sections": [{"questions": questions}]})
    assert shown_file_name(submission, second, "pdf") == "document-2.pdf"
    assert number_files(submission) == {str(first): 1, str(second): 2}


def test_rule_03_numbers_show_once_everybody_was_declared_on(client: Any) -> None:
    """Declaring on one at a time would tell which number each name has."""
    here = anonymous(count=2, declared=False)
    evaluator, sheet = here.evaluators[0], sheet_of(here)
    made.declaration(here.application, evaluator)
    client.sign_in(evaluator)
    shown = client.get("/evaluations").get_data(as_text=True)
    assert shown.count("An applicant") == 2
    assert client.get(f"/evaluations/sheets/{sheet.id}").status_code == 403
    made.declaration(here.applications[1], evaluator, "My sister runs it.")
    client.sign_in(evaluator)
    assert client.get(f"/evaluations/sheets/{sheet.id}").status_code == 200
    shown = client.get("/evaluations").get_data(as_text=True)
    assert f"Applicant {here.application.applicant_number}" in shown
    assert f"Applicant {here.applications[1].applicant_number}" not in shown


def test_rule_03_who_is_taken_off_is_told_the_number(client: Any) -> None:
    here = anonymous()
    sheet = sheet_of(here)
    acting_as(here.commissioner)
    services.replace_evaluator(sheet, reason="Away for a month.", by=here.commissioner)
    session.commit()
    client.sign_in(here.evaluators[0])
    told = client.get("/notifications").get_data(as_text=True)
    assert f"Applicant {here.application.applicant_number}" in told
    assert here.application.organisation.legal_name not in told


def test_the_order_of_work_follows_the_numbers_and_not_the_names() -> None:
    here = numbered(case("opened", count=4, applicants_anonymised=True))
    evaluator = here.evaluators[0]
    with as_worker():
        session.execute(
            sa.text("UPDATE application SET state = 'compliant' WHERE round_id = :id"), {"id": here.round.id}
        )
    session.commit()
    acting_as(here.commissioner)
    session.expire_all()
    questions = [one.id for one in made.frameworks.list_scored_questions(here.round)]
    wanted = {(one.id, evaluator.id): questions for one in here.applications}
    services.save_assignments(here.round, wanted, by=here.commissioner)
    with as_worker():
        session.execute(
            sa.text("UPDATE round SET state = 'evaluating' WHERE id = :id"), {"id": here.round.id}
        )
    session.commit()
    acting_as(evaluator)
    session.expire_all()
    listed = list_my_sheets(evaluator).items
    assert [line.number for line in listed] == [1, 2, 3, 4]
    first = made.scores(sheet_of_line(listed[1]))[0]
    acting_as(evaluator)
    following = next_in_round(first)
    assert following is not None
    assert following.sheet_id == listed[2].sheet_id


def sheet_of_line(line: Any) -> Any:
    from portal.evaluations.models import EvaluationSheet

    with as_worker():
        return session.get_one(EvaluationSheet, line.sheet_id)


def test_a_commissioner_keeps_the_names(client: Any) -> None:
    here = anonymous()
    client.sign_in(here.commissioner)
    shown = client.get(f"/evaluations/applications/{here.application.id}/check").get_data(as_text=True)
    assert here.application.organisation.legal_name in shown
