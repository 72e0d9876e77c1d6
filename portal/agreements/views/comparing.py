"""Prices beside those of other members: as medians for a provider, by name for the councils alone (rule 9)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from flask import request
from flask.typing import ResponseReturnValue

from portal.agreements import policy, queries
from portal.agreements.views.frame import blueprint
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.web import page
from portal.frameworks.models import Framework
from portal.frameworks.queries import list_cells
from portal.pricing import queries as pricing
from portal.pricing.queries import FEWEST_FOR_A_MEDIAN, Pair, Schedule

# A provider is shown the median to the nearest £5, so that it is no other provider's own price.
STEP = Decimal(5)


@blueprint.get("/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/median")
@access(policy.can_compare, of=pricing.get_schedule)
def compare_prices(schedule: Schedule) -> ResponseReturnValue:
    today, cells = clock.today(), list_cells()
    is_council = bool(policy.can_compare_providers(current_person()))
    # For a provider as at the first of the month: whoever looks daily learns of nobody's single change.
    day = today if is_council else today.replace(day=1)
    medians = pricing.list_medians(
        schedule.framework.id,
        [cell.id for cell in cells],
        day,
        queries.members_on(schedule.framework.id, day),  # who comes or goes within the month changes nothing
    )
    shown = {
        cell_id: median.fee if is_council else _about(median.fee)
        for cell_id, median in medians.items()
        if is_council or median.providers >= FEWEST_FOR_A_MEDIAN
    }
    own = pricing.list_prices(schedule, today)
    return page(
        "agreements/compare_prices.html",
        schedule=schedule,
        lines=[
            (cell, Pair(cell.id, shown.get(cell.id), own[cell.id].weekly_fee), medians.get(cell.id))
            for cell in cells
            if cell.id in own
        ],
        is_council=is_council,
        fewest=FEWEST_FOR_A_MEDIAN,
        day=day,
    )


@blueprint.get("/price-reviews/providers/<uuid:framework_id>")
@access(lambda person, _: policy.can_compare_providers(person), of=queries.get_reviewed_framework)
def compare_providers(framework: Framework) -> ResponseReturnValue:
    today, cells = clock.today(), list_cells()
    types = {cell.type_code: cell.placement_type for cell in cells}
    asked = request.args.get("type", "")
    chosen = asked if asked in types else next(iter(types), "")
    of_type = [cell for cell in cells if cell.type_code == chosen]
    members = queries.members_on(framework.id, today)
    ids = [cell.id for cell in of_type]
    return page(
        "agreements/compare_providers.html",
        framework=framework,
        types=types,
        chosen=chosen,
        cells=of_type,
        providers=queries.list_members(framework.id, today),
        fees=pricing.list_fees(framework.id, ids, today, members),
        medians=pricing.list_medians(framework.id, ids, today, members),
        today=today,
    )


def _about(fee: Decimal) -> Decimal:
    return (fee / STEP).quantize(Decimal(1), rounding=ROUND_HALF_UP) * STEP
