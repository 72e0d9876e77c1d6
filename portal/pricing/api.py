"""Agreed prices for machines: what is in force on a day, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from portal.core import clock
from portal.core.rest import ROOT, Answer, operation
from portal.keys.queries import get_keyed_organisation
from portal.keys.states import Scope
from portal.pricing import policy, queries
from portal.providers.models import Organisation

if TYPE_CHECKING:
    from portal.pricing.schemas import PriceQuery

blueprint = Blueprint("pricing_api", __name__, url_prefix=ROOT)


def _query() -> Any:
    from portal.pricing import schemas

    return schemas.PriceQuery


def _prices() -> Any:
    from portal.pricing import schemas

    return schemas.Prices


@blueprint.get("/prices")
@operation(
    "Read your agreed prices on a day",
    scope=Scope.PRICES_READ,
    tag="Prices",
    policy=policy.can_read_own,
    of=get_keyed_organisation,
    query=_query,
    answers={200: _prices},
)
def index(organisation: Organisation, asked: PriceQuery) -> Answer:
    from portal.pricing.schemas import Prices, PriceSchedule

    day = asked.on or clock.today()
    schedules = []
    for schedule in queries.list_own_schedules(organisation):
        prices = list(queries.list_prices(schedule, day).values())
        agreed = queries.modifiers_on(schedule.framework.id, [organisation.id], day)[organisation.id]
        schedules.append(PriceSchedule.of(schedule, prices, agreed))
    return Answer(Prices(on=day, schedules=schedules))
