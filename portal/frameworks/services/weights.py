"""The points of a draft's scored questions: set together, or scaled to add up to the quality weight."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from portal.accounts.models import Person
from portal.core import audit
from portal.core.db import check_version, session
from portal.core.errors import Invalid, Refused
from portal.frameworks import queries
from portal.frameworks.models import Round
from portal.frameworks.services.layout import begin_editing
from portal.frameworks.services.wording import PENNY
from portal.frameworks.states import EvaluatedBy


@dataclass(frozen=True)
class Scoring:
    """How one question is scored: points of the quality total, the lowest score if any, and by whom."""

    weight: Decimal
    minimum_score: int | None
    evaluated_by: EvaluatedBy


def set_weights(
    round_: Round, scoring: Mapping[uuid.UUID, Scoring], *, by: Person, seen_version: int | None = None
) -> None:
    """Set how these questions of a draft are scored. Commissioners. They need not add up yet.

    Raises `Stale`, or `Invalid` beside the field `weight-<id>`.
    """
    begin_editing(round_, by)
    check_version(round_, seen_version)
    for question in queries.list_scored_questions(round_):
        if (wanted := scoring.get(question.id)) is None:
            continue
        if not 0 < wanted.weight < 100 or wanted.weight != wanted.weight.quantize(PENNY):
            raise Invalid(f"{question.number}: enter points above 0.", field=f"weight-{question.id}")
        question.weight = wanted.weight
        question.minimum_score, question.evaluated_by = wanted.minimum_score, wanted.evaluated_by
    session.flush()
    _record(round_, by)


def scale_weights(round_: Round, *, by: Person, seen_version: int | None = None) -> None:
    """Scale the points of a draft so that they add up, keeping their proportions. Commissioners."""
    begin_editing(round_, by)
    check_version(round_, seen_version)
    if not queries.list_scored_questions(round_):
        raise Refused("No question is scored yet.")
    spread_quality_weight(round_)
    _record(round_, by)


def spread_quality_weight(round_: Round) -> None:
    """Scale the scored questions' weights to the quality weight, to two places; the last takes the rest."""
    scored = queries.list_scored_questions(round_)
    total = sum((question.weight or Decimal(0) for question in scored), Decimal(0))
    if not scored or total == round_.quality_weight:
        return
    left = round_.quality_weight
    for question in scored[:-1]:
        share = (question.weight or Decimal(0)) * round_.quality_weight / total
        question.weight = share.quantize(PENNY, ROUND_HALF_UP)
        left -= question.weight
    scored[-1].weight = left
    session.flush()


def _record(round_: Round, by: Person) -> None:
    total = queries.total_questions(round_)
    audit.record("round.weights_set", round_, by=by, details={"weight": str(total.weight)})
