"""Offering, signing and countersigning agreements, and changing their standing."""

from portal.agreements.services.offering import admit_incumbent, lapse_offer, offer_agreement, offer_for_round
from portal.agreements.services.signing import countersign_agreement, countersign_agreements, sign_agreement
from portal.agreements.services.standing import end_agreement, reinstate_agreement, suspend_agreement
from portal.agreements.services.typesetting import render_agreement

__all__ = [
    "admit_incumbent",
    "countersign_agreement",
    "countersign_agreements",
    "end_agreement",
    "lapse_offer",
    "offer_agreement",
    "offer_for_round",
    "reinstate_agreement",
    "render_agreement",
    "sign_agreement",
    "suspend_agreement",
]
