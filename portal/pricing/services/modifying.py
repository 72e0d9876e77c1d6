"""A provider may make its modifiers cheaper at any time; a dearer one goes through a price review."""

from __future__ import annotations

from datetime import date

from portal.accounts.models import Person
from portal.core import transitions
from portal.core.access import require
from portal.core.errors import Invalid, Stale
from portal.core.ui import uk_date
from portal.frameworks.models import Framework
from portal.pricing import policy, queries
from portal.pricing.models import PriceVersion
from portal.pricing.modifiers import Modifiers, dearer_in
from portal.pricing.queries import Schedule
from portal.pricing.services.lowering import check_start
from portal.pricing.services.versions import (
    check_modifiers,
    lock_schedule,
    propose_version,
    record_modifiers,
)
from portal.pricing.workflow import PRICE_VERSION
from portal.providers.models import Organisation

DEARER = {
    "sibling_from": "A sibling discount that begins later is an increase",
    "sibling_percent": "A smaller sibling discount is an increase",
    "long_term_weeks": "A long-term discount that begins later is an increase",
    "long_term_percent": "A smaller long-term discount is an increase",
    "retainer_percent": "A higher retainer is an increase",
    "solo_amount": "A higher solo supplement, or one of another kind, is an increase",
    "solo_percent": "A higher solo supplement, or one of another kind, is an increase",
}


def lower_modifiers(
    framework: Framework,
    organisation: Organisation,
    modifiers: Modifiers,
    *,
    effective_from: date,
    reason: str,
    by: Person,
    seen_number: int | None = None,
) -> PriceVersion:
    """Put cheaper modifiers in force from today or a later date, as a new version approved at once.

    The provider's finance lead. `modifiers` is the whole set from then on. `seen_number` as for `lower_prices`.
    Raises `Invalid` with a field of `Modifiers`, `effective_from` or `reason` for anything dearer than on that
    day, for no change, for a date that has passed, and where modifiers already change then or later.
    """
    schedule = Schedule(organisation, framework)
    require(policy.can_lower(by, schedule))
    lock_schedule(schedule)
    if seen_number is not None and queries.latest_number(schedule) != seen_number:
        raise Stale
    if not reason.strip():
        raise Invalid("Enter why the modifiers change", field="reason")
    old = plan_modifiers(schedule, modifiers, effective_from)
    version = propose_version(schedule, effective_from=effective_from, reason=reason.strip(), by=by)
    facts = {"lowered": [], "dearer": dearer_in(old, modifiers)}
    details = {"cells": 0, "modifiers": True, "from_date": effective_from.isoformat()}
    transitions.apply(PRICE_VERSION, "lower", version, by=by, facts=facts, details=details)
    record_modifiers(version, modifiers)
    return version


def plan_modifiers(schedule: Schedule, modifiers: Modifiers, effective_from: date) -> Modifiers:
    """What would be in force on that day without the change; changes nothing. Raises as `lower_modifiers`."""
    check_start(effective_from)
    check_modifiers(modifiers)
    if queries.latest_number(schedule) == 0:
        raise Invalid("There are no agreed prices yet that a modifier could change", field="effective_from")
    later = queries.find_modifiers_change(schedule, effective_from)
    if later is not None:
        message = f"The modifiers already change on {uk_date(later)}. Choose a later date"
        raise Invalid(message, field="effective_from")
    old = queries.find_modifiers(schedule, effective_from)
    for field in dearer_in(old, modifiers):
        raise Invalid(f"{DEARER[field]}. Ask for it in a price review", field=field)
    if old == modifiers:
        raise Invalid("Nothing changes: these are the modifiers already", field="effective_from")
    return old
