"""The page of a draft's points: every scored question on one page, with what they add up to."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import done, page, seen_version
from portal.frameworks import policy, queries, services
from portal.frameworks.forms import WeightsForm
from portal.frameworks.models import Round
from portal.frameworks.states import EvaluatedBy
from portal.frameworks.views.frame import blueprint


@blueprint.route("/rounds/<uuid:round_id>/weights", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_round)
def weights(round_: Round) -> ResponseReturnValue:
    form = WeightsForm.of(queries.list_scored_questions(round_))
    version = seen_version() or round_.version
    if request.method == "POST" and form.read(request.form):
        services.set_weights(round_, form.scoring, by=current_person(), seen_version=version)
        return done("Points saved.", url_for("frameworks.weights", round_id=round_.id))
    return page(
        "frameworks/weights.html",
        422 if form.errors else 200,
        form=form,
        round=round_,
        version=version,
        councils=[(one.value, one.label) for one in EvaluatedBy],
        has_errors=bool(form.errors),
    )


@blueprint.post("/rounds/<uuid:round_id>/weights/scale")
@access(policy.can_edit, of=queries.get_round)
def scale_weights(round_: Round) -> ResponseReturnValue:
    services.scale_weights(round_, by=current_person(), seen_version=seen_version())
    return done("The points now add up.", url_for("frameworks.weights", round_id=round_.id))
