"""An evaluator's own work: what is assigned, and the scores of one sheet; nobody else's (rule 4)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations.models import ConflictDeclaration, EvaluationSheet, OrderChosen, Score
from portal.evaluations.queries.applications import COMPLIANT, PAGE, STANDING, Page
from portal.evaluations.queries.naming import is_anonymous, numbered
from portal.evaluations.states import ScoringOrder
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation

# Who takes over from somebody with a conflict may still be scoring when consensus is open.
SCORING = (RoundState.EVALUATING, RoundState.CONSENSUS)


@dataclass(frozen=True)
class SheetLine:
    """One sheet in the evaluator's list. `has_conflict` None: not declared yet.

    Where applicants are anonymous, `undeclared` says that somebody of the round is left to declare on: until then
    no number is shown, for the last one declared on would be known by it.
    """

    sheet_id: uuid.UUID
    application_id: uuid.UUID
    reference: str
    legal_name: str
    urn: str | None
    town: str
    round_id: uuid.UUID
    round_title: str
    round_state: RoundState
    finished_at: datetime | None
    voided_at: datetime | None
    has_conflict: bool | None
    questions: int
    scored: int
    is_anonymous: bool
    number: int | None
    undeclared: bool

    @property
    def must_declare(self) -> bool:
        return self.has_conflict is None or self.undeclared

    @property
    def name(self) -> str:
        """The applicant as its evaluator may be shown it."""
        if not self.is_anonymous:
            return self.legal_name
        return numbered(None if self.must_declare or self.has_conflict else self.number)

    @property
    def can_be_opened(self) -> bool:
        is_open = self.round_state not in (RoundState.OPENED, RoundState.CANCELLED)
        return is_open and not self.must_declare and not self.has_conflict and self.voided_at is None

    @property
    def status(self) -> tuple[str, str]:
        """Where this sheet has got to, in words and a tone."""
        if self.has_conflict:
            return "Conflict declared", "bad"
        if self.voided_at is not None:
            return "Does not count", "neutral"
        if self.finished_at is not None:
            return "Finished", "good"
        if self.must_declare:
            return "Declare first", "warning"
        return ("Scoring", "info") if self.scored else ("Not started", "neutral")


def count_my_unfinished(person: Person) -> int:
    """How many sheets this person has still to finish in rounds being evaluated."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(EvaluationSheet)
        .join(EvaluationSheet.application)
        .join(Application.round)
        .outerjoin(ConflictDeclaration, _mine(person))
        .where(
            EvaluationSheet.evaluator_id == person.id,
            EvaluationSheet.finished_at.is_(None),
            EvaluationSheet.voided_at.is_(None),
            Round.state.in_(SCORING),
            Application.state.in_(COMPLIANT),
            ConflictDeclaration.has_conflict.is_not(True),
        )
    ).scalar_one()


def list_my_sheets(person: Person, *, finished: bool = False, page: int = 1) -> Page:
    """The person's sheets, to do or done with, 25 a page: two statements for any number of sheets."""
    is_over = EvaluationSheet.finished_at.is_not(None) | EvaluationSheet.voided_at.is_not(None)
    chosen = sa.and_(EvaluationSheet.evaluator_id == person.id, is_over if finished else ~is_over)
    # The page is cut first, so that nothing is looked up for the sheets that it does not show.
    shown = (
        sa.select(EvaluationSheet.id, EvaluationSheet.created_at)
        .where(chosen)
        .order_by(EvaluationSheet.created_at, EvaluationSheet.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .subquery()
    )
    other = aliased(Application)
    counted = (
        sa.select(sa.func.count().label("questions"), sa.func.count(Score.value).label("scored"))
        .where(Score.sheet_id == shown.c.id)
        .lateral()
    )
    declared = sa.exists().where(
        ConflictDeclaration.application_id == other.id, ConflictDeclaration.person_id == person.id
    )
    undeclared = sa.exists().where(other.round_id == Round.id, other.state.in_(STANDING), ~declared)
    line: list[Any] = [
        EvaluationSheet.id,
        Application.id,
        Application.reference,
        Organisation.legal_name,
        Organisation.urn,
        Organisation.town,
        Round.id,
        Round.title,
        Round.state,
        EvaluationSheet.finished_at,
        EvaluationSheet.voided_at,
        ConflictDeclaration.has_conflict,
        counted.c.questions,
        counted.c.scored,
        Round.applicants_anonymised,
        Application.applicant_number,
        sa.case((Round.applicants_anonymised, undeclared), else_=sa.false()),
    ]
    rows = session.execute(
        sa.select(*line)
        .select_from(shown)
        .join(EvaluationSheet, EvaluationSheet.id == shown.c.id)
        .join(Application, Application.id == EvaluationSheet.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Round, Round.id == Application.round_id)
        .outerjoin(ConflictDeclaration, _mine(person))
        .join(counted, sa.true())
        .order_by(shown.c.created_at, shown.c.id)
    )
    total = session.execute(
        sa.select(sa.func.count()).select_from(EvaluationSheet).where(chosen)
    ).scalar_one()
    return Page([SheetLine(*row) for row in rows], page, total)


def get_sheet(person: Person, sheet_id: uuid.UUID) -> EvaluationSheet:
    """This person's own sheet, with its application, applicant and round."""
    found = session.scalars(
        sa.select(EvaluationSheet)
        .join(EvaluationSheet.application)
        .where(EvaluationSheet.id == sheet_id, EvaluationSheet.evaluator_id == person.id)
        .options(*_application_of(contains_eager(EvaluationSheet.application)))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def get_score(person: Person, score_id: uuid.UUID) -> Score:
    """This person's own score, with its question, sheet, application and round, in one statement."""
    return _one(_own_score(), score_id=score_id, person_id=person.id)


def get_score_of(person: Person, sheet_id: uuid.UUID, question_id: uuid.UUID) -> Score:
    """This person's own score on one question of one sheet, as `get_score`."""
    return _one(_own_score_of(), sheet_id=sheet_id, question_id=question_id, person_id=person.id)


def _one(statement: sa.Select[Score], **values: uuid.UUID) -> Score:
    found = session.scalars(statement, values).one_or_none()
    if found is None:
        raise NotFound
    return found


@cache
def _own_score() -> sa.Select[Score]:
    return _scores_read().where(Score.id == sa.bindparam("score_id"))


@cache
def _own_score_of() -> sa.Select[Score]:
    return _scores_read().where(
        Score.sheet_id == sa.bindparam("sheet_id"), Score.question_id == sa.bindparam("question_id")
    )


def _scores_read() -> sa.Select[Score]:
    return (
        sa.select(Score)
        .join(Score.sheet)
        .join(EvaluationSheet.application)
        .where(EvaluationSheet.evaluator_id == sa.bindparam("person_id"))
        .options(
            *_application_of(contains_eager(Score.sheet).contains_eager(EvaluationSheet.application)),
            joinedload(Score.question, innerjoin=True).joinedload(Question.section, innerjoin=True),
        )
    )


def list_scores(sheet: EvaluationSheet) -> Sequence[Score]:
    """The scores of one sheet in the order of the questions."""
    return session.scalars(_scores_of_sheet(), {"sheet_id": sheet.id}).all()


@cache
def _scores_of_sheet() -> sa.Select[Score]:
    return (
        sa.select(Score)
        .join(Score.question)
        .join(Question.section)
        .where(Score.sheet_id == sa.bindparam("sheet_id"))
        .order_by(Section.position, Question.position)
        .options(contains_eager(Score.question))
    )


def list_assigned_questions(person: Person, application: Application) -> list[uuid.UUID]:
    """The questions of one application that this person is assigned to score."""
    return list(
        session.scalars(
            sa.select(Score.question_id)
            .join(Score.sheet)
            .where(
                EvaluationSheet.application_id == application.id,
                EvaluationSheet.evaluator_id == person.id,
                EvaluationSheet.voided_at.is_(None),
            )
        )
    )


def next_in_sheet(score: Score) -> Score | None:
    """The next question of the same application that is not scored yet, wrapping round; or None."""
    scores = list(list_scores(score.sheet))
    here = next(index for index, other in enumerate(scores) if other.id == score.id)
    return next((other for other in scores[here + 1 :] + scores[:here] if other.value is None), None)


def next_in_round(score: Score) -> Score | None:
    """The same question in the evaluator's next application that still wants it; then the next question. Or None.

    Applications follow one another by legal name, or by number where evaluators see numbers.
    """
    application = score.sheet.application
    place: Any = Application.applicant_number if is_anonymous(application) else Organisation.legal_name
    here = application.applicant_number if is_anonymous(application) else application.organisation.legal_name
    same = Score.question_id == score.question_id
    question = (score.question.section.position, score.question.position)
    is_later = sa.tuple_(Section.position, Question.position) > sa.tuple_(*question)
    return session.scalars(
        _waiting(score)
        .join(Application.organisation)
        .join(Score.question)
        .join(Question.section)
        .where(Score.id != score.id)
        .order_by(
            same.desc(),
            is_later.desc(),
            Section.position,
            Question.position,
            sa.case((same, place > here), else_=sa.false()).desc(),
            place,
            Score.id,
        )
        .limit(1)
    ).one_or_none()


# As the database's `count_left_to_score` counts: a page costs the same however much there is to score.
COUNTED_TO = 100


@dataclass(frozen=True)
class Left:
    """What an evaluator has left to score in a round, in which order they go on, and what they heard of the chair."""

    of_question: int
    of_round: int
    follows: ScoringOrder
    asked: int
    answered: int


def count_left(score: Score) -> Left:
    """What is left beside this score, in one statement: of the same question, and of the whole round.

    Both are counted to `COUNTED_TO`, and one more stands for more.
    """
    values = {
        "score_id": score.id,
        "application_id": score.sheet.application_id,
        "question_id": score.question_id,
        "person_id": score.sheet.evaluator_id,
    }
    of_question, of_round, follows, asked, answered = session.execute(_left(), values).one()
    return Left(of_question, of_round, follows or ScoringOrder.APPLICATION, asked, answered)


@cache
def _left() -> sa.Select[Any]:
    score, states = sa.bindparam("score_id", type_=sa.Uuid), sa.literal(sorted(COMPLIANT), sa.ARRAY(sa.Text))
    left = sa.func.count_left_to_score(score, states).table_valued("of_question", "of_round")
    about = (sa.bindparam(name, type_=sa.Uuid) for name in ("application_id", "question_id"))
    told = sa.func.list_heard(*about).table_valued("answer")
    heard = sa.select(sa.func.count().label("asked"), sa.func.count(told.c.answer).label("answered"))
    chosen = sa.select(OrderChosen.follows).where(OrderChosen.person_id == sa.bindparam("person_id"))
    counted = heard.select_from(told).subquery()
    columns = (
        left.c.of_question,
        left.c.of_round,
        chosen.scalar_subquery(),
        counted.c.asked,
        counted.c.answered,
    )
    return sa.select(*columns).select_from(left.join(counted, sa.true()))


def find_order(person: Person) -> ScoringOrder:
    """In which order this evaluator goes on: as they last chose, or through one application."""
    chosen = sa.select(OrderChosen.follows).where(OrderChosen.person_id == person.id)
    return session.scalars(chosen).one_or_none() or ScoringOrder.APPLICATION


def _waiting(score: Score) -> sa.Select[Score]:
    """The evaluator's scores of the same round that are still to be given."""
    return (
        sa.select(Score)
        .join(Score.sheet)
        .join(EvaluationSheet.application)
        .join(
            ConflictDeclaration,
            sa.and_(
                ConflictDeclaration.application_id == Application.id,
                ConflictDeclaration.person_id == EvaluationSheet.evaluator_id,
                ~ConflictDeclaration.has_conflict,
            ),
        )
        .where(
            EvaluationSheet.evaluator_id == score.sheet.evaluator_id,
            EvaluationSheet.finished_at.is_(None),
            EvaluationSheet.voided_at.is_(None),
            Application.round_id == score.sheet.application.round_id,
            Application.state.in_(COMPLIANT),
            Score.value.is_(None),
        )
    )


def _mine(person: Person) -> sa.ColumnElement[bool]:
    return sa.and_(
        ConflictDeclaration.application_id == EvaluationSheet.application_id,
        ConflictDeclaration.person_id == person.id,
    )


def _application_of(path: _AbstractLoad) -> tuple[_AbstractLoad, ...]:
    return (
        path.joinedload(Application.round, innerjoin=True),
        path.joinedload(Application.organisation, innerjoin=True),
    )
