"""What people do from recommendation to conclusion: the portal records decisions and takes none (rule 13)."""

from portal.core import errors
from portal.decisions.services.deciding import decide
from portal.decisions.services.notices import conclude_round, send_notices
from portal.decisions.services.recommending import Line, recommend

__all__ = ["Line", "conclude_round", "decide", "recommend", "send_notices"]

errors.on_constraint(
    "duties_apart", "You evaluated, moderated or recommended in this round, so somebody else must decide it."
)
errors.on_constraint(
    "approver_recommends",
    "You decided on an earlier recommendation, so somebody else must make the next one.",
)
errors.on_constraint(
    "uq_decision_recommendation_id", "This recommendation has just been decided by somebody else."
)
errors.on_constraint("uq_recommendation_round_id", "Somebody else has just recommended on this round.")
errors.on_constraint("uq_decision_notice_application_id", "This applicant has already been sent its notice.")
