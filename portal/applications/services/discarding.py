"""Going back to what was submitted: the working copy's changes since are given up."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import Answer, Application, BidPrice, Evidence, Submission
from portal.applications.services import standing_instruction
from portal.applications.services.deadline import begin_writing
from portal.core import audit, clock
from portal.core.db import check_version, session
from portal.core.errors import Refused
from portal.documents.models import Document
from portal.frameworks.states import EvidenceKind


def discard_changes(application: Application, *, by: Person, seen_version: int | None = None) -> None:
    """Make the working copy what the standing submission says, signature included.

    Who: the applicant's bid writers and administrators, until the deadline. Raises `Refused` when nothing
    was submitted, `Stale`, `DeadlinePassed`.
    """
    begin_writing(application, by)
    check_version(application, seen_version)
    submission = queries.latest_submission(application)
    if submission is None or application.submitted_at is None:
        raise Refused("Nothing has been submitted yet, so there is nothing to go back to.")
    standing_instruction.end(application, by=by)
    _restore_answers(application, submission, by)
    _restore_prices(application, submission, by)
    _restore_declaration(application, submission.content["declaration"])
    session.flush()
    audit.record(
        "application.changes_discarded",
        application,
        by=by,
        details={"submission": submission.id},
        sealed_round_id=application.round_id,
    )


def _restore_answers(application: Application, submission: Submission, by: Person) -> None:
    submitted = {
        uuid.UUID(question["id"]): question
        for section in submission.content["sections"]
        for question in section["questions"]
    }
    answers = queries.list_answers(application)
    for question_id, question in submitted.items():
        answer = answers.get(question_id)
        if answer is not None:
            _restore_answer(answer, question, by)
        elif question["answer"] is not None or question["files"] or question["obtained_on_award"]:
            _restore_answer(_new_answer(application, question_id, by), question, by)
    for question_id in answers.keys() - submitted.keys():
        _restore_answer(answers[question_id], {"answer": None, "obtained_on_award": False, "files": []}, by)


def _new_answer(application: Application, question_id: uuid.UUID, by: Person) -> Answer:
    made = Answer(
        application_id=application.id,
        question_id=question_id,
        answered_by_id=by.id,
        answered_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def _restore_answer(answer: Answer, question: Mapping[str, Any], by: Person) -> None:
    said = (question["answer"], question["obtained_on_award"])
    if (answer.value, answer.obtained_on_award) != said:
        answer.value, answer.obtained_on_award = said
        answer.answered_by_id, answer.answered_at = by.id, clock.now()
        session.flush()
    wanted = {uuid.UUID(file["id"]) for file in question["files"]}
    if {evidence.document_id for evidence in answer.evidence} != wanted:
        _restore_files(answer, wanted)
    for file in question["files"]:
        _restore_facts(session.get_one(Document, uuid.UUID(file["id"])), file)


def _restore_files(answer: Answer, wanted: set[uuid.UUID]) -> None:
    """What was taken away or replaced stands again; what came since goes, its file too unless it was submitted."""
    every = session.scalars(sa.select(Evidence).where(Evidence.answer_id == answer.id)).all()
    for evidence in every:
        evidence.replaced_by_id = None
    session.flush()
    for evidence in every:
        if evidence.document_id not in wanted:
            session.delete(evidence)
    known = {evidence.document_id for evidence in every}
    session.add_all(Evidence(answer_id=answer.id, document_id=one) for one in wanted - known)
    session.flush()


def _restore_facts(document: Document, file: Mapping[str, Any]) -> None:
    kind, issued_on, expires_on = file["evidence_kind"], file["issued_on"], file["expires_on"]
    document.evidence_kind = None if kind is None else EvidenceKind(kind)
    document.issued_on = None if issued_on is None else date.fromisoformat(issued_on)
    document.expires_on = None if expires_on is None else date.fromisoformat(expires_on)


def _restore_prices(application: Application, submission: Submission, by: Person) -> None:
    submitted = queries.list_submitted_prices(submission)
    prices = queries.list_prices(application)
    for cell_id in prices.keys() - submitted.keys():
        session.delete(prices[cell_id])
    for cell_id, price in submitted.items():
        mine = prices.get(cell_id)
        if mine is None:
            mine = BidPrice(application_id=application.id, cell_id=cell_id)
            session.add(mine)
        mine.weekly_fee, mine.not_offered = price.weekly_fee, price.not_offered
        mine.priced_by_id, mine.priced_at = by.id, clock.now()


def _restore_declaration(application: Application, declaration: Mapping[str, Any]) -> None:
    application.declared_by_id = uuid.UUID(declaration["signed_by"])
    application.declared_at = datetime.fromisoformat(declaration["signed_at"])
    application.declared_name, application.declared_position = declaration["name"], declaration["position"]
