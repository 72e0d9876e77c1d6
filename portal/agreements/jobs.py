"""Offers that follow the conclusion of a round, and offers that lapse."""

from __future__ import annotations

from uuid import UUID

from portal.agreements import queries, services
from portal.agreements.models import Agreement
from portal.core import clock
from portal.core.db import transaction
from portal.core.jobs import job


@job("agreements.offer_for_round")
def offer_for_round(round_id: str) -> None:
    """Offer an agreement to every admitted provider of a concluded round."""
    with transaction():
        services.offer_for_round(UUID(round_id))


@job("agreements.lapse_offers", cron="20 * * * *")
def lapse_offers() -> None:
    """Let offers lapse whose last day has passed, each in a transaction of its own."""
    with transaction():
        lapsed = queries.list_offers_past(clock.today())
    for agreement_id in lapsed:
        with transaction() as session:
            services.lapse_offer(session.get_one(Agreement, agreement_id))
