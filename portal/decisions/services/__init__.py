"""What people do from recommendation to conclusion: the portal records decisions and takes none (rule 13)."""

from portal.core import errors
from portal.decisions.services.deciding import Point, decide
from portal.decisions.services.drafting import draft_papers, redraft_papers
from portal.decisions.services.letters import (
    draft_contents,
    letter,
    note_previewed,
    preview_letters,
    read_letter,
    standstill_words,
    typeset_letter,
)
from portal.decisions.services.notices import (
    conclude_round,
    expected_end,
    record_award_notice,
    send_notices,
)
from portal.decisions.services.papers import (
    Procedure,
    propose_call_in_end,
    publish_record,
    save_exempt,
    save_paper,
    save_procedure,
    sign_draft,
)
from portal.decisions.services.procurement_report import procurement_report
from portal.decisions.services.recommending import Line, recommend
from portal.decisions.services.screening import attach_screening
from portal.decisions.services.standstill_events import record_event
from portal.decisions.services.typesetting import (
    render_procurement_report,
    render_published,
    render_record,
    render_report,
)

__all__ = [
    "Line",
    "Point",
    "Procedure",
    "attach_screening",
    "conclude_round",
    "decide",
    "draft_contents",
    "draft_papers",
    "expected_end",
    "letter",
    "note_previewed",
    "preview_letters",
    "procurement_report",
    "propose_call_in_end",
    "publish_record",
    "read_letter",
    "recommend",
    "record_award_notice",
    "record_event",
    "redraft_papers",
    "render_procurement_report",
    "render_published",
    "render_record",
    "render_report",
    "save_exempt",
    "save_paper",
    "save_procedure",
    "send_notices",
    "sign_draft",
    "standstill_words",
    "typeset_letter",
]

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
errors.on_constraint("record_signed", "The decision is signed, so its papers no longer change.")
errors.on_constraint(
    "claim_open", "A claim form is known of, so nothing is concluded or signed until it is lifted or ended."
)
