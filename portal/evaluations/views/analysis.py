"""The moderator's analysis: how evaluators' scores compare, and whether the outcome would hold. Reading only."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import page
from portal.evaluations import policy, queries
from portal.evaluations import stability as trials
from portal.evaluations.states import SCORE_DESCRIPTORS
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>/analysis", methods=["GET"])
@access(policy.can_see_analysis, of=get_round)
def analysis(round_: Round) -> ResponseReturnValue:
    return page(
        "evaluations/analysis.html",
        round=round_,
        found=queries.analyse(round_),
        descriptors=SCORE_DESCRIPTORS,
        may_try=policy.can_see_stability(current_person(), round_),
    )


@blueprint.route("/evaluations/rounds/<uuid:round_id>/stability", methods=["GET"])
@access(policy.can_see_stability, of=get_round)
def stability(round_: Round) -> ResponseReturnValue:
    return page("evaluations/stability.html", round=round_, found=queries.try_stability(round_), rules=trials)
