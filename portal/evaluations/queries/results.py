"""Results of a round once quality is locked: points, minimums, price scores, ranks and what the rule says."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import contains_eager, joinedload

from portal.applications.models import Application, Submission, SubmittedPrice
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.evaluations import scoring
from portal.evaluations.models import ConsensusScore, PriceScore
from portal.evaluations.queries.applications import COMPLIANT
from portal.evaluations.queries.workbook import list_rejected_prices
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from portal.frameworks.states import AdmissionRule
from portal.providers.models import Organisation


@dataclass(frozen=True)
class QuestionPoints:
    """One question of a result: the agreed score, its points as shown (rounded), whether it meets the minimum."""

    question: Question
    score: int
    points: Decimal
    reason: str

    @property
    def exact(self) -> Decimal:
        """The points before rounding: score ÷ 5 × weight."""
        return self.score * (self.question.weight or Decimal(0)) / scoring.HIGHEST_SCORE

    @property
    def meets_minimum(self) -> bool:
        return self.question.minimum_score is None or self.score >= self.question.minimum_score


@dataclass(frozen=True)
class ResultRow:
    """One compliant application's result. Without the quality minimums there is no price, total or rank.

    `quality`, `price` and `total` are points as the round rounds them; `basket_total` and `lowest_total` pounds.
    """

    application: Application
    questions: list[QuestionPoints]
    quality: Decimal
    shortfalls: list[str]
    basket_total: Decimal | None = None
    lowest_total: Decimal | None = None
    price: Decimal | None = None
    total: Decimal | None = None
    rank: int | None = None
    is_admitted_by_rule: bool = False

    @property
    def meets_minimums(self) -> bool:
        return not self.shortfalls

    @property
    def is_rounded(self) -> bool:
        """Whether the quality points are not the exact sum."""
        return sum((line.exact for line in self.questions), Decimal(0)) != self.quality


def results(round_: Round) -> list[ResultRow]:
    """Every compliant application's result, best first: six statements for any number of applications."""
    scores, rejected = _price_scores(round_), list_rejected_prices(round_)
    lowest = min(
        (score.basket_total for key, score in scores.items() if key not in rejected), default=Decimal(0)
    )
    rows = [
        _priced(_without_price(row, rejected), scores.get(row.application.id), lowest)
        for row in quality_results(round_)
    ]
    ranked = [row for row in rows if row.total is not None]
    places = scoring.ranks([_standing(row, round_) for row in ranked])
    done = [_placed(row, place, round_) for row, place in zip(ranked, places, strict=True)]
    done.sort(key=lambda row: (row.rank or 0, row.application.organisation.legal_name))
    rest = [row for row in rows if row.total is None]
    return done + sorted(rest, key=lambda row: (-row.quality, row.application.organisation.legal_name))


def _without_price(row: ResultRow, rejected: Collection[uuid.UUID]) -> ResultRow:
    if row.application.id not in rejected:
        return row
    return replace(row, shortfalls=[*row.shortfalls, "Its price was rejected as abnormally low."])


def quality_results(round_: Round) -> list[ResultRow]:
    """Quality points and shortfalls of every compliant application, from the agreed scores. No prices."""
    questions = {question.id: question for question in frameworks.list_scored_questions(round_)}
    agreed = _agreed(round_)
    return [
        _quality(application, round_, [_points(score, questions, round_) for score in agreed[application.id]])
        for application in _assessed(round_)
    ]


def bids(round_: Round) -> dict[uuid.UUID, dict[int, Decimal]]:
    """The prices offered in each compliant application's standing submission: cell id → weekly fee.

    Row-level security shows these to nobody at the councils before quality is locked (rule 4).
    """
    standing = (
        sa.select(Submission.id, Submission.application_id)
        .join(Application, Application.id == Submission.application_id)
        .where(
            Application.round_id == round_.id, Application.state.in_(COMPLIANT | {ApplicationState.DECLINED})
        )
        .ext(distinct_on(Submission.application_id))
        .order_by(Submission.application_id, Submission.number.desc())
        .subquery()
    )
    rows = session.execute(
        sa.select(standing.c.application_id, SubmittedPrice.cell_id, SubmittedPrice.weekly_fee).outerjoin(
            SubmittedPrice,
            sa.and_(SubmittedPrice.submission_id == standing.c.id, SubmittedPrice.weekly_fee.is_not(None)),
        )
    )
    found: dict[uuid.UUID, dict[int, Decimal]] = defaultdict(dict)
    for application_id, cell_id, fee in rows:
        prices = found[application_id]
        if fee is not None:
            prices[cell_id] = fee
    return dict(found)


def basket(round_: Round) -> list[scoring.BasketCell]:
    """The cells of the round's basket that count for anything."""
    return [
        scoring.BasketCell(volume.cell_id, volume.weeks, volume.ceiling)
        for volume in frameworks.list_volumes(round_).values()
        if volume.weeks > 0
    ]


def _assessed(round_: Round) -> Sequence[Application]:
    was_scored = sa.exists().where(
        ConsensusScore.application_id == Application.id, ConsensusScore.voided_at.is_(None)
    )
    return session.scalars(
        sa.select(Application)
        .join(Application.organisation)
        .where(
            Application.round_id == round_.id,
            sa.or_(
                Application.state.in_(COMPLIANT),
                sa.and_(Application.state == ApplicationState.DECLINED, was_scored),
            ),
        )
        .order_by(Organisation.legal_name, Application.id)
        .options(contains_eager(Application.organisation), joinedload(Application.round, innerjoin=True))
    ).all()


def _agreed(round_: Round) -> dict[uuid.UUID, list[ConsensusScore]]:
    found: dict[uuid.UUID, list[ConsensusScore]] = defaultdict(list)
    for score in session.scalars(
        sa.select(ConsensusScore)
        .join(Application, Application.id == ConsensusScore.application_id)
        .where(Application.round_id == round_.id, ConsensusScore.voided_at.is_(None))
    ):
        found[score.application_id].append(score)
    return found


def _price_scores(round_: Round) -> dict[uuid.UUID, PriceScore]:
    return {
        score.application_id: score
        for score in session.scalars(
            sa.select(PriceScore)
            .join(Application, Application.id == PriceScore.application_id)
            .where(Application.round_id == round_.id)
        )
    }


def _points(score: ConsensusScore, questions: dict[uuid.UUID, Question], round_: Round) -> QuestionPoints:
    question = questions[score.question_id]
    exact = scoring.weighted(score.value, question.weight or Decimal(0))
    points = scoring.rounded(exact, round_.rounding.places)
    return QuestionPoints(question, score.value, points, score.reason)


def _quality(application: Application, round_: Round, questions: list[QuestionPoints]) -> ResultRow:
    questions.sort(key=lambda line: _in_order(line.question))
    quality = scoring.quality_points(
        ((line.score, line.question.weight or Decimal(0)) for line in questions), round_.rounding.places
    )
    shortfalls = [
        f"Question {line.question.number} was scored {line.score};"
        f" the minimum is {line.question.minimum_score}."
        for line in questions
        if not line.meets_minimum
    ]
    if quality < round_.quality_minimum:
        shortfalls.append(f"Quality is {quality} points; the minimum is {round_.quality_minimum}.")
    return ResultRow(application, questions, quality, shortfalls)


def _in_order(question: Question) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in question.number.split("."))


def _priced(row: ResultRow, score: PriceScore | None, lowest: Decimal) -> ResultRow:
    """With its price score as it was written at the lock, or against a new lowest when a price was rejected."""
    if score is None or not row.meets_minimums:
        return row
    round_ = row.application.round
    price = scoring.rounded(score.score, round_.rounding.places)
    if lowest != score.lowest_total:
        price = scoring.price_points(lowest, score.basket_total, round_.price_weight, round_.rounding.places)
    return replace(
        row, basket_total=score.basket_total, lowest_total=lowest, price=price, total=row.quality + price
    )


def _standing(row: ResultRow, round_: Round) -> tuple[Decimal, Decimal]:
    """What a row is ranked by: its total, and what the round's rule looks at where totals are equal."""
    assert row.total is not None, "only what has a total is ranked"
    assert row.basket_total is not None, "whoever has a total has a basket"
    return row.total, scoring.precedence(round_.tie_rule, row.quality, row.basket_total)


def _placed(row: ResultRow, rank: int, round_: Round) -> ResultRow:
    within = round_.admission_rule == AdmissionRule.ALL_WHO_MEET or rank <= (round_.admit_at_most or 0)
    return replace(row, rank=rank, is_admitted_by_rule=within)
