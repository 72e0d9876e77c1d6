"""Asking an applicant to explain a price that looks abnormally low, and recording what people made of the answer."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.services import request_clarification
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.ui import uk_datetime
from portal.evaluations import policy, queries
from portal.evaluations.models import PriceQuery
from portal.evaluations.states import PriceOutcome

on_constraint("price_query_early", "Prices are queried once quality is locked.")


def query_price(
    application: Application, *, concern: str, question: str, due_at: datetime, by: Person
) -> PriceQuery:
    """Ask an applicant to explain its price by a time: a request to clarify, with the councils' own reason for it.

    A commissioner with no conflict in the round, between the locking of quality and the recommendation. Raises
    `NotAllowed`, or `Invalid` beside `concern`, `question` or `due_date`.
    """
    lock(application.round)
    require(policy.can_query_price(by, application))
    if not queries.has_price_score(application):
        raise Refused("This application has no price score, so there is no price to query.")
    if not concern.strip():
        raise Invalid("Say which price looks too low, and why.", field="concern")
    asked = request_clarification(application, question=question, due_at=due_at, by=by)
    made = PriceQuery(application=application, request=asked, concern=concern.strip())
    session.add(made)
    session.flush()
    audit.record("application.price_queried", application, by=by, details={"query": made.id})
    return made


def conclude_price_query(
    query: PriceQuery,
    *,
    outcome: PriceOutcome,
    reason: str,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Record whether the explanation is accepted or the price rejected, with the reason. A person decides (rule 13).

    A commissioner with no conflict in the round, once the answer is there or its time has passed. A rejected price
    takes no part in price evaluation; the applicant can then only be declined, which is recommended and decided as
    ever. Raises `NotAllowed`, `Refused`, `Stale`, or `Invalid` beside `reason`.
    """
    lock(query.application.round)
    lock(query)
    check_version(query, seen_version)
    require(policy.can_conclude_price_query(by, query))
    asked = query.request
    moment = clock.locked_now()
    if asked.answered_at is None and moment <= asked.due_at:
        raise Refused(f"The applicant has until {uk_datetime(asked.due_at)} to answer.")
    if not reason.strip():
        raise Invalid("Give the reason. It stays on record.", field="reason")
    query.outcome, query.outcome_reason = outcome, reason.strip()
    query.concluded_by_id, query.concluded_at = by.id, moment
    session.flush()
    audit.record(
        "application.price_query_concluded",
        query.application,
        by=by,
        details={"query": query.id, "outcome": outcome},
    )
