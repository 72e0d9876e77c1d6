"""How evaluators' own scores compare: agreement on a question, leniency of a person, how often each score was given.

Pure calculations without a database. They describe scores and judge nobody: what a figure means, and what it does
not, stands here in the words that the page shows.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.evaluations.scoring import HIGHEST_SCORE, rounded

SCALE = range(HIGHEST_SCORE + 1)

# The customary readings of alpha (Krippendorff, Content Analysis, 2004, p. 241).
RELIABLE = 0.800
TENTATIVE = 0.667
# Below so many answers, one score can move the figure a long way.
FEW = 10


@dataclass(frozen=True)
class Rating:
    """One evaluator's own score on one question of one application."""

    application_id: uuid.UUID
    question_id: uuid.UUID
    evaluator_id: uuid.UUID
    value: int

    @property
    def item(self) -> tuple[uuid.UUID, uuid.UUID]:
        """The answer that was scored."""
        return self.application_id, self.question_id


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha on some answers, ordinal. `alpha` None: it is undefined, and `reading` says why.

    `answers` counts those with at least two scores; the others say nothing about agreement.
    """

    alpha: float | None
    answers: int
    has_variation: bool

    @property
    def figure(self) -> str:
        return "–" if self.alpha is None else f"{self.alpha:.2f}".replace("-", "−")

    @property
    def reading(self) -> str:
        """What the figure means, in a sentence."""
        if self.answers < 2:
            return "Too few answers with two scores to say anything."
        if not self.has_variation:
            return "Every score was the same. They agree, and alpha cannot be worked out without differences."
        return self._level

    @property
    def is_shaky(self) -> bool:
        """So few answers that a single score moves the figure a long way."""
        return self.alpha is not None and self.answers < FEW

    @property
    def tone(self) -> str:
        if self.alpha is None:
            return "neutral"
        return "good" if self.alpha >= RELIABLE else "info" if self.alpha >= TENTATIVE else "warning"

    @property
    def _level(self) -> str:
        assert self.alpha is not None, "only what is undefined has no alpha"
        if self.alpha >= RELIABLE:
            return "The evaluators ranked the answers alike."
        if self.alpha >= TENTATIVE:
            return "The evaluators ranked the answers mostly alike."
        if self.alpha > 0:
            return "The evaluators often differed. Look at how each understood the question."
        return "No more alike than chance, or opposite. Look at how each understood the question."


@dataclass(frozen=True)
class Leniency:
    """How one evaluator's scores differ, on average, from those of the others on the same answers, in marks.

    `difference` None: nobody else scored any of the same answers.
    """

    difference: Fraction | None
    answers: int

    @property
    def figure(self) -> str:
        if self.difference is None:
            return "–"
        marks = rounded(abs(self.difference))
        sign = "" if not marks else "+" if self.difference > 0 else "−"
        return f"{sign}{marks}"

    @property
    def reading(self) -> str:
        if self.difference is None:
            return "Nobody else scored the same answers."
        marks = rounded(abs(self.difference))
        if not marks:
            return "On average the same as the others."
        how = "higher" if self.difference > 0 else "lower"
        return f"On average {marks} {'of a mark' if marks < 1 else 'marks'} {how} than the others."


@dataclass(frozen=True)
class Distribution:
    """How often each score from 0 to 5 was given."""

    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def mean(self) -> Fraction | None:
        if not self.total:
            return None
        return Fraction(
            sum(value * count for value, count in zip(SCALE, self.counts, strict=True)), self.total
        )

    @property
    def mean_figure(self) -> str:
        return "–" if self.mean is None else str(rounded(self.mean))

    def share(self, value: int) -> int:
        """The share of all scores that this one has, in whole hundredths: the length of its bar."""
        return round(100 * self.counts[value] / self.total) if self.total else 0


def agreement(ratings: Iterable[Rating]) -> Agreement:
    """Krippendorff's alpha for ordered scores, over the answers that at least two people scored."""
    units = [values for values in _by_item(ratings).values() if len(values) > 1]
    has_variation = len({value for values in units for value in values}) > 1
    if len(units) < 2 or not has_variation:
        return Agreement(None, len(units), has_variation)
    return Agreement(_alpha(units), len(units), has_variation)


def leniencies(ratings: Collection[Rating]) -> dict[uuid.UUID, Leniency]:
    """For each evaluator the mean of (own score − mean of the others' scores on the same answer)."""
    values = _by_item(ratings)
    differences: dict[uuid.UUID, list[Fraction]] = defaultdict(list)
    for rating in ratings:
        everyone = values[rating.item]
        found = differences[rating.evaluator_id]
        if len(everyone) > 1:
            others = Fraction(sum(everyone) - rating.value, len(everyone) - 1)
            found.append(rating.value - others)
    return {
        evaluator_id: Leniency(Fraction(sum(found), len(found)) if found else None, len(found))
        for evaluator_id, found in differences.items()
    }


def distribution(ratings: Iterable[Rating]) -> Distribution:
    """How often each score was given in these ratings."""
    values = [rating.value for rating in ratings]
    return Distribution(tuple(values.count(value) for value in SCALE))


def _by_item(ratings: Iterable[Rating]) -> Mapping[tuple[uuid.UUID, uuid.UUID], list[int]]:
    found: dict[tuple[uuid.UUID, uuid.UUID], list[int]] = defaultdict(list)
    for rating in ratings:
        found[rating.item].append(rating.value)
    return found


def _alpha(units: Sequence[Sequence[int]]) -> float:
    # It brings numpy, which would cost every start of the portal a tenth of a second.
    import krippendorff

    counts = [[values.count(value) for value in SCALE] for values in units]
    return float(
        krippendorff.alpha(value_counts=counts, value_domain=list(SCALE), level_of_measurement="ordinal")
    )
