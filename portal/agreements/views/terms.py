"""The terms of a framework's price review: when requests are taken, and the formula."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.agreements import policy, queries, services
from portal.agreements.forms import TermsForm
from portal.agreements.views.frame import blueprint
from portal.core.access import access, current_person, require
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page, seen_version
from portal.frameworks.models import Framework
from portal.pricing.states import WageBand
from portal.pricing.uplift import cpi_percent, last_cpi_month, wage, wage_percent

DATES = ("opens_on", "closes_on", "takes_effect_on")
PERCENTAGES = ("cap", "floor", "cpi_percent", "wage_percent")


@blueprint.route("/price-reviews/terms/<uuid:framework_id>", methods=["GET", "POST"])
@access(lambda person, _: policy.can_list_terms(person), of=queries.get_reviewed_framework)
def review_terms(framework: Framework) -> ResponseReturnValue:
    person, terms = current_person(), queries.get_terms(framework.id)
    form = TermsForm(data=_shown(terms))
    if request.method == "POST":
        require(policy.can_set_terms(person))
    if form.validate_on_submit():
        try:
            services.set_review_terms(framework, _read(form), by=person, seen_version=seen_version() or 0)
            return done("Terms saved.", url_for("agreements.review_terms", framework_id=framework.id))
        except Invalid as error:
            beside(form, error)
    return page(
        "agreements/review_terms.html",
        form_status(form),
        framework=framework,
        form=form,
        terms=terms,
        may_set=bool(policy.can_set_terms(person)),
        last_cpi_month=last_cpi_month(),
        shipped_cpi=cpi_percent(terms.index_month),
        shipped_wage=wage_percent(terms.window.takes_effect_on, terms.wage_band),
        new_wage=wage(terms.window.takes_effect_on, terms.wage_band),
    )


def _shown(terms: queries.Terms) -> dict[str, Any]:
    formula, row = terms.formula, terms.entered
    return {
        "version": terms.version,
        "opens_on": terms.window.opens_on,
        "closes_on": terms.window.closes_on,
        "takes_effect_on": terms.window.takes_effect_on,
        "index_month": str(terms.index_month.month),
        "wage_band": terms.wage_band.value,
        "weight": f"{formula.weight:f}",
        "cap": "" if formula.cap is None else f"{formula.cap:f}",
        "floor": "" if formula.floor is None else f"{formula.floor:f}",
        "decimals": str(formula.decimals),
        "cpi_percent": "" if row is None or row.cpi_percent is None else f"{row.cpi_percent:f}",
        "wage_percent": "" if row is None or row.wage_percent is None else f"{row.wage_percent:f}",
        "figures_source": "" if row is None else row.figures_source,
    }


def _read(form: TermsForm) -> dict[str, Any]:
    entered = {name: Decimal(form[name].data) if form[name].data else None for name in PERCENTAGES}
    has_figures = entered["cpi_percent"] is not None or entered["wage_percent"] is not None
    month = int(form.index_month.data)
    window = queries.Window(*(cast(date, form[name].data) for name in DATES))
    return {
        **entered,
        "opens_on": window.opens_on,
        "closes_on": window.closes_on,
        "takes_effect_on": window.takes_effect_on,
        "index_month": month,
        "wage_band": WageBand(form.wage_band.data),
        "weight": Decimal(form.weight.data or "0"),
        "decimals": int(form.decimals.data),
        "figures_month": queries.index_month_of(window, month) if has_figures else None,
        "figures_source": (form.figures_source.data or "").strip() if has_figures else "",
    }
