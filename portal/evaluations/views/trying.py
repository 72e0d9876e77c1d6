"""The preview of a round's scored questions as an evaluator will meet them, with nothing to save."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.core.access import access
from portal.core.web import page
from portal.evaluations.forms import ScoreForm
from portal.evaluations.views.frame import blueprint
from portal.frameworks import policy
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round


@blueprint.get("/rounds/<uuid:round_id>/preview/evaluator")
@access(policy.can_read_round, of=frameworks.get_round)
def preview_round(round_: Round) -> ResponseReturnValue:
    scored = frameworks.list_scored_questions(round_)
    return page(
        "evaluations/preview_round.html",
        round=round_,
        questions=[(question, ScoreForm(prefix=f"{question.number}-")) for question in scored],
    )
