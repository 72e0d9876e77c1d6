"""Results of a round, every figure explained: after quality is locked."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.applications.models import Application
from portal.applications.services import record_access
from portal.core.access import access, current_person
from portal.core.errors import NotFound
from portal.core.web import page
from portal.evaluations import policy, queries
from portal.evaluations import scoring as rules
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>/results", methods=["GET"])
@access(policy.can_see_results, of=get_round)
def results(round_: Round) -> ResponseReturnValue:
    person = current_person()
    return page(
        "evaluations/results.html",
        round=round_,
        rows=queries.results(round_),
        rules=rules,
        may_see_round=bool(policy.can_see_round(person, round_)),
    )


@blueprint.route("/evaluations/applications/<uuid:application_id>/result", methods=["GET"])
@access(policy.can_see_result, of=queries.get_application)
def result(application: Application) -> ResponseReturnValue:
    row = next(
        (row for row in queries.results(application.round) if row.application.id == application.id), None
    )
    if row is None:
        raise NotFound
    lines = queries.basket_lines(application) if row.meets_minimums else []
    record_access(application, current_person(), "result and prices")
    return page("evaluations/result.html", row=row, application=application, lines=lines, rules=rules)
