"""Would the outcome of a round hold if a weight had been a little different, or one evaluator had not been there?

Pure calculations on top of `scoring`: each trial scores the whole round again under changed terms or scores and
compares what the rule of admission then says. Agreed scores and locked prices stay the record; a trial changes
nothing, and is no decision (rule 13).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from portal.evaluations import scoring
from portal.frameworks.states import TieRule

STEP = 5

WEIGHT_RULE = (
    "A question’s weight is moved up or down by 5 points, never below nothing, and the other questions share the "
    "difference in proportion to their weights, so that quality still adds up to its total."
)
BALANCE_RULE = (
    "5 points are moved from price to quality or back. The questions’ weights and the quality minimum keep their "
    "share of the quality total."
)
EVALUATOR_RULE = (
    "Where leaving an evaluator out would move the mean of the individual scores, rounded to a whole mark, half up, "
    "the agreed score is moved by as many marks, within 0 to 5. Where nobody else scored an answer, its agreed "
    "score stays."
)


@dataclass(frozen=True)
class Criterion:
    """One scored question: its weight in points, and the score it needs at least, if any."""

    question_id: uuid.UUID
    weight: Fraction
    minimum: int | None


@dataclass(frozen=True)
class Terms:
    """What a round scores by. `admit_at_most` None: all who meet the minimums are admitted.

    `lowest_gone` is the basket total of the lowest bid among those priced and since withdrawn, if any: the prices were
    scored with it. `places` and `tie_rule` are the round's own.
    """

    criteria: Sequence[Criterion]
    price_weight: Fraction
    quality_minimum: Fraction
    admit_at_most: int | None
    lowest_gone: Decimal | None = None
    places: int = 2
    tie_rule: TieRule = TieRule.QUALITY

    @property
    def quality_weight(self) -> Fraction:
        return sum((criterion.weight for criterion in self.criteria), Fraction(0))


@dataclass(frozen=True)
class Bid:
    """One compliant application: its agreed scores by question, and its basket total in pounds.

    `basket_total` None: its price was rejected as abnormally low, and takes no part.
    """

    application_id: uuid.UUID
    scores: Mapping[uuid.UUID, int]
    basket_total: Decimal | None


@dataclass(frozen=True)
class Outcome:
    """What the rules say of one application. Without the minimums there is no total and no rank."""

    quality: Decimal
    total: Decimal | None
    rank: int | None
    is_admitted: bool


@dataclass(frozen=True)
class Change:
    """One application whose outcome a trial turns round."""

    application_id: uuid.UUID
    was: Outcome
    now: Outcome


@dataclass(frozen=True)
class Trial:
    """One what-if: the applications it would turn round, and how many others would change rank."""

    changes: Sequence[Change]
    reranked: int


Outcomes = Mapping[uuid.UUID, Outcome]
# application → question → evaluator → own score
Opinions = Mapping[uuid.UUID, Mapping[uuid.UUID, Mapping[uuid.UUID, int]]]


def outcomes(terms: Terms, bids: Sequence[Bid]) -> dict[uuid.UUID, Outcome]:
    """What the published rules make of these scores and prices."""
    qualities = {bid.application_id: _quality(terms, bid) for bid in bids}
    baskets = {
        bid.application_id: bid.basket_total
        for bid in bids
        if bid.basket_total is not None and _meets_minimums(terms, bid, qualities[bid.application_id])
    }
    prices = _prices(terms, baskets)
    totals = {key: qualities[key] + price for key, price in prices.items()}
    standing = [
        (total, scoring.precedence(terms.tie_rule, qualities[key], baskets[key]))
        for key, total in totals.items()
    ]
    ranks = dict(zip(totals, scoring.ranks(standing), strict=True))
    return {
        key: _outcome(terms, quality, totals.get(key), ranks.get(key)) for key, quality in qualities.items()
    }


def compare(base: Outcomes, other: Outcomes) -> Trial:
    """What is different in `other`."""
    changes = [
        Change(key, was, other[key]) for key, was in base.items() if was.is_admitted != other[key].is_admitted
    ]
    turned = {change.application_id for change in changes}
    reranked = sum(was.rank != other[key].rank for key, was in base.items() if key not in turned)
    return Trial(changes, reranked)


def move_question(terms: Terms, question_id: uuid.UUID, points: int) -> Terms | None:
    """The terms with one question's weight moved, by `WEIGHT_RULE`. None where no other question could give way."""
    total = terms.quality_weight
    old = next(one.weight for one in terms.criteria if one.question_id == question_id)
    new = max(Fraction(0), old + points)
    if total == old or new > total:
        return None
    factor = (total - new) / (total - old)
    criteria = [
        replace(one, weight=new if one.question_id == question_id else one.weight * factor)
        for one in terms.criteria
    ]
    return replace(terms, criteria=criteria)


def move_balance(terms: Terms, points: int) -> Terms | None:
    """The terms with points moved from price to quality, by `BALANCE_RULE`. None where there are not so many."""
    old = terms.quality_weight
    new = old + points
    if not old or new < 0 or terms.price_weight < points:
        return None
    factor = new / old
    return replace(
        terms,
        criteria=[replace(one, weight=one.weight * factor) for one in terms.criteria],
        price_weight=terms.price_weight - points,
        quality_minimum=terms.quality_minimum * factor,
    )


def leave_out(bids: Iterable[Bid], opinions: Opinions, evaluator_id: uuid.UUID) -> list[Bid]:
    """The bids as they might have been agreed without one evaluator, by `EVALUATOR_RULE`."""
    return [
        replace(bid, scores=_without(bid.scores, opinions.get(bid.application_id, {}), evaluator_id))
        for bid in bids
    ]


def _without(
    scores: Mapping[uuid.UUID, int],
    opinions: Mapping[uuid.UUID, Mapping[uuid.UUID, int]],
    evaluator_id: uuid.UUID,
) -> dict[uuid.UUID, int]:
    return {
        question_id: _moved(agreed, opinions.get(question_id, {}), evaluator_id)
        for question_id, agreed in scores.items()
    }


def _moved(agreed: int, given: Mapping[uuid.UUID, int], evaluator_id: uuid.UUID) -> int:
    others = [value for key, value in given.items() if key != evaluator_id]
    if evaluator_id not in given or not others:
        return agreed
    shift = _whole_mean(others) - _whole_mean(list(given.values()))
    return min(max(agreed + shift, 0), scoring.HIGHEST_SCORE)


def _whole_mean(values: Sequence[int]) -> int:
    """The mean rounded to a whole mark, half up."""
    return (2 * sum(values) + len(values)) // (2 * len(values))


def _quality(terms: Terms, bid: Bid) -> Decimal:
    scored = (
        (bid.scores[one.question_id], one.weight) for one in terms.criteria if one.question_id in bid.scores
    )
    return scoring.quality_points(scored, terms.places)


def _meets_minimums(terms: Terms, bid: Bid, quality: Decimal) -> bool:
    return Fraction(quality) >= terms.quality_minimum and all(
        one.minimum is None or bid.scores[one.question_id] >= one.minimum
        for one in terms.criteria
        if one.question_id in bid.scores
    )


def _prices(terms: Terms, baskets: Mapping[uuid.UUID, Decimal]) -> dict[uuid.UUID, Decimal]:
    gone = [terms.lowest_gone] if terms.lowest_gone is not None else []
    lowest = min([*baskets.values(), *gone], default=Decimal(0))
    return {
        key: scoring.price_points(lowest, total, terms.price_weight, terms.places)
        for key, total in baskets.items()
    }


def _outcome(terms: Terms, quality: Decimal, total: Decimal | None, rank: int | None) -> Outcome:
    is_admitted = rank is not None and (terms.admit_at_most is None or rank <= terms.admit_at_most)
    return Outcome(quality, total, rank, is_admitted)
