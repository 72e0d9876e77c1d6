"""Offering, signing, countersigning, extending agreements, changing their standing, and reviewing their prices."""

from portal.agreements.services.analysis import (
    LineAnalysis,
    analyse_lines,
)
from portal.agreements.services.extending import (
    Consultation,
    decide_extension,
    notify_providers,
    propose_extension,
    record_consultation,
)
from portal.agreements.services.offering import (
    admit_incumbent,
    lapse_offer,
    offer_agreement,
    offer_for_round,
)
from portal.agreements.services.requesting import (
    Asked,
    attach_evidence,
    check_may_ask,
    has_modifiers,
    plan_request,
    request_review,
    withdraw_review,
)
from portal.agreements.services.review_letter import (
    render_review_letter,
)
from portal.agreements.services.review_terms import (
    set_review_terms,
)
from portal.agreements.services.reviewing import (
    analyse_review,
    approve_review,
    check_funding,
    recommend_review,
    refer_review_back,
    reject_review,
)
from portal.agreements.services.signing import (
    countersign_agreement,
    countersign_agreements,
    sign_agreement,
)
from portal.agreements.services.standing import (
    end_agreement,
    reinstate_agreement,
    suspend_agreement,
)
from portal.agreements.services.typesetting import (
    render_agreement,
)

__all__ = [
    "Asked",
    "Consultation",
    "LineAnalysis",
    "admit_incumbent",
    "analyse_lines",
    "analyse_review",
    "approve_review",
    "attach_evidence",
    "check_funding",
    "check_may_ask",
    "countersign_agreement",
    "countersign_agreements",
    "decide_extension",
    "end_agreement",
    "has_modifiers",
    "lapse_offer",
    "notify_providers",
    "offer_agreement",
    "offer_for_round",
    "plan_request",
    "propose_extension",
    "recommend_review",
    "record_consultation",
    "refer_review_back",
    "reinstate_agreement",
    "reject_review",
    "render_agreement",
    "render_review_letter",
    "request_review",
    "set_review_terms",
    "sign_agreement",
    "suspend_agreement",
    "withdraw_review",
]
