"""What people do in an evaluation, from the first declaration to the locking of quality."""

from portal.core import errors
from portal.evaluations.services.assignment import (
    assign_evaluator,
    assign_evaluators,
    remove_evaluator,
    start_evaluating,
)
from portal.evaluations.services.compliance import conclude_compliance, record_finding
from portal.evaluations.services.conflicts import declare_conflict, declare_conflicts
from portal.evaluations.services.consensus import lock_quality, open_consensus, save_consensus
from portal.evaluations.services.sheets import finish_sheet, save_score

__all__ = [
    "assign_evaluator",
    "assign_evaluators",
    "conclude_compliance",
    "declare_conflict",
    "declare_conflicts",
    "finish_sheet",
    "lock_quality",
    "open_consensus",
    "record_finding",
    "remove_evaluator",
    "save_consensus",
    "save_score",
    "start_evaluating",
]

errors.on_constraint(
    "uq_conflict_declaration_application_id",
    "You have already declared on this applicant. Reload the page to see it.",
)
errors.on_constraint(
    "uq_evaluation_sheet_application_id",
    "This evaluator has just been assigned to this application by someone else.",
)
errors.on_constraint(
    "uq_consensus_score_application_id",
    "Someone else agreed a score on this question while you were writing. Reload to see it.",
)
errors.on_constraint(
    "uq_compliance_finding_application_id",
    "Someone else recorded a finding on this question while you were writing. Reload to see it.",
)
errors.on_constraint("ck_score_with_reason", "Give a reason for the score.", field="reason")
errors.on_constraint("score_finished", "You have finished this sheet, so its scores are locked.")
errors.on_constraint("consensus_locked", "Quality consensus is locked.")
errors.on_constraint(
    "fk_score_sheet_id", "This evaluator has begun scoring, so cannot be taken off this application."
)
