"""An evaluator's question to the chair, and the chair's answer: both on record, neither giving a score (rule 4)."""

from __future__ import annotations

import uuid

from portal.accounts.models import Person
from portal.core import audit
from portal.core.access import require
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.links import link
from portal.evaluations import policy, queries
from portal.evaluations.models import ChairAnswer, ChairQuestion, Score
from portal.evaluations.queries import Assignment
from portal.evaluations.services.discretion import refuse_name, refuse_score
from portal.evaluations.states import Audience
from portal.notifications.services import tell


def ask_chair(score: Score, text: str, *, by: Person) -> ChairQuestion:
    """Ask whoever moderates about this question of this application.

    The evaluator it is assigned to, while scoring is open. Text that says a score is refused: `Invalid`. The
    commissioners who declared no conflict with the applicant are told.
    """
    require(policy.can_ask(by, score))
    asked = ChairQuestion(
        application_id=score.sheet.application_id,
        question_id=score.question_id,
        asked_by_id=by.id,
        text=_discreet(text, "text", "Write your question."),
    )
    session.add(asked)
    session.flush()
    details = {"question_id": score.question_id, "chair_question_id": asked.id}
    audit.record("application.chair_asked", score.sheet.application, by=by, details=details)
    _tell_chairs(asked, score, by)
    return asked


def answer_chair(
    asked: ChairQuestion, text: str, *, audience: Audience, wording: str = "", by: Person
) -> ChairAnswer:
    """Answer whoever asked, or all who score the question; they then read it in the chair's own `wording`.

    A commissioner who declared no conflict with the applicant, once for each question. Neither text may say a
    score, or name an applicant that is a number to evaluators: `Invalid`. Everybody it is for is told.
    """
    require(policy.can_answer_chair(by, asked))
    shared = audience != Audience.ASKER
    answer = ChairAnswer(
        asked=asked,
        audience=audience,
        wording=_nameless(wording, asked, "wording", "Word the question as all are to read it.")
        if shared
        else "",
        text=_nameless(text, asked, "text", "Write your answer."),
        answered_by_id=by.id,
    )
    session.add(answer)
    session.flush()
    details = {"question_id": asked.question_id, "chair_question_id": asked.id, "audience": audience}
    audit.record("application.chair_answered", asked.application, by=by, details=details)
    _tell_audience(asked, answer)
    return answer


def _discreet(text: str, field: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid(missing, field=field)
    refuse_score(text, field=field)
    return text


def _nameless(text: str, asked: ChairQuestion, field: str, missing: str) -> str:
    text = _discreet(text, field, missing)
    refuse_name(text, asked.application, field=field)
    return text


def _tell_chairs(asked: ChairQuestion, score: Score, by: Person) -> None:
    href = link("evaluations.chair_question", chair_question_id=asked.id)
    context = {
        "evaluator": by.full_name,
        "question": score.question.number,
        "applicant": score.sheet.application.organisation.legal_name,
        "round_title": score.sheet.application.round.title,
        "href": href,
    }
    for person in queries.list_chairs(score.sheet.application):
        if person.id != by.id:
            tell(person, template="evaluations/chair_asked", context=context, link=href, cause_id=asked.id)


def _tell_audience(asked: ChairQuestion, answer: ChairAnswer) -> None:
    """Each at their own sheet's page. The message names no applicant: the page does, as its reader may see it."""
    people = {person.id: person for person in queries.list_evaluators()}
    for evaluator_id, sheet_id in _list_audience(asked, answer).items():
        if evaluator_id not in people:
            continue
        href = link("evaluations.chair", sheet_id=sheet_id, question_id=asked.question_id)
        context = {
            "question": asked.question.number,
            "round_title": asked.application.round.title,
            "is_own": evaluator_id == asked.asked_by_id,
            "href": href,
        }
        tell(
            people[evaluator_id],
            template="evaluations/chair_answered",
            context=context,
            link=href,
            cause_id=answer.id,
        )


def _list_audience(asked: ChairQuestion, answer: ChairAnswer) -> dict[uuid.UUID, uuid.UUID]:
    here = [
        one
        for one in queries.list_assignments(asked.application.round)
        if one.question_id == asked.question_id and _is_meant(one, asked, answer)
    ]
    # Who scores the question of several applicants is sent to the one it was asked about, where they score it.
    here.sort(key=lambda one: one.application_id == asked.application_id)
    return {one.evaluator_id: one.sheet_id for one in here}


def _is_meant(one: Assignment, asked: ChairQuestion, answer: ChairAnswer) -> bool:
    if answer.audience == Audience.QUESTION:
        return True
    if one.application_id != asked.application_id:
        return False
    return answer.audience == Audience.APPLICATION or one.evaluator_id == asked.asked_by_id
