"""Reads of applications, answers, prices and submissions. `visible_to` says who may know of one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import joinedload, lazyload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import (
    Answer,
    Application,
    BidPrice,
    Evidence,
    Submission,
    SubmittedPrice,
)
from portal.core.db import session
from portal.core.errors import NotFound
from portal.documents.models import Document
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.states import EvidenceRule, QuestionKind
from portal.providers.models import Organisation

READERS = (Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER, Role.AUDITOR)
WRITERS = (Role.BID_WRITER, Role.PROVIDER_ADMINISTRATOR)


def visible_to(person: Person) -> sa.ColumnElement[bool]:
    """A provider's own applications; for procurement officers, those submitted in opened rounds (rule 1).

    Row-level security says the same again in the database.
    """
    own = Application.organisation_id.in_(person.organisation_ids)
    return _visible(own, person.holds(*READERS))


def _visible(own: sa.ColumnElement[bool], reads: bool) -> sa.ColumnElement[bool]:
    if not reads:
        return own
    opened = Application.round_id.in_(sa.select(Round.id).where(Round.opened_at.is_not(None)))
    return own | (opened & Application.submitted_at.is_not(None) & _not_withdrawn_before_opening())


def get_application(person: Person, application_id: uuid.UUID) -> Application:
    """One application with its round and organisation. `NotFound` for what this person may not know of."""
    found = session.scalars(
        _one_visible(person.holds(*READERS)),
        {"application_id": application_id, "organisation_ids": person.organisation_ids},
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


@cache
def _one_visible(reads: bool) -> sa.Select[Application]:
    own = Application.organisation_id.in_(sa.bindparam("organisation_ids", expanding=True))
    return _whole().where(Application.id == sa.bindparam("application_id"), _visible(own, reads))


def find_application(round_id: uuid.UUID, organisation_id: uuid.UUID) -> Application | None:
    """The organisation's application in the round, or None."""
    return session.scalars(
        _whole().where(Application.round_id == round_id, Application.organisation_id == organisation_id)
    ).one_or_none()


def list_own_applications(person: Person) -> Sequence[Application]:
    """The applications of the organisations this person acts for, newest round first."""
    return session.scalars(
        _whole()
        .join(Application.round)
        .where(Application.organisation_id.in_(person.organisation_ids))
        .order_by(Round.submission_deadline.desc(), Application.reference)
    ).all()


def list_own_organisations(person: Person) -> Sequence[Organisation]:
    """The organisations in whose name this person may write an application, by name."""
    ids = [one for one in person.organisation_ids if person.acts_for(one, *WRITERS)]
    return session.scalars(
        sa.select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.legal_name)
    ).all()


def takes_files(question: Question) -> bool:
    """May files be attached to an answer to this question?"""
    return question.kind == QuestionKind.FILE or question.evidence != EvidenceRule.NONE


def list_answers(
    application: Application, questions: Collection[Question] | None = None
) -> dict[uuid.UUID, Answer]:
    """The working answers by question id, each with its evidence and documents; to these questions alone, if given."""
    chosen: dict[str, Any] = {"application_id": application.id}
    if questions is not None:
        chosen["question_ids"] = [question.id for question in questions]
    evidence: dict[uuid.UUID, list[Evidence]] = defaultdict(list)
    if questions is None or any(takes_files(question) for question in questions):
        for one in session.scalars(_standing_evidence(questions is None), chosen):
            evidence[one.answer_id].append(one)
    answers = {}
    for answer in session.scalars(_working_answers(questions is None), chosen):
        set_committed_value(answer, "evidence", evidence.get(answer.id, []))
        answers[answer.question_id] = answer
    return answers


class Said(NamedTuple):
    """What counts of an answer for how far an application is, without the answer itself."""

    value: Any
    answered_at: datetime
    carried_from: str | None
    obtained_on_award: bool
    file_states: list[str]


def list_said_of(applications: Sequence[Application]) -> dict[uuid.UUID, dict[uuid.UUID, Said]]:
    """What is said to each question of several applications, by application id: one statement."""
    said: dict[uuid.UUID, dict[uuid.UUID, Said]] = {one.id: {} for one in applications}
    for application_id, question_id, *rest in session.execute(_said(), _ids_of(applications)):
        said[application_id][question_id] = Said(*rest)
    return said


def list_prices(application: Application) -> dict[int, BidPrice]:
    """The working prices by cell id."""
    return list_prices_of([application])[application.id]


def list_prices_of(applications: Sequence[Application]) -> dict[uuid.UUID, dict[int, BidPrice]]:
    """The working prices of several applications, by application id: one statement."""
    prices: dict[uuid.UUID, dict[int, BidPrice]] = {one.id: {} for one in applications}
    for price in session.scalars(_working_prices(), _ids_of(applications)):
        prices[price.application_id][price.cell_id] = price
    return prices


def get_section(application: Application, section_id: uuid.UUID) -> Section:
    """A section of the application's round, with its questions."""
    found = session.scalars(
        sa.select(Section)
        .where(Section.id == section_id, Section.round_id == application.round_id)
        .options(selectinload(Section.questions))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def get_question(application: Application, question_id: uuid.UUID) -> Question:
    """A question of the application's round, with its section."""
    found = session.scalars(
        sa.select(Question)
        .join(Section)
        .where(Question.id == question_id, Section.round_id == application.round_id)
        .options(joinedload(Question.section))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def find_answer(application: Application, question: Question) -> Answer | None:
    """The working answer to one question as it stands in the database, with its evidence, or None."""
    return session.scalars(
        sa.select(Answer)
        .where(Answer.application_id == application.id, Answer.question_id == question.id)
        .options(selectinload(Answer.evidence).joinedload(Evidence.document))
        .execution_options(populate_existing=True)
    ).one_or_none()


def get_evidence(application: Application, evidence_id: uuid.UUID) -> Evidence:
    """A document attached to one of the application's answers."""
    found = session.scalars(
        sa.select(Evidence)
        .join(Answer)
        .where(Evidence.id == evidence_id, Answer.application_id == application.id)
        .options(joinedload(Evidence.answer))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def latest_submission(application: Application) -> Submission | None:
    """The submission that stands, or None when nothing has been submitted."""
    return session.scalars(
        sa.select(Submission)
        .where(Submission.application_id == application.id)
        .order_by(Submission.number.desc())
        .limit(1)
    ).one_or_none()


def get_submission(application: Application, number: int | None = None) -> Submission:
    """One submission by its number, the latest without one. Raises `NotFound`."""
    statement = sa.select(Submission).where(Submission.application_id == application.id)
    if number is not None:
        statement = statement.where(Submission.number == number)
    found = session.scalars(statement.order_by(Submission.number.desc()).limit(1)).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_submissions(application: Application) -> Sequence[Submission]:
    """Every submission of the application, newest first."""
    return session.scalars(
        sa.select(Submission)
        .where(Submission.application_id == application.id)
        .order_by(Submission.number.desc())
    ).all()


def list_submitted_prices(submission: Submission) -> dict[int, SubmittedPrice]:
    """Submitted prices by cell id. For the councils none until quality is locked (rule 4)."""
    found = session.scalars(
        sa.select(SubmittedPrice)
        .where(SubmittedPrice.submission_id == submission.id)
        .order_by(SubmittedPrice.cell_id)
    )
    return {price.cell_id: price for price in found}


def count_submitted(round_: Round) -> int:
    """How many applications stand submitted: all that the councils know before opening (rule 1)."""
    return int(session.execute(sa.select(sa.func.count_submitted(round_.id))).scalar_one())


def list_writers(application: Application) -> Sequence[Person]:
    """The people who write and submit for the applicant."""
    granted = sa.select(RoleGrant.person_id).where(
        RoleGrant.organisation_id == application.organisation_id, RoleGrant.role.in_(WRITERS)
    )
    return (
        session.scalars(
            sa.select(Person).where(Person.id.in_(granted), ~Person.is_disabled).order_by(Person.email)
        )
        .unique()
        .all()
    )


def _ids_of(applications: Sequence[Application]) -> dict[str, list[uuid.UUID]]:
    return {"application_ids": [one.id for one in applications]}


def _of_these(column: orm.InstrumentedAttribute[uuid.UUID]) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam("application_ids", expanding=True))


def _chosen_answers(is_all: bool) -> sa.ColumnElement[bool]:
    of_application = Answer.application_id == sa.bindparam("application_id")
    if is_all:
        return of_application
    return of_application & Answer.question_id.in_(sa.bindparam("question_ids", expanding=True))


@cache
def _working_answers(is_all: bool) -> sa.Select[Answer]:
    return sa.select(Answer).where(_chosen_answers(is_all)).execution_options(populate_existing=True)


@cache
def _standing_evidence(is_all: bool) -> sa.Select[Evidence]:
    return (
        sa.select(Evidence)
        .join(Answer)
        .where(_chosen_answers(is_all), Evidence.replaced_by_id.is_(None))
        .order_by(Evidence.created_at)
        .execution_options(populate_existing=True)
    )


@cache
def _said() -> sa.Select[Any]:
    file_states = (
        sa.select(Document.state)
        .join(Evidence, Evidence.document_id == Document.id)
        .where(Evidence.answer_id == Answer.id, Evidence.replaced_by_id.is_(None))
        .correlate(Answer)
    )
    return sa.select(
        Answer.application_id,
        Answer.question_id,
        Answer.value,
        Answer.answered_at,
        Answer.carried_from,
        Answer.obtained_on_award,
        sa.func.array(file_states.scalar_subquery(), type_=sa.ARRAY(sa.Text())),
    ).where(_of_these(Answer.application_id))


@cache
def _working_prices() -> sa.Select[BidPrice]:
    return (
        sa.select(BidPrice)
        .where(_of_these(BidPrice.application_id))
        .options(lazyload(BidPrice.cell))
        .execution_options(populate_existing=True)
    )


def _whole() -> sa.Select[Application]:
    return sa.select(Application).options(joinedload(Application.round), joinedload(Application.organisation))


def _not_withdrawn_before_opening() -> sa.ColumnElement[bool]:
    opened_at = sa.select(Round.opened_at).where(Round.id == Application.round_id).scalar_subquery()
    return Application.withdrawn_at.is_(None) | (Application.withdrawn_at >= opened_at)
