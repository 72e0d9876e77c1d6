"""Who recommends, who decides, who sends notices and who reads them. Rule 6 keeps the first two apart."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.core.access import ALLOWED, Verdict, denied
from portal.decisions import queries
from portal.decisions.models import DecisionNotice, DecisionRecord, Recommendation
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


def can_read_papers(person: Person, record: DecisionRecord) -> Verdict:
    """The report and the record with its exempt part: whoever may see the decision."""
    return can_see_decision(person, record.round)


def can_edit_papers(person: Person, record: DecisionRecord) -> Verdict:
    """A commissioner clear of conflicts, from the first recommendation until the decision is approved.

    Whoever writes the papers takes part, so an approver of this round does not (rule 6).
    """
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner writes the papers of a decision.")
    if record.round.state not in {RoundState.CONSENSUS, RoundState.RECOMMENDED}:
        return denied("The decision is signed, so its papers no longer change.")
    if queries.has_decided(person, record.round):
        return denied("You decided on an earlier recommendation, so somebody else must write the papers.")
    return evaluations.clear_in_round(person, record.round)


def can_publish_record(person: Person, record: DecisionRecord) -> Verdict:
    """Publishing the public part: a commissioner, once the decision is signed."""
    return can_notify(person, record.round)


def can_record_event(person: Person, round_: Round) -> Verdict:
    """A complaint, an extension, a claim or its end: a commissioner, from the decision on."""
    return can_notify(person, round_)


def can_preview(person: Person, round_: Round) -> Verdict:
    """Letters before they are sent: a commissioner who may see every result."""
    if not (verdict := can_notify(person, round_)):
        return verdict
    if round_.state != RoundState.DECIDED:
        return denied("The notices of this round have been sent.")
    return can_see_decision(person, round_)


def can_preview_one(person: Person, application: Application) -> Verdict:
    """One letter, as all of them."""
    return can_preview(person, application.round)


def can_see_procurement_report(person: Person, round_: Round) -> Verdict:
    """The statutory report: once a decision is signed, for whoever may see the decision."""
    if round_.state not in {RoundState.DECIDED, RoundState.STANDSTILL, RoundState.CONCLUDED}:
        return denied("The procurement report is made once the decision is signed.")
    return can_see_decision(person, round_)


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
    if (
        round_.state != RoundState.CONCLUDED
        and evaluation_queries.find_declared_in(round_, person).has_conflict
    ):
        return denied("You declared a conflict with an applicant of this round, so this is closed to you.")
    if person.holds(Role.COMMISSIONER, Role.APPROVER, Role.CONTRACT_MANAGER, Role.AUDITOR):
        return ALLOWED
    return denied("Decision notices are read by the applicant, commissioners, approvers and auditors.")
