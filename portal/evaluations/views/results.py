"""Results of a round, every figure explained, and as a workbook that computes them again: after quality is locked."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.applications.models import Application
from portal.applications.services import record_access, record_accesses
from portal.core.access import access, current_person
from portal.core.downloads import attachment
from portal.core.errors import NotFound
from portal.core.web import page
from portal.evaluations import outliers, policy, queries
from portal.evaluations import scoring as rules
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/evaluations/rounds/<uuid:round_id>/results", methods=["GET"])
@access(policy.can_see_results, of=get_round)
def results(round_: Round) -> ResponseReturnValue:
    person, rows = current_person(), queries.results(round_)
    record_accesses([row.application for row in rows], person, "results")
    return page(
        "evaluations/results.html",
        round=round_,
        rows=rows,
        rules=rules,
        open_queries=queries.list_open_price_queries(round_),
        may_see_round=bool(policy.can_see_round(person, round_)),
    )


@blueprint.route("/evaluations/rounds/<uuid:round_id>/results/workbook", methods=["GET"])
@access(policy.can_see_results, of=get_round)
def workbook(round_: Round) -> ResponseReturnValue:
    # Loaded only for whoever asks for a workbook: the library for spreadsheets is slow to import.
    from portal.evaluations.services.workbook import render_workbook

    content, applications = render_workbook(round_)
    record_accesses(applications, current_person(), "results workbook")
    return attachment([content], name=f"{round_.title} results.xlsx", media_type=XLSX, size=len(content))


@blueprint.route("/evaluations/applications/<uuid:application_id>/result", methods=["GET"])
@access(policy.can_see_result, of=queries.get_application)
def result(application: Application) -> ResponseReturnValue:
    person = current_person()
    picture = queries.price_picture(application.round)
    priced = picture.of(application)
    if priced is None:
        raise NotFound
    record_access(application, person, "result and prices")
    return page(
        "evaluations/result.html",
        row=priced.result,
        priced=priced,
        totals=picture.totals,
        before=_before(priced, picture),
        application=application,
        opinions={line.question.id: line for line in queries.consensus_lines(application)},
        rules=rules,
        marks_rules=outliers,
        may_query=bool(policy.can_query_price(person, application)),
    )


def _before(priced: queries.PricedApplication, picture: queries.PricePicture) -> list[queries.ResultRow]:
    """Who is ranked before this application, or beside it."""
    rank = priced.result.rank
    return [
        one.result
        for one in picture.applications
        if rank is not None and one.result.rank is not None and one.result.rank <= rank and one is not priced
    ]
