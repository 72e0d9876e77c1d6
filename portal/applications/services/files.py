"""Files of the working copy: attach, replace, describe and remove them, or promise one for the award."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import Answer, Application, Evidence
from portal.applications.services.deadline import begin_writing
from portal.applications.services.drafting import new_answer, put_name_to, record, void_declaration
from portal.core import clock
from portal.core.access import require
from portal.core.db import check_version, session
from portal.core.errors import Invalid, Refused
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.states import RUNS_OUT
from portal.frameworks.models import Question
from portal.frameworks.states import EvidenceKind

MOST_FILES = 20


class AlreadyAttached(Invalid):
    """The very same content stands here already: a retry after a lost answer, or a second press."""

    def __init__(self, name: str) -> None:
        super().__init__(f"You have already uploaded this file here: {name}.", field="file")


def attach_document(
    application: Application,
    question: Question,
    *,
    original_name: str,
    chunks: Iterable[bytes],
    by: Person,
    replacing: Evidence | None = None,
) -> Document:
    """Take a file in as evidence for a question that takes files. Who and when: as for `save_answer`.

    `replacing` becomes history behind the new file. Raises `Invalid` for field `file`, `AlreadyAttached` for
    the same content again. If anything fails the file leaves no row and no stored object.
    """
    if not queries.takes_files(question):
        raise Invalid("This question does not take files.", field="file")
    require(policy.can_edit(by, application))
    document = documents.receive_document(
        organisation_id=application.organisation_id,
        round_id=application.round_id,
        original_name=original_name,
        chunks=chunks,
        by=by,
        evidence_kind=_kind_of(question, replacing),
    )
    try:
        # Only now are others kept waiting: a large file takes its time to arrive.
        begin_writing(application, by)
        _attach(application, question, document, replacing, by)
    except Exception:
        documents.discard(document)
        raise
    return document


def remove_document(evidence: Evidence, *, by: Person) -> None:
    """Take a file, and what it replaced, away from an answer. What was never submitted is deleted."""
    application, document = evidence.answer.application, evidence.document
    begin_writing(application, by)
    _check_it_stands(evidence)
    for one in [*queries.list_history(application).get(evidence.id, []), evidence]:
        _delete(one)
    put_name_to(evidence.answer, by)
    void_declaration(application, by)
    record("application.file_removed", application, by, document=document.id, sha256=document.sha256)


def describe_document(
    evidence: Evidence,
    *,
    kind: EvidenceKind,
    issued_on: date | None,
    expires_on: date | None,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Say what a file is, when it was issued and when it runs out. Who and when: as for `save_answer`.

    A kind that does not run out keeps no expiry date. A date that has passed is no fault: the page says that
    a newer one will be asked for. Raises `Invalid` beside `issued_on` or `expires_on`, and `Stale`.
    """
    application, document = evidence.answer.application, evidence.document
    begin_writing(application, by)
    session.refresh(document, with_for_update=True)
    check_version(document, seen_version)
    if queries.is_part_of_another(document, application):
        raise Refused(
            "This file was part of an earlier application, so what it says of it stays. Replace it."
        )
    runs_out_on = expires_on if kind in RUNS_OUT else None
    _check_dates(issued_on, runs_out_on)
    document.evidence_kind, document.issued_on, document.expires_on = kind, issued_on, runs_out_on
    put_name_to(evidence.answer, by)
    void_declaration(application, by)
    record("application.file_described", application, by, document=document.id)


def promise_on_award(application: Application, question: Question, promised: bool, *, by: Person) -> None:
    """Say that a document is not held yet and will be obtained on award, or take that back.

    Only where the question allows it, and only while no file is attached. Who and when: as for `save_answer`.
    """
    begin_writing(application, by)
    if promised and not question.may_be_obtained_on_award:
        raise Refused("This document is needed now: it cannot be left until the award.")
    answer = queries.find_answer(application, question) or new_answer(application, question, by)
    if promised and answer.evidence:
        raise Refused("You have uploaded a file here. Remove it before you say that it will follow.")
    _promise(answer, promised, by)


def _attach(
    application: Application, question: Question, document: Document, replacing: Evidence | None, by: Person
) -> None:
    answer = queries.find_answer(application, question) or new_answer(application, question, by)
    session.flush()
    if replacing is not None:
        _check_it_stands(replacing)
    for one in answer.evidence:
        if one.document.sha256 == document.sha256:
            raise AlreadyAttached(one.document.original_name)
    if replacing is None and len(answer.evidence) >= MOST_FILES:
        raise Invalid(f"An answer takes at most {MOST_FILES} files. Remove one first.", field="file")
    made = Evidence(answer_id=answer.id, document_id=document.id)
    session.add(made)
    session.flush()
    if replacing is not None:
        replacing.replaced_by_id = made.id
    put_name_to(answer, by)
    _promise(answer, False, by)
    void_declaration(application, by)
    replaced = {"replaced": replacing.document_id} if replacing is not None else {}
    record(
        "application.file_attached", application, by, document=document.id, question=question.id, **replaced
    )


def _delete(evidence: Evidence) -> None:
    document = evidence.document
    session.delete(evidence)
    session.flush()
    if not queries.is_needed(document):
        session.delete(document)
        session.flush()


def _promise(answer: Answer, promised: bool, by: Person) -> None:
    if answer.obtained_on_award == promised:
        return
    answer.obtained_on_award = promised
    put_name_to(answer, by)
    void_declaration(answer.application, by)
    verb = "application.award_document_promised" if promised else "application.award_document_withdrawn"
    record(verb, answer.application, by, question=answer.question_id)


def _check_it_stands(evidence: Evidence) -> None:
    """Read a file's place afresh, under the application's lock. Raises `Refused` when it stands no longer."""
    if queries.find_evidence(evidence.id) is None or evidence.replaced_by_id is not None:
        raise Refused("Someone replaced or removed this file since you opened the page.")


def _kind_of(question: Question, replacing: Evidence | None) -> EvidenceKind | None:
    if replacing is not None and replacing.document.evidence_kind is not None:
        return replacing.document.evidence_kind
    return question.evidence_kind


def _check_dates(issued_on: date | None, expires_on: date | None) -> None:
    if issued_on is not None and issued_on > clock.today():
        raise Invalid("The issue date cannot be in the future.", field="issued_on")
    if issued_on is not None and expires_on is not None and expires_on < issued_on:
        raise Invalid("The expiry date must be after the issue date.", field="expires_on")
