"""Starting from an earlier application: its answers and files, each to be looked at again."""

from __future__ import annotations

from collections.abc import Iterator

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import Answer, Application, Evidence
from portal.applications.services.answers import clean_value
from portal.applications.services.deadline import begin_writing
from portal.applications.services.drafting import new_answer, record, void_declaration
from portal.core import clock
from portal.core.access import require
from portal.core.db import session
from portal.core.errors import Invalid
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind


def carry_over(application: Application, earlier: Application, *, by: Person) -> int:
    """Copy what an earlier application of the same organisation answers, and this one does not yet.

    Returns how many answers were copied; each is marked to be checked until it is saved or confirmed.
    Questions are the same when asked in the same words (`queries.pair_questions`); what the question no longer
    takes is left out, and so are files that are not clean or have expired. Prices are never carried over. Who
    and when: as for `save_answer`, and the person must act for the earlier applicant too.
    """
    begin_writing(application, by)
    require(policy.can_read(by, earlier))
    if earlier.organisation_id != application.organisation_id or earlier.id == application.id:
        raise Invalid("Choose one of your organisation’s earlier applications.")
    copied = sum(
        _carry(application, question, answer, earlier, by)
        for question, answer in _pairs(application, earlier)
    )
    if copied:
        session.flush()
        void_declaration(application, by)
        record("application.answers_carried_over", application, by, earlier=earlier.id, answers=copied)
    return copied


def _pairs(application: Application, earlier: Application) -> Iterator[tuple[Question, Answer]]:
    """Questions not answered yet, each with the earlier answer to the same question."""
    asked = [
        question for section in queries.asked_sections(application.round) for question in section.questions
    ]
    before = [
        question for section in frameworks.list_sections(earlier.round) for question in section.questions
    ]
    pairs = queries.pair_questions(asked, before)
    here, there = queries.list_answers(application), queries.list_answers(earlier)
    for question in asked:
        answer = there.get(pairs[question.id]) if question.id in pairs else None
        if answer is not None and _is_empty(here.get(question.id)):
            yield question, answer


def _is_empty(answer: Answer | None) -> bool:
    return answer is None or (queries.is_blank(answer.value) and not answer.evidence)


def _carry(
    application: Application, question: Question, old: Answer, earlier: Application, by: Person
) -> bool:
    value = _still_valid(question, old.value)
    documents = [evidence.document for evidence in old.evidence if _still_good(evidence.document)]
    if queries.is_blank(value) and not documents:
        return False
    answer = queries.find_answer(application, question) or new_answer(application, question, by)
    answer.value, answer.carried_from = value, earlier.reference
    answer.answered_by_id, answer.answered_at = by.id, clock.now()
    session.flush()
    session.add_all(Evidence(answer_id=answer.id, document_id=document.id) for document in documents)
    return True


def _still_valid(question: Question, value: object) -> object:
    if question.kind in (QuestionKind.FILE, QuestionKind.PRICE_SCHEDULE):
        return None
    try:
        return clean_value(question, value)
    except Invalid:
        return None  # a choice that is no longer offered, say


def _still_good(document: Document) -> bool:
    if document.state != DocumentState.CLEAN:
        return False
    return document.expires_on is None or document.expires_on >= clock.today()
