"""The provider's working copy: start it, answer its questions, attach and remove files."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import Answer, Application, Evidence
from portal.applications.services.answers import clean_value
from portal.applications.services.deadline import begin_writing, check_deadline, hold_round
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Stale, on_constraint
from portal.documents import services as documents
from portal.documents.models import Document
from portal.frameworks.models import Question, Round
from portal.frameworks.states import QuestionKind
from portal.providers.models import Organisation

# No vowels, so no words; nothing that is mistaken for something else when read aloud or copied by hand.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
MOST_FILES = 20

on_constraint("uq_application_reference", "Please try again.")


class AnswerConflict(Stale):
    """Somebody else saved this answer since it was opened. `stored` is what stands now."""

    def __init__(self, stored: Answer | None) -> None:
        super().__init__("Someone else saved this answer since you opened it.")
        self.stored = stored


def start_application(round_: Round, organisation: Organisation, *, by: Person) -> Application:
    """Begin the organisation's application in the round, or return the one it has: there is one for each.

    Who: a bid writer or administrator; not for members of the framework. Raises `DeadlinePassed` after the
    deadline. Answers about the organisation start from its registration.
    """
    hold_round(round_)
    lock(organisation)
    require(policy.can_start(by, organisation))
    if (found := queries.find_application(round_.id, organisation.id)) is not None:
        return found
    check_deadline(round_)
    application = Application(
        id=uuid.uuid4(),
        round=round_,
        organisation=organisation,
        reference=_reference(),
        started_by_id=by.id,
    )
    session.add(application)
    session.flush()
    _prefill(application, by)
    _record("application.started", application, by)
    return application


def save_answer(
    application: Application,
    question: Question,
    value: Any,
    *,
    by: Person,
    seen_version: int | None = None,
) -> bool:
    """Save one answer; True if it changed anything. Over its word limit it is kept, but not submitted.

    `seen_version` is the answer's version when its form was shown (0: there was none). Who: the applicant's
    bid writers and administrators, until the deadline. A change voids the declaration. Raises `Invalid`
    beside the field `answer_field(question)`, `AnswerConflict` and `DeadlinePassed`.
    """
    begin_writing(application, by)
    answer = queries.find_answer(application, question)
    cleaned = clean_value(question, value)
    if cleaned == (answer.value if answer is not None else None):
        return False
    if seen_version is not None and seen_version != (answer.version if answer is not None else 0):
        raise AnswerConflict(answer)
    if answer is None:
        answer = _new_answer(application, question, by)
    answer.value, answer.answered_by_id, answer.answered_at = cleaned, by.id, clock.now()
    session.flush()
    void_declaration(application, by)
    _record("application.answer_saved", application, by, question=question.id)
    return True


def attach_document(
    application: Application, question: Question, *, original_name: str, chunks: Iterable[bytes], by: Person
) -> Document:
    """Take a file in as evidence for a question that asks for files. Who and when: as for `save_answer`.

    Raises `Invalid` for field `file`. If anything fails the file leaves no row and no stored object.
    """
    if question.kind != QuestionKind.FILE:
        raise Invalid("This question does not take files.", field="file")
    require(policy.can_edit(by, application))
    document = documents.receive_document(
        organisation_id=application.organisation_id,
        round_id=application.round_id,
        original_name=original_name,
        chunks=chunks,
        by=by,
    )
    try:
        # Only now are others kept waiting: a large file takes its time to arrive.
        begin_writing(application, by)
        _attach(application, question, document, by)
    except Exception:
        documents.discard(document)
        raise
    return document


def remove_document(evidence: Evidence, *, by: Person) -> None:
    """Take a file away from an answer. One never submitted is deleted; others stay submitted."""
    answer, document = evidence.answer, evidence.document
    application = answer.application
    begin_writing(application, by)
    session.delete(evidence)
    session.flush()
    if not queries.is_submitted_document(document):
        session.delete(document)
        session.flush()
    void_declaration(application, by)
    _record("application.file_removed", application, by, document=document.id, sha256=document.sha256)


def void_declaration(application: Application, by: Person) -> None:
    """An edit after signing makes the declaration void (domain handbook §3)."""
    if application.declared_at is None:
        return
    application.declared_by_id = application.declared_name = None
    application.declared_position = application.declared_at = None
    session.flush()
    _record("application.declaration_voided", application, by)


def _attach(application: Application, question: Question, document: Document, by: Person) -> None:
    answer = queries.find_answer(application, question)
    kept = [evidence.document for evidence in answer.evidence] if answer is not None else []
    if any(one.sha256 == document.sha256 for one in kept):
        raise Invalid("You have already uploaded this file here.", field="file")
    if len(kept) >= MOST_FILES:
        raise Invalid(f"An answer takes at most {MOST_FILES} files. Remove one first.", field="file")
    if answer is None:
        answer = _new_answer(application, question, by)
        session.flush()
    session.add(Evidence(answer_id=answer.id, document_id=document.id))
    session.flush()
    void_declaration(application, by)
    _record("application.file_attached", application, by, document=document.id, question=question.id)


def _new_answer(application: Application, question: Question, by: Person) -> Answer:
    answer = Answer(
        application_id=application.id,
        question_id=question.id,
        value=None,
        answered_by_id=by.id,
        answered_at=clock.now(),
    )
    session.add(answer)
    return answer


def _prefill(application: Application, by: Person) -> None:
    for section in queries.asked_sections(application.round):
        for question in section.questions:
            value = _from_registration(application.organisation, question)
            if value:
                _new_answer(application, question, by).value = value
    session.flush()


def _from_registration(organisation: Organisation, question: Question) -> str | None:
    if question.prefilled_from is None:
        return None
    if question.prefilled_from == "standing":
        word = organisation.standing.value.replace("_", " ")
        return next((choice for choice in question.choices if word in choice.lower()), None)
    if question.prefilled_from == "registered_office":
        office = organisation.registered_office
        more = (
            part for part in (organisation.town, organisation.postcode) if part.lower() not in office.lower()
        )
        return ", ".join(filter(None, (office, *more)))
    return getattr(organisation, question.prefilled_from)  # type: ignore[no-any-return]


def _reference() -> str:
    return f"KMF-{clock.today().year}-{''.join(secrets.choice(ALPHABET) for _ in range(5))}"


def _record(verb: str, application: Application, by: Person, **details: Any) -> None:
    audit.record(verb, application, by=by, details=details, sealed_round_id=application.round_id)
