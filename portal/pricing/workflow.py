"""The lifecycle of a price version. "In force" and "superseded" follow from dates (domain handbook §3)."""

from __future__ import annotations

from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Lifecycle, Transition
from portal.pricing.models import PriceVersion
from portal.pricing.policy import can_adopt, can_decide_version, can_lower_version
from portal.pricing.states import PriceVersionState as S


def _lowers_only(_: PriceVersion, facts: Facts) -> Verdict:
    if all(line.new < line.old for line in facts["lowered"]) and not facts.get("dearer"):
        return ALLOWED
    return denied("An increase happens only through a price review.")


def _reviewed(version: PriceVersion, facts: Facts) -> Verdict:
    if facts.get("review_id") is not None and facts["review_id"] == version.review_id:
        return ALLOWED
    return denied("An increase happens only through a price review.")


PRICE_VERSION = Lifecycle(
    of="price version",
    transitions=(
        Transition(
            "adopt",
            "Take over prices",
            frozenset({S.PROPOSED}),
            S.APPROVED,
            can_adopt,
            "price_version.adopted",
        ),
        Transition(
            "lower",
            "Lower prices",
            frozenset({S.PROPOSED}),
            S.APPROVED,
            can_lower_version,
            "price_version.lowered",
            (_lowers_only,),
        ),
        Transition(
            "approve",
            "Approve what a price review decided",
            frozenset({S.PROPOSED}),
            S.APPROVED,
            can_decide_version,
            "price_version.approved",
            (_reviewed,),
        ),
        Transition(
            "reject",
            "Reject what a price review asked for",
            frozenset({S.PROPOSED}),
            S.REJECTED,
            can_decide_version,
            "price_version.rejected",
            (_reviewed,),
        ),
    ),
)
