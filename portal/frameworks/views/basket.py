"""The page of a round's price basket: weeks and ceilings, cell by cell."""

from __future__ import annotations

from itertools import groupby

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import done, page
from portal.frameworks import policy, queries, services
from portal.frameworks.forms import BasketForm
from portal.frameworks.models import Round
from portal.frameworks.states import LOWEST_RULE, PRICE_RULE
from portal.frameworks.views.frame import blueprint

RULES = {"price": PRICE_RULE, "lowest": LOWEST_RULE}


@blueprint.route("/rounds/<uuid:round_id>/basket", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_round)
def basket(round_: Round) -> ResponseReturnValue:
    cells = queries.list_cells()
    form = BasketForm.of(cells, queries.list_volumes(round_))
    version = request.form.get("version", round_.version, int)
    if request.method == "POST" and form.read(request.form):
        services.set_volumes(round_, form.volumes, by=current_person(), seen_version=version)
        return done("Basket saved.", url_for("frameworks.show", round_id=round_.id))
    by_type = [(label, list(rows)) for label, rows in groupby(cells, key=lambda cell: cell.placement_type)]
    return page(
        "frameworks/basket.html",
        422 if form.errors else 200,
        basket=form,
        by_type=by_type,
        round=round_,
        version=version,
        has_errors=bool(form.errors),
        rules=RULES,
    )
