"""After opening: the councils ask an applicant to clarify, by a time; the submission itself never changes."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import Application, ClarificationRequest
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.links import link
from portal.core.ui import uk_datetime
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind
from portal.notifications.services import tell

OVERDUE = "The time to answer has passed. Contact us if something stopped you from answering."

PRICES_HIDDEN = "Prices stay hidden from everybody at the councils until quality is locked."
_FIGURE = r"\d[\d,]*(?:\.\d{1,2})?"
AMOUNT = re.compile(
    rf"£\s?(?P<pounds>{_FIGURE})|\b(?P<weekly>{_FIGURE})\s?(?:pounds\b|(?:a|per|each)\s+week\b|weekly\b|p/?w\b)",
    re.IGNORECASE,
)

on_constraint("request_overdue", OVERDUE)


def request_clarification(
    application: Application,
    *,
    question: str,
    due_at: datetime,
    by: Person,
    about: Question | None = None,
) -> ClarificationRequest:
    """Ask the applicant to clarify something by a time. Who: a commissioner who declared no conflict on it.

    Between opening and decision. Asked `about` an answer, it is read with it by whoever scores that answer.
    Everybody who writes for the applicant is told at once. Raises `Invalid` beside `question` or `due_date`.
    """
    lock(application)
    require(policy.can_request_clarification(by, application))
    if not question.strip():
        raise Invalid("Write what you ask.", field="question")
    is_secret = application.round.quality_locked_at is None
    if about is not None and about.kind == QuestionKind.PRICE_SCHEDULE and is_secret:
        raise Invalid(f"{PRICES_HIDDEN} Ask about prices after that.", field="question")
    if due_at <= clock.locked_now():
        raise Invalid("Choose a time that has not passed.", field="due_date")
    asked = ClarificationRequest(
        application_id=application.id,
        question_id=about.id if about is not None else None,
        question=question.strip(),
        due_at=due_at,
        asked_by_id=by.id,
    )
    session.add(asked)
    session.flush()
    audit.record("application.clarification_requested", application, by=by, details={"request": asked.id})
    _tell_applicant(application, asked)
    return asked


def answer_request(
    asked: ClarificationRequest, answer: str, *, by: Person, seen_version: int | None = None
) -> None:
    """Answer the councils, once and in time. Who: the applicant's bid writers and administrators.

    Until quality is locked the answer may not give away what the applicant charges (rule 4): whoever scores reads it.
    The clock is read under the lock. Raises `Invalid` beside `answer`, `Refused` when it is late or answered.
    """
    lock(asked)
    check_version(asked, seen_version)
    require(policy.can_answer_request(by, asked))
    if asked.answered_at is not None:
        raise Refused("This was answered already.")
    moment = clock.locked_now()
    if moment > asked.due_at:
        raise Refused(f"{OVERDUE} It was due by {uk_datetime(asked.due_at)}.")
    if not answer.strip():
        raise Invalid("Write your answer.", field="answer")
    said = _find_own_price(answer, asked)
    if said is not None:
        raise Invalid(f"Take your price out: “{said}”. {PRICES_HIDDEN}", field="answer")
    asked.answer, asked.answered_at, asked.answered_by_id = answer.strip(), moment, by.id
    session.flush()
    audit.record(
        "application.clarification_answered", asked.application, by=by, details={"request": asked.id}
    )
    _tell_officer(asked)


def _find_own_price(answer: str, asked: ClarificationRequest) -> str | None:
    """The first amount in the answer that is one of the applicant's own submitted fees, while prices are hidden."""
    if asked.application.round.quality_locked_at is not None:
        return None
    submission = queries.latest_submission(asked.application)
    fees = (
        {price.weekly_fee for price in queries.list_submitted_prices(submission).values()}
        if submission
        else set()
    )
    for match in AMOUNT.finditer(answer):
        if Decimal((match["pounds"] or match["weekly"]).replace(",", "")) in fees:
            return match.group().strip()
    return None


def _tell_applicant(application: Application, asked: ClarificationRequest) -> None:
    address = link("applications.answer_request", request_id=asked.id)
    for person in queries.list_writers(application):
        tell(
            person,
            template="applications/clarification_requested",
            context={
                "organisation": application.organisation.name,
                "reference": application.reference,
                "round": application.round.title,
                "due_at": asked.due_at,
                "question": asked.question,
                "link": address,
            },
            link=address,
            mandatory=True,
            cause_id=asked.id,
        )


def _tell_officer(asked: ClarificationRequest) -> None:
    officer = session.scalars(sa.select(Person).where(Person.id == asked.asked_by_id)).unique().one()
    address = link("applications.clarification_requests", application_id=asked.application_id)
    tell(
        officer,
        template="applications/clarification_answered",
        context={
            "reference": asked.application.reference,
            "round": asked.application.round.title,
            "link": address,
        },
        link=address,
        cause_id=asked.id,
    )
