"""Setting when prices are reviewed and by which formula."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.accounts.models import Person
from portal.agreements import policy, queries
from portal.agreements.models import PriceReviewTerms
from portal.core import audit
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Stale, on_constraint
from portal.frameworks.models import Framework

on_constraint(
    "uq_price_review_terms_framework_id",
    "Someone saved these terms at the same moment. Look at them again, then repeat your change.",
)
on_constraint("ck_price_review_terms_weight_is_a_share", "Enter a weight from 0 to 1", field="weight")


def set_review_terms(
    framework: Framework, values: Mapping[str, Any], *, by: Person, seen_version: int
) -> PriceReviewTerms:
    """Save all terms of a framework's price review, by the columns of `PriceReviewTerms`.

    A contract manager or commissioner. `seen_version` is that of the terms shown, 0 for the defaults. Analyses
    that are on record keep the figures they were made with. Raises `Invalid` with the column at fault, `Stale`.
    """
    require(policy.can_set_terms(by))
    _check(values)
    terms = queries.find_terms_row(framework.id)
    if terms is not None:
        lock(terms)
    if (terms.version if terms else 0) != seen_version:
        raise Stale
    if terms is None:
        terms = PriceReviewTerms(framework_id=framework.id)
        session.add(terms)
    for name, value in values.items():
        setattr(terms, name, value)
    session.flush()
    audit.record("price_review_terms.set", terms, by=by, details=_recorded(values))
    return terms


def _check(values: Mapping[str, Any]) -> None:
    if values["closes_on"] < values["opens_on"]:
        raise Invalid("The last day must be on or after the first", field="closes_on")
    if values["takes_effect_on"] <= values["closes_on"]:
        raise Invalid("New prices begin after the last day for requests", field="takes_effect_on")
    if (values["closes_on"] - values["opens_on"]).days > 365:
        raise Invalid("The window comes round every year, so it must be shorter than one", field="closes_on")
    cap, floor = values["cap"], values["floor"]
    if cap is not None and floor is not None and floor > cap:
        raise Invalid("The floor cannot be above the cap", field="floor")
    entered = [values["cpi_percent"], values["wage_percent"]]
    if entered != [None, None] and not values["figures_source"].strip():
        raise Invalid("Say where the figures you enter come from", field="figures_source")


def _recorded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else None if value is None else str(value)
        for name, value in values.items()
    }
