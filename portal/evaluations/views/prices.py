"""Prices side by side once quality is locked, and queries on those that look abnormally low."""

from __future__ import annotations

import uuid
from datetime import time

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.applications.models import Application
from portal.applications.services import record_access, record_accesses
from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page, seen_version
from portal.evaluations import outliers, policy, queries, services
from portal.evaluations.forms import PriceOutcomeForm, PriceQueryForm
from portal.evaluations.models import PriceQuery
from portal.evaluations.states import PriceOutcome
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>/prices", methods=["GET"])
@access(policy.can_see_results, of=get_round)
def prices(round_: Round) -> ResponseReturnValue:
    person = current_person()
    picture = queries.price_picture(round_)
    record_accesses([one.result.application for one in picture.applications], person, "prices")
    return page(
        "evaluations/prices.html",
        round=round_,
        picture=picture,
        rules=outliers,
        may_see_round=bool(policy.can_see_round(person, round_)),
    )


@blueprint.route("/evaluations/applications/<uuid:application_id>/query-price", methods=["GET", "POST"])
@access(policy.can_query_price, of=queries.get_application)
def query_price(application: Application) -> ResponseReturnValue:
    form = PriceQueryForm(data={"once": str(uuid.uuid4()), "due_time": time(17)})
    if form.validate_on_submit():
        try:
            once.claim(form.once.data or "")
            services.query_price(
                application,
                concern=form.concern.data or "",
                question=form.question.data or "",
                due_at=form.due_at(),
                by=current_person(),
            )
            return done("The applicant has been asked.", _result(application))
        except Invalid as error:
            beside(form, error)
    return page("evaluations/query_price.html", form_status(form), application=application, form=form)


@blueprint.route("/evaluations/price-queries/<uuid:query_id>", methods=["GET", "POST"])
@access(policy.can_see_price_query, of=queries.get_price_query)
def price_query(query: PriceQuery) -> ResponseReturnValue:
    person, asked = current_person(), query.request
    form = PriceOutcomeForm(data={"version": query.version})
    if form.validate_on_submit():
        try:
            services.conclude_price_query(
                query,
                outcome=PriceOutcome(form.outcome.data),
                reason=form.reason.data or "",
                by=person,
                seen_version=seen_version(),
            )
            return done("Outcome recorded.", _result(query.application))
        except Invalid as error:
            beside(form, error)
    if not form.errors:
        record_access(query.application, person, "price query")
    return page(
        "evaluations/price_query.html",
        form_status(form),
        query=query,
        asked=asked,
        application=query.application,
        form=form,
        may_conclude=policy.can_conclude_price_query(person, query),
        is_due=asked.answered_at is not None or asked.due_at < clock.now(),
        now=clock.now(),
    )


def _result(application: Application) -> str:
    return url_for("evaluations.result", application_id=application.id) + "#queries"
