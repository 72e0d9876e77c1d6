"""How evaluators' scores in a round compare, and whether its outcome would hold: from the scores that count alone."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.evaluations import analysis, scoring, stability
from portal.evaluations.analysis import Agreement, Distribution, Leniency, Rating
from portal.evaluations.models import EvaluationSheet, PriceScore, Score
from portal.evaluations.queries.applications import COMPLIANT, active_sheet
from portal.evaluations.queries.results import ResultRow, basket, bids, results
from portal.evaluations.queries.workbook import list_rejected_prices
from portal.evaluations.stability import Bid, Criterion, Opinions, Terms, Trial
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from portal.frameworks.states import AdmissionRule


@dataclass(frozen=True)
class QuestionAnalysis:
    """One question over all applicants."""

    question: Question
    agreement: Agreement
    distribution: Distribution


@dataclass(frozen=True)
class EvaluatorAnalysis:
    """One evaluator over everything they scored."""

    name: str
    council: str
    leniency: Leniency
    distribution: Distribution


@dataclass(frozen=True)
class Analysis:
    """A round's scores compared: over all, by question and by evaluator. `ratings` counts the scores."""

    ratings: int
    agreement: Agreement
    questions: Sequence[QuestionAnalysis]
    evaluators: Sequence[EvaluatorAnalysis]

    @property
    def is_shaky(self) -> bool:
        """Whether some question’s agreement rests on few answers."""
        return any(one.agreement.is_shaky for one in self.questions)


@dataclass(frozen=True)
class QuestionTrials:
    """One question's weight moved up and down. None: there is nothing to move it against."""

    question: Question
    more: Trial | None
    fewer: Trial | None


@dataclass(frozen=True)
class EvaluatorTrial:
    """One evaluator left out."""

    name: str
    trial: Trial


@dataclass(frozen=True)
class Stability:
    """Whether a round's outcome would hold. `names` are legal names by application."""

    rows: Sequence[ResultRow]
    names: dict[uuid.UUID, str]
    questions: Sequence[QuestionTrials]
    more_quality: Trial | None
    more_price: Trial | None
    evaluators: Sequence[EvaluatorTrial]

    @property
    def trials(self) -> list[Trial]:
        """Every trial that could be made."""
        moved = [trial for one in self.questions for trial in (one.more, one.fewer)]
        made = [*moved, self.more_quality, self.more_price, *(one.trial for one in self.evaluators)]
        return [trial for trial in made if trial is not None]

    @property
    def unstable(self) -> list[Trial]:
        """The trials that would turn an outcome round."""
        return [trial for trial in self.trials if trial.changes]

    @property
    def turned(self) -> list[str]:
        """The applicants whose outcome some trial would turn round, by legal name."""
        return sorted({self.names[change.application_id] for one in self.unstable for change in one.changes})


def list_ratings(round_: Round) -> list[Rating]:
    """Every finished score that counts, of applications that were scored to the end: one statement."""
    rows = session.execute(
        sa.select(
            EvaluationSheet.application_id, Score.question_id, EvaluationSheet.evaluator_id, Score.value
        )
        .join(EvaluationSheet, EvaluationSheet.id == Score.sheet_id)
        .join(Application, Application.id == EvaluationSheet.application_id)
        .where(
            Application.round_id == round_.id,
            Application.state.in_(COMPLIANT | {ApplicationState.DECLINED}),
            EvaluationSheet.finished_at.is_not(None),
            active_sheet(),
        )
    )
    return [
        Rating(application_id, question_id, evaluator_id, value)
        for application_id, question_id, evaluator_id, value in rows
        if value is not None
    ]


def analyse(round_: Round) -> Analysis:
    """Agreement, leniency and distributions of a round's scores: three statements for any number."""
    ratings = list_ratings(round_)
    by_question, by_evaluator = _grouped(ratings)
    leniencies = analysis.leniencies(ratings)
    return Analysis(
        len(ratings),
        analysis.agreement(ratings),
        [
            QuestionAnalysis(
                question,
                analysis.agreement(by_question[question.id]),
                analysis.distribution(by_question[question.id]),
            )
            for question in frameworks.list_scored_questions(round_)
        ],
        [
            EvaluatorAnalysis(
                person.full_name,
                person.council.label if person.council else "",
                leniencies[person.id],
                analysis.distribution(by_evaluator[person.id]),
            )
            for person in _people(by_evaluator)
        ],
    )


def has_scored_in(person: Person, round_: Round) -> bool:
    """Whether this person was ever to score in the round, also what was made void since."""
    return session.execute(
        sa.select(
            sa.exists()
            .where(EvaluationSheet.evaluator_id == person.id)
            .where(EvaluationSheet.application_id == Application.id, Application.round_id == round_.id)
        )
    ).scalar_one()


def try_stability(round_: Round) -> Stability:
    """Every what-if on the round's outcome, once quality and price are locked: a dozen statements for any number."""
    rows, questions, ratings = results(round_), frameworks.list_scored_questions(round_), list_ratings(round_)
    terms, offered = _terms(round_, rows, questions), _bids(round_, rows)
    base, opinions = stability.outcomes(terms, offered), _opinions(ratings)

    def attempt(changed: Terms | None) -> Trial | None:
        return None if changed is None else stability.compare(base, stability.outcomes(changed, offered))

    def without(evaluator_id: uuid.UUID) -> Trial:
        left = stability.leave_out(offered, opinions, evaluator_id)
        return stability.compare(base, stability.outcomes(terms, left))

    step = stability.STEP
    return Stability(
        rows,
        {row.application.id: row.application.organisation.legal_name for row in rows},
        [
            QuestionTrials(
                question,
                attempt(stability.move_question(terms, question.id, step)),
                attempt(stability.move_question(terms, question.id, -step)),
            )
            for question in questions
        ],
        attempt(stability.move_balance(terms, step)),
        attempt(stability.move_balance(terms, -step)),
        [
            EvaluatorTrial(person.full_name, without(person.id))
            for person in _people({rating.evaluator_id for rating in ratings})
        ],
    )


def base_outcomes(round_: Round) -> stability.Outcomes:
    """What the calculation of the what-ifs makes of the round as it is: it must say what `results` says."""
    rows = results(round_)
    terms = _terms(round_, rows, frameworks.list_scored_questions(round_))
    return stability.outcomes(terms, _bids(round_, rows))


def _grouped(
    ratings: Iterable[Rating],
) -> tuple[defaultdict[uuid.UUID, list[Rating]], defaultdict[uuid.UUID, list[Rating]]]:
    by_question: defaultdict[uuid.UUID, list[Rating]] = defaultdict(list)
    by_evaluator: defaultdict[uuid.UUID, list[Rating]] = defaultdict(list)
    for rating in ratings:
        by_question[rating.question_id].append(rating)
        by_evaluator[rating.evaluator_id].append(rating)
    return by_question, by_evaluator


def _people(ids: Iterable[uuid.UUID]) -> Sequence[Person]:
    return (
        session.scalars(
            sa.select(Person).where(Person.id.in_(list(ids))).order_by(Person.full_name, Person.id)
        )
        .unique()
        .all()
    )


def _terms(round_: Round, rows: Sequence[ResultRow], questions: Sequence[Question]) -> Terms:
    best = round_.admission_rule != AdmissionRule.ALL_WHO_MEET
    return Terms(
        [
            Criterion(question.id, Fraction(question.weight or 0), question.minimum_score)
            for question in questions
        ],
        Fraction(round_.price_weight),
        Fraction(round_.quality_minimum),
        (round_.admit_at_most or 0) if best else None,
        lowest_gone=_lowest_gone(round_, rows),
        places=round_.rounding.places,
        tie_rule=round_.tie_rule,
    )


def _lowest_gone(round_: Round, rows: Sequence[ResultRow]) -> Decimal | None:
    """The lowest basket total of those priced that are in no result any more, and were not rejected."""
    gone = sa.select(sa.func.min(PriceScore.basket_total)).join(
        Application, Application.id == PriceScore.application_id
    )
    return session.execute(
        gone.where(
            Application.round_id == round_.id,
            PriceScore.application_id.not_in(
                [row.application.id for row in rows] + list(list_rejected_prices(round_))
            ),
        )
    ).scalar_one()


def _bids(round_: Round, rows: Sequence[ResultRow]) -> list[Bid]:
    """A basket total for everybody whose price stands: as scored, or worked out alike where a minimum was missed."""
    offers, cells, rejected = bids(round_), basket(round_), list_rejected_prices(round_)
    highest = scoring.highest_offers(
        offers[row.application.id] for row in rows if row.application.id in offers
    )

    def total(row: ResultRow) -> Decimal | None:
        key = row.application.id
        if key in rejected or row.basket_total is not None:
            return row.basket_total
        return scoring.basket_total(cells, offers.get(key, {}), highest, round_.not_offered_rule)

    return [
        Bid(row.application.id, {line.question.id: line.score for line in row.questions}, total(row))
        for row in rows
    ]


def _opinions(ratings: Iterable[Rating]) -> Opinions:
    found: dict[uuid.UUID, dict[uuid.UUID, dict[uuid.UUID, int]]] = defaultdict(lambda: defaultdict(dict))
    for rating in ratings:
        found[rating.application_id][rating.question_id][rating.evaluator_id] = rating.value
    return found
