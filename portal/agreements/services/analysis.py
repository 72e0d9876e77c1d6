"""What the portal works out for a price review: the formula's figure and the medians. People decide (rule 13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.agreements import queries
from portal.agreements.models import PriceReview, PriceReviewLine
from portal.agreements.queries import Terms
from portal.core import clock
from portal.pricing.queries import Median, list_medians
from portal.pricing.uplift import percent_change, raised


@dataclass(frozen=True)
class LineAnalysis:
    """One price asked for, beside what the formula would make of it and what members charge today."""

    line: PriceReviewLine
    by_formula: Decimal | None
    median: Median | None

    @property
    def percent(self) -> Decimal | None:
        """By how much more is asked, in percent; None for what had no price."""
        return percent_change(self.line.old_fee, self.line.asked_fee) if self.line.old_fee else None

    @property
    def is_above_formula(self) -> bool:
        return self.by_formula is not None and self.line.asked_fee > self.by_formula

    @property
    def is_above_median(self) -> bool:
        return self.median is not None and self.line.asked_fee > self.median.fee


def analyse_lines(review: PriceReview, terms: Terms) -> list[LineAnalysis]:
    """Every price asked for; the medians are exact, for the councils alone."""
    today = clock.today()
    medians = list_medians(
        review.framework_id,
        [line.cell_id for line in review.lines],
        today,
        queries.members_on(review.framework_id, today),
    )
    uplift = terms.uplift
    return [
        LineAnalysis(
            line,
            raised(line.old_fee, uplift.percent) if uplift and line.old_fee else None,
            medians.get(line.cell_id),
        )
        for line in review.lines
    ]


def analysis_of(review: PriceReview) -> dict[str, Any]:
    """The figures as they stand, to be kept with the officer's words: later indices change nothing in them."""
    terms = queries.get_terms(review.framework_id, review.requested_at.astimezone(clock.LONDON).date())
    uplift = terms.uplift
    return {
        "index_month": terms.index_month.isoformat(),
        "uplift": None if uplift is None else str(uplift.percent),
        "words": None if uplift is None else uplift.words,
        "source": terms.source,
        "lines": {
            str(one.line.cell_id): {
                "formula": None if one.by_formula is None else str(one.by_formula),
                "median": None if one.median is None else str(one.median.fee),
                "providers": 0 if one.median is None else one.median.providers,
            }
            for one in analyse_lines(review, terms)
        },
    }
