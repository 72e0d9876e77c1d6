"""What people do in an evaluation, from the first declaration to the locking of quality."""

from portal.core import errors
from portal.evaluations.services.anonymity import choose_anonymity
from portal.evaluations.services.assignment import (
    Pair,
    assign_evaluator,
    fingerprint,
    remove_evaluator,
    save_assignments,
    start_evaluating,
)
from portal.evaluations.services.chair import answer_chair, ask_chair
from portal.evaluations.services.compliance import conclude_compliance, record_finding, review_finding
from portal.evaluations.services.conflicts import declare_conflict, declare_conflicts
from portal.evaluations.services.consensus import lock_quality, open_consensus, save_consensus
from portal.evaluations.services.price_queries import conclude_price_query, query_price
from portal.evaluations.services.reminding import remind_by_date, remind_evaluators, set_due_date
from portal.evaluations.services.sheets import choose_order, finish_sheet, save_score
from portal.evaluations.services.spreading import Plan, Setting, Spread, propose
from portal.evaluations.services.unlocking import unlock_sheet
from portal.evaluations.services.voiding import replace_evaluator

__all__ = [
    "Pair",
    "Plan",
    "Setting",
    "Spread",
    "answer_chair",
    "ask_chair",
    "assign_evaluator",
    "choose_anonymity",
    "choose_order",
    "conclude_compliance",
    "conclude_price_query",
    "declare_conflict",
    "declare_conflicts",
    "fingerprint",
    "finish_sheet",
    "lock_quality",
    "open_consensus",
    "propose",
    "query_price",
    "record_finding",
    "remind_by_date",
    "remind_evaluators",
    "remove_evaluator",
    "replace_evaluator",
    "review_finding",
    "save_assignments",
    "save_consensus",
    "save_score",
    "set_due_date",
    "start_evaluating",
    "unlock_sheet",
]

errors.on_constraint(
    "uq_conflict_declaration_application_id_person_id",
    "You have already declared on this applicant. Reload the page to see it.",
)
errors.on_constraint(
    "uq_evaluation_sheet_application_id_evaluator_id",
    "This evaluator has just been assigned to this application by someone else.",
)
errors.on_constraint(
    "uq_consensus_score_application_id_question_id",
    "Someone else agreed a score on this question while you were writing. Reload to see it.",
)
errors.on_constraint(
    "agreed_by_chair", "Only a commissioner without a conflict agrees scores, while consensus is open."
)
errors.on_constraint(
    "uq_compliance_finding_application_id_question_id",
    "Someone else recorded a finding on this question while you were writing. Reload to see it.",
)
errors.on_constraint(
    "uq_finding_review_finding_id_finding_version", "Another officer has just reviewed this fail."
)
errors.on_constraint("ck_score_with_reason", "Give a reason for the score.", field="reason")
errors.on_constraint(
    "uq_chair_answer_chair_question_id", "Another commissioner has just answered this question."
)
errors.on_constraint("unlocked_in_time", "A sheet is unlocked only before consensus opens.")
errors.on_constraint("score_finished", "These scores are locked.")
errors.on_constraint("consensus_locked", "Quality consensus is locked.")
errors.on_constraint("check_concluded", "The compliance check has been concluded.")
errors.on_constraint(
    "fk_score_sheet_id", "This evaluator has begun scoring, so cannot be taken off this application."
)
