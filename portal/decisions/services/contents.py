"""What a decision notice says: all that regulation 86 asks for, and nothing about anybody else declined (rule 9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.clock import LONDON
from portal.core.errors import Refused
from portal.decisions import queries
from portal.decisions.models import Recommendation, RecommendationLine
from portal.decisions.states import DecisionKind, Outcome
from portal.evaluations import queries as evaluations
from portal.evaluations import scoring
from portal.evaluations.queries import ResultRow
from portal.frameworks.models import Round


def notice_contents(
    round_: Round, applications: Sequence[Application], ends_at: datetime | None
) -> list[tuple[Application, dict[str, Any]]]:
    """What each applicant's notice says, as plain JSON."""
    approved = queries.find_latest(round_)
    if approved is None or approved.decision is None or approved.decision.kind != DecisionKind.APPROVE:
        raise Refused("This round has no approved recommendation.")
    lines = {line.application_id: line for line in approved.lines}
    rows = {row.application.id: row for row in evaluations.results(round_)}
    admitted = [
        _admitted(row, lines[application_id])
        for application_id, row in rows.items()
        if row.application.state == ApplicationState.ADMITTED
    ]
    common = _common(round_, approved, ends_at) | {"admitted": admitted}
    return [
        (application, common | _own(lines[application.id], rows.get(application.id)))
        for application in applications
    ]


def _common(round_: Round, approved: Recommendation, ends_at: datetime | None) -> dict[str, Any]:
    return {
        "regime": round_.framework.regime.value,
        "standstill_days": round_.standstill_days,
        "criteria": {
            "quality_weight": str(round_.quality_weight),
            "price_weight": str(round_.price_weight),
            "quality_minimum": str(round_.quality_minimum),
            "admission_rule": round_.admission_rule.label,
            "admit_at_most": round_.admit_at_most,
            "rules": [
                scoring.PRICE_RULE,
                scoring.LOWEST_RULE,
                round_.not_offered_rule.words,
                round_.rounding.words,
                round_.tie_rule.words,
            ],
        },
        "recommendation_number": approved.number,
        "standstill_ends_at": ends_at.astimezone(LONDON).isoformat() if ends_at else None,
    }


def _admitted(row: ResultRow, line: RecommendationLine) -> dict[str, Any]:
    organisation = row.application.organisation
    return {
        "name": organisation.legal_name,
        "urn": organisation.urn,
        "town": organisation.town,
        **_figures(row),
        "questions": {line.question.number: line.score for line in row.questions},
        "advantages": line.reason,
    }


def _own(line: RecommendationLine, row: ResultRow | None) -> dict[str, Any]:
    own: dict[str, Any] = {
        "outcome": Outcome(line.outcome).value,
        "reason": line.reason,
        "is_compliant": row is not None,
    }
    if row is None:
        return own
    return own | {
        **_figures(row),
        "rank": row.rank,
        "basket_total": _text(row.basket_total),
        "shortfalls": row.shortfalls,
        "scores": [
            {
                "number": one.question.number,
                "text": one.question.text,
                "weight": str(one.question.weight),
                "score": one.score,
                "points": str(one.points),
                "reason": one.reason,
            }
            for one in row.questions
        ],
    }


def _figures(row: ResultRow) -> dict[str, Any]:
    return {"quality": _text(row.quality), "price": _text(row.price), "total": _text(row.total)}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
