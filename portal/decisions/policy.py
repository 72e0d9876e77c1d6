"""Who recommends, who decides, who sends notices and who reads them. Rule 6 keeps the first two apart."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.decisions import queries
from portal.decisions.models import DecisionNotice, Recommendation
from portal.evaluations import policy as evaluations
from portal.evaluations import queries as evaluation_queries
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState


def can_recommend(person: Person, round_: Round) -> Verdict:
    """A commissioner with no conflict in the round, once quality is locked and prices are scored."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner recommends.")
    if round_.state != RoundState.CONSENSUS or round_.quality_locked_at is None:
        return denied("A recommendation is made once quality is locked, and before a decision.")
    if queries.has_decided(person, round_):
        return denied("You decided on an earlier recommendation, so somebody else must make the next one.")
    return evaluations.clear_in_round(person, round_)


def can_list_awaiting(person: Person) -> Verdict:
    return ALLOWED if person.holds(Role.APPROVER) else denied("Only an approver decides on recommendations.")


def can_see_decision(person: Person, round_: Round) -> Verdict:
    """Figures, recommendation and decision: commissioners and approvers clear of conflicts, and auditors."""
    return evaluations.can_see_results(person, round_)


def can_decide(person: Person, recommendation: Recommendation) -> Verdict:
    """An approver who took no part in the round (rule 6) and has declared no conflict with any applicant."""
    if not (verdict := can_list_awaiting(person)):
        return verdict
    if recommendation.decision is not None or recommendation.round.state != RoundState.RECOMMENDED:
        return denied("This recommendation has been decided.")
    if queries.took_part(person, recommendation.round):
        return denied(
            "You evaluated, moderated or recommended in this round, so somebody else must decide it."
        )
    return evaluations.clear_in_round(person, recommendation.round)


def can_notify(person: Person, round_: Round) -> Verdict:
    """Sending notices, and concluding after standstill: a commissioner, once the round is decided."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner sends decision notices.")
    if round_.state not in {RoundState.DECIDED, RoundState.STANDSTILL, RoundState.CONCLUDED}:
        return denied("Notices are sent once the approver has decided.")
    return ALLOWED


def can_read_notice(person: Person, notice: DecisionNotice) -> Verdict:
    """The applicant's own people; commissioners, approvers, contract managers and auditors."""
    if person.acts_for(notice.application.organisation_id):
        return ALLOWED
    round_ = notice.application.round
    if round_.state != RoundState.CONCLUDED and evaluation_queries.has_any_conflict(person, round_):
        return denied("You declared a conflict with an applicant of this round, so this is closed to you.")
    if person.holds(Role.COMMISSIONER, Role.APPROVER, Role.CONTRACT_MANAGER, Role.AUDITOR):
        return ALLOWED
    return denied("Decision notices are read by the applicant, commissioners, approvers and auditors.")
