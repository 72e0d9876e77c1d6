"""Why other households were left out of a search: how many for each reason, and those that nearly fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.agreements.models import Agreement
from portal.agreements.queries import find_framework_on, in_force_on
from portal.core import clock
from portal.core.db import session
from portal.matching.needs import Needs
from portal.matching.queries.conditions import Condition, is_offered, list_conditions
from portal.matching.queries.words import category_words, type_words
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import shown_since
from portal.vacancies.states import OPEN

# Beyond it the reasons of the most recently confirmed stand for the rest.
MOST_LOOKED_AT = 20_000
MOST_SHOWN = 25


@dataclass(frozen=True)
class Reason:
    """Why households were left out: how many for this among other reasons, and how many for it alone."""

    words: str
    count: int
    alone: int


@dataclass(frozen=True)
class Household:
    """One household that was left out, and everything that speaks against it."""

    vacancy: Vacancy
    reasons: list[str]


@dataclass(frozen=True)
class LeftOut:
    """Of `looked_at` households with a place, `count` were left out; the nearest to fitting are `households`."""

    looked_at: int
    count: int
    reasons: list[Reason]
    households: list[Household]

    @property
    def is_capped(self) -> bool:
        return self.looked_at >= MOST_LOOKED_AT


def explain_left_out(needs: Needs) -> LeftOut:
    """Every household on record as having a place is found by the search or counted here, with each reason."""
    conditions = _all_conditions(needs)
    judged = (
        sa.select(Vacancy.id, Vacancy.confirmed_at, *(one.judged.label(one.name) for one in conditions))
        .where(Vacancy.state.in_(sorted(OPEN)))
        .order_by(Vacancy.confirmed_at.desc())
        .limit(MOST_LOOKED_AT)
        .subquery("judged")
    )
    failed = sum((sa.cast(sa.not_(judged.c[one.name]), sa.Integer) for one in conditions), sa.literal(0))
    counted = sa.select(sa.func.count(), sa.func.count().filter(failed > 0))
    for one in conditions:
        fails = sa.not_(judged.c[one.name])
        counted = counted.add_columns(
            sa.func.count().filter(fails), sa.func.count().filter(fails, failed == 1)
        )
    row = session.execute(counted.select_from(judged)).one()
    looked_at, count = row[0], row[1]
    pairs: list[int] = list(row[2:])
    reasons = [
        Reason(one.words, pairs[2 * place], pairs[2 * place + 1])
        for place, one in enumerate(conditions)
        if pairs[2 * place]
    ]
    return LeftOut(
        looked_at,
        count,
        sorted(reasons, key=lambda reason: -reason.count),
        _nearest(judged, failed, conditions) if count else [],
    )


def _all_conditions(needs: Needs) -> list[Condition]:
    framework = find_framework_on(clock.today())
    in_force = sa.select(Agreement.organisation_id).where(
        Agreement.framework_id == (framework.id if framework else None), in_force_on(clock.today())
    )
    musts = [one for one in list_conditions(needs, type_words(needs), category_words(needs)) if one.is_must]
    return [
        Condition(
            "in_force",
            Vacancy.organisation_id.in_(in_force),
            "The provider’s agreement is not in force today",
        ),
        Condition("not_held", is_offered(), "Held for another child"),
        Condition(
            "confirmed",
            Vacancy.confirmed_at >= shown_since(clock.now()),
            "Nobody confirmed it in the last 14 days",
        ),
        *musts,
    ]


def _nearest(judged: Any, failed: Any, conditions: Sequence[Condition]) -> list[Household]:
    rows = session.execute(
        sa.select(Vacancy, *(judged.c[one.name] for one in conditions))
        .join(judged, judged.c.id == Vacancy.id)
        .where(failed > 0)
        .order_by(failed, judged.c.confirmed_at.desc(), judged.c.id)
        .limit(MOST_SHOWN)
    )
    return [
        Household(row[0], [one.words for one, holds in zip(conditions, row[1:], strict=True) if not holds])
        for row in rows
    ]
