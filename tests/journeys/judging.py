"""What the councils' people do in a browser once the deadline has passed, from opening to the concluded round."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import expect

from tests.journeys.scene import AGENCY, KENT_EVALUATOR, MEDWAY_EVALUATOR, TITLE
from tests.support.visitor import Visitor


def asks_for_opening(officer: Visitor, round_id: str) -> None:
    """One officer asks, and cannot confirm what she asked for."""
    officer.go(f"/rounds/{round_id}/opening")
    officer.press("Ask for the round to be opened")
    officer.go(f"/rounds/{round_id}/opening")
    officer.sees("Waiting for the second officer")
    expect(officer.page.get_by_role("button", name="Confirm and open the round")).to_have_count(0)


def confirms_opening(officer: Visitor, round_id: str) -> None:
    officer.go(f"/rounds/{round_id}/opening")
    officer.press("Confirm and open the round")
    officer.go(f"/rounds/{round_id}/applications")
    officer.sees(AGENCY.legal_name)


def declares_no_conflict(officer: Visitor, round_id: str) -> None:
    officer.go(f"/evaluations/rounds/{round_id}/conflicts")
    officer.sees(AGENCY.legal_name)
    officer.choose("No conflict")
    officer.press("Save declarations")


def checks_compliance(commissioner: Visitor, round_id: str) -> None:
    """A finding on every pass/fail question, then the conclusion."""
    commissioner.go(f"/evaluations/rounds/{round_id}/compliance")
    commissioner.follow(re.compile("^Check"), within=commissioner.page.get_by_role("row").last)
    commissioner.choose_everywhere("Pass")
    commissioner.press("Save findings")
    commissioner.choose("Compliant")
    commissioner.fill("Reasons for your conclusion", "Every ground and condition is met.")
    commissioner.press("Conclude the check")
    commissioner.sees(f"Concluded: {AGENCY.legal_name}.")


def assigns_evaluators(commissioner: Visitor, round_id: str) -> None:
    """One of each council; then scoring may begin."""
    commissioner.go(f"/evaluations/rounds/{round_id}/assignments")
    for evaluator in (KENT_EVALUATOR, MEDWAY_EVALUATOR):
        commissioner.choose(re.compile(f"^{evaluator.name} evaluates"))
    commissioner.press("Save evaluators")
    commissioner.go(f"/evaluations/rounds/{round_id}")
    commissioner.press("Start evaluating")


def scores_everything(evaluator: Visitor, value: int, reason: str) -> None:
    """Scores each question with a reason, and finishes the sheet."""
    evaluator.go("/evaluations")
    evaluator.follow(AGENCY.legal_name)
    sheet, questions = evaluator.page.url, evaluator.page.locator(".govuk-task-list__link").count()
    evaluator.follow(re.compile(r"^5\.1 "))
    for _ in range(questions):
        evaluator.choose(re.compile(f"^{value} –"))
        evaluator.fill("Reason for your score", reason)
        evaluator.press("Save and go to the next")
    evaluator.go(sheet)
    evaluator.press("Finish and lock my scores")
    evaluator.sees(f"Finished: your scores on {AGENCY.legal_name} are locked.")


def agrees_every_score(commissioner: Visitor, round_id: str, value: int, reason: str) -> None:
    """Opens consensus, sees the spread, and records one score and one reason for each question."""
    commissioner.go(f"/evaluations/rounds/{round_id}")
    commissioner.press("Open consensus")
    commissioner.go(f"/evaluations/rounds/{round_id}/consensus")
    commissioner.follow(AGENCY.legal_name)
    sheet = commissioner.page.url
    commissioner.sees("Differ by 2")
    while commissioner.page.get_by_role("link", name=re.compile("^Agree question")).count():
        commissioner.follow(re.compile("^Agree question"))
        commissioner.choose(re.compile(f"^{value} –"))
        commissioner.fill("Reason for the agreed score", reason)
        commissioner.fill("Who took part", f"{KENT_EVALUATOR.name} and {MEDWAY_EVALUATOR.name}")
        commissioner.press("Save")
        commissioner.go(sheet)


def locks_quality(commissioner: Visitor, round_id: str) -> None:
    commissioner.go(f"/evaluations/rounds/{round_id}/consensus")
    commissioner.press("Lock quality and open prices")
    commissioner.go(f"/evaluations/rounds/{round_id}/results")


def recommends(commissioner: Visitor, round_id: str, advantages: str) -> None:
    commissioner.go(f"/decisions/rounds/{round_id}/recommend")
    commissioner.fill(re.compile(f"^Reason for {AGENCY.legal_name}"), advantages)
    commissioner.fill(
        "Reasons for the recommendation as a whole", "The only applicant, and it meets every minimum."
    )
    commissioner.press("Recommend to the approver")


def completes_the_papers(commissioner: Visitor, round_id: str) -> None:
    """The papers are drafted; what the approval rests on is recorded, until nothing is missing."""
    today = date.today().isoformat()
    commissioner.go(f"/decisions/rounds/{round_id}/papers")
    commissioner.sees("Not ready to be approved")
    commissioner.follow("Record consultation, notice, Medway’s agreement and spend")
    for label, value in (
        ("Number of the officer’s decision", "OD-1"),
        ("Cabinet Member consulted", "The Cabinet Member"),
        ("Consulted on", today),
        ("Interests that the Cabinet Member declared", "None."),
        ("Declared on", today),
        ("Call-in over on", today),
        ("Signatory for Medway", "Rosalind Thorne"),
        ("Position", "Head of commissioning"),
        ("Agreed on", today),
        ("To be reviewed by", today),
    ):
        commissioner.fill(label, value)
    commissioner.press("Save")
    commissioner.sees("Ready to be approved")


def approves(approver: Visitor, round_id: str) -> None:
    """Declares no conflict, reads the recommendation, approves it."""
    declares_no_conflict(approver, round_id)
    approver.go("/decisions")
    approver.follow(TITLE)
    approver.choose(re.compile("^Approve:"))
    approver.fill("Reasons for your decision", "The published criteria were applied as published.")
    approver.fill("Your position", "Corporate Director")
    approver.press("Record my decision")


def sends_the_notices(commissioner: Visitor, round_id: str) -> None:
    commissioner.go(f"/decisions/rounds/{round_id}/notices")
    with commissioner.page.expect_download() as letters:
        commissioner.page.get_by_role("button", name="Preview every letter (PDF)").click()
    assert letters.value.suggested_filename.endswith(".pdf")
    commissioner.go(f"/decisions/rounds/{round_id}/notices")
    commissioner.sees("1 of 1 letter previewed.")
    commissioner.press(re.compile("^Send 1 notice"))
    commissioner.sees("1 letter typeset and kept")
    commissioner.go(f"/decisions/rounds/{round_id}")
    commissioner.sees(re.compile("^Notices were sent"))
    expect(commissioner.page.get_by_role("button", name="Conclude the round")).to_have_count(0)


def concludes_the_round(commissioner: Visitor, round_id: str) -> None:
    commissioner.go(f"/decisions/rounds/{round_id}")
    commissioner.press("Conclude the round")
    commissioner.sees("Concluded")
