"""Offering, signing and countersigning agreements, changing their standing, and extending the framework."""

from portal.agreements.services.extending import (
    Consultation,
    decide_extension,
    notify_providers,
    propose_extension,
    record_consultation,
)
from portal.agreements.services.offering import admit_incumbent, lapse_offer, offer_agreement, offer_for_round
from portal.agreements.services.signing import countersign_agreement, countersign_agreements, sign_agreement
from portal.agreements.services.standing import end_agreement, reinstate_agreement, suspend_agreement
from portal.agreements.services.typesetting import render_agreement

__all__ = [
    "Consultation",
    "admit_incumbent",
    "countersign_agreement",
    "countersign_agreements",
    "decide_extension",
    "end_agreement",
    "lapse_offer",
    "notify_providers",
    "offer_agreement",
    "offer_for_round",
    "propose_extension",
    "record_consultation",
    "reinstate_agreement",
    "render_agreement",
    "sign_agreement",
    "suspend_agreement",
]
