"""Who may declare, check, score, moderate and see results. A conflict shuts a person out (rule 3)."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.applications.policy import can_request_clarification
from portal.applications.states import ApplicationState
from portal.core.access import ALLOWED, Verdict, denied
from portal.evaluations import queries
from portal.evaluations.models import ChairQuestion, EvaluationSheet, PriceQuery, Score
from portal.evaluations.queries.applications import COMPLIANT
from portal.evaluations.queries.conflicts import READERS
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState

UNDECLARED = "Declare first whether you have a conflict of interest with this applicant."
AFTER_OPENING = frozenset(RoundState) - {RoundState.DRAFT, RoundState.PUBLISHED, RoundState.CANCELLED}
BEFORE_DECISION = AFTER_OPENING - {
    RoundState.DECIDED,
    RoundState.STANDSTILL,
    RoundState.CONCLUDED,
}
CONSENSUS_SHOWN = AFTER_OPENING - {RoundState.OPENED, RoundState.EVALUATING}
ASSIGNING = frozenset({RoundState.OPENED, RoundState.EVALUATING})
CONSIDERED = COMPLIANT | {ApplicationState.SUBMITTED}
CONSENSUS_CLOSED = denied("Evaluators’ scores stay closed to everyone until all are in and consensus opens.")
SEALED = denied("Applications stay sealed until two officers have opened the round.")


def audits(person: Person) -> bool:
    """An auditor who does nothing else with applications. Whoever does reads as that, and declares first (rule 3)."""
    return person.holds(Role.AUDITOR) and not person.holds(*READERS)


def is_assigning(round_: Round) -> bool:
    """Whether evaluators may be assigned: until consensus opens, and then to fill gaps until quality is locked."""
    return round_.state in ASSIGNING or (round_.state == RoundState.CONSENSUS and is_scoring(round_))


def is_scoring(round_: Round) -> bool:
    """Whether somebody may still have scores to give: until quality is locked."""
    return round_.state in {RoundState.EVALUATING, RoundState.CONSENSUS} and round_.quality_locked_at is None


def can_see_round(person: Person, round_: Round) -> Verdict:
    """The workbench of a round: for commissioners, and auditors who may look and not touch."""
    if not person.holds(Role.COMMISSIONER, Role.AUDITOR):
        return denied("Only commissioners and auditors see how an evaluation is going.")
    return ALLOWED if round_.opened_at is not None else SEALED


def can_run_round(person: Person, round_: Round) -> Verdict:
    """Assigning evaluators, opening consensus, locking quality."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner can do this.")
    return ALLOWED if round_.opened_at is not None else SEALED


def can_declare(person: Person, round_: Round) -> Verdict:
    """Everybody who will read declares: commissioners, evaluators and the approver."""
    if not person.holds(*READERS):
        return denied("Only commissioners, evaluators and approvers declare conflicts.")
    if round_.opened_at is None:
        return SEALED
    if round_.state not in BEFORE_DECISION:
        return denied("This round has been decided, so declarations are closed.")
    return ALLOWED


def can_declare_on(person: Person, application: Application) -> Verdict:
    return can_declare(person, application.round)


def no_conflict(person: Person, application: Application) -> Verdict:
    """Refuses whoever has not declared on the application, or declared a conflict."""
    declaration = queries.find_declaration(application.id, person.id)
    return _declared_none(None if declaration is None else declaration.has_conflict)


def _declared_none(has_conflict: bool | None) -> Verdict:
    if has_conflict is None:
        return denied(UNDECLARED)
    if has_conflict:
        return denied(
            "You declared a conflict of interest with this applicant, so its application is closed to you."
        )
    return ALLOWED


def can_read_check(person: Person, application: Application) -> Verdict:
    """The compliance check's page: commissioners without a conflict, and auditors."""
    if person.holds(Role.COMMISSIONER):
        return no_conflict(person, application)
    if audits(person):
        return ALLOWED
    return denied("Only a commissioner carries out the compliance check.")


def can_check(person: Person, application: Application) -> Verdict:
    """Findings and the conclusion: a commissioner without a conflict, while the check is open."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner carries out the compliance check.")
    if application.round.state != RoundState.OPENED or application.state != ApplicationState.SUBMITTED:
        return denied("The compliance check of this application is closed.")
    return no_conflict(person, application)


def can_list_my_sheets(person: Person) -> Verdict:
    return ALLOWED if person.holds(Role.EVALUATOR) else denied("Only evaluators have evaluations to do.")


def _declared_for(person: Person, application: Application) -> Verdict:
    """No conflict; and where applicants are anonymous, a declaration on each of them.

    One at a time, whoever declares on the last name would learn which number it has.
    """
    declared = queries.find_declared(application, person)
    verdict = _declared_none(declared.has_conflict)
    if verdict and not declared.on_everybody:
        return denied("Declare on every applicant of this round first. Then you see them by number.")
    return verdict


def can_read_sheet(person: Person, sheet: EvaluationSheet) -> Verdict:
    """One's own sheet: once evaluation has begun, and only with no conflict."""
    if not person.holds(Role.EVALUATOR) or sheet.evaluator_id != person.id:
        return denied("Only the evaluator it is assigned to sees a sheet.")
    if sheet.application.round.state in {RoundState.OPENED, RoundState.CANCELLED}:
        return denied("This round is not being evaluated.")
    if not (verdict := _declared_for(person, sheet.application)):
        return verdict
    if sheet.voided_at is not None:
        return denied("You were taken off this application. Your scores stay on record and do not count.")
    return ALLOWED


def can_finish(person: Person, sheet: EvaluationSheet) -> Verdict:
    """Scoring goes on while the round is evaluated; of whoever takes over later, until quality is locked."""
    if not (verdict := can_read_sheet(person, sheet)):
        return verdict
    return takes_scores(sheet)


def takes_scores(sheet: EvaluationSheet) -> Verdict:
    """Whether this sheet is open at all, for the evaluator who may read it."""
    if not is_scoring(sheet.application.round):
        return denied("Scoring is closed: quality is locked.")
    if sheet.application.state == ApplicationState.WITHDRAWN:
        return denied("This application has been withdrawn.")
    return ALLOWED


def can_read_score(person: Person, score: Score) -> Verdict:
    return can_read_sheet(person, score.sheet)


def can_score(person: Person, score: Score) -> Verdict:
    if not (verdict := can_read_score(person, score)):
        return verdict
    return takes_score(score)


def takes_score(score: Score) -> Verdict:
    """Whether this score can still be changed, by the evaluator who may read it."""
    if not (verdict := takes_scores(score.sheet)):
        return verdict
    if score.sheet.finished_at is not None:
        return denied("You have finished this sheet, so its scores are locked.")
    return ALLOWED


def can_ask(person: Person, score: Score) -> Verdict:
    """A question to the chair: by the evaluator it is assigned to, while scoring is open."""
    return can_finish(person, score.sheet)


def can_list_chair_questions(person: Person, round_: Round) -> Verdict:
    """The round's questions to the chair: those of applicants one declared no conflict with, and auditors all."""
    return can_see_round(person, round_)


def can_read_chair_question(person: Person, asked: ChairQuestion) -> Verdict:
    """Commissioners without a conflict, and auditors. Evaluators read their own on their own pages."""
    if person.holds(Role.COMMISSIONER):
        return no_conflict(person, asked.application)
    return ALLOWED if audits(person) else denied("Only commissioners and auditors read these questions.")


def can_answer_chair(person: Person, asked: ChairQuestion) -> Verdict:
    """A commissioner without a conflict, once, and not on what they asked as an evaluator."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner answers as the chair.")
    if asked.asked_by_id == person.id:
        return denied("You asked this, so another commissioner answers it.")
    if not (verdict := no_conflict(person, asked.application)):
        return verdict
    if not is_scoring(asked.application.round):
        return denied("Scoring is closed.")
    return denied("This question has been answered.") if asked.answer is not None else ALLOWED


def can_read_consensus(person: Person, application: Application) -> Verdict:
    """Scores side by side, once consensus is open: moderators, this application's evaluators, auditors."""
    if application.round.state not in CONSENSUS_SHOWN:
        return CONSENSUS_CLOSED
    if audits(person):
        return ALLOWED
    own = next((one for one in queries.list_sheets([application]) if one.evaluator_id == person.id), None)
    if not (
        verdict := _sits_in(person, has_sheet=own is not None, is_finished=bool(own and own.finished_at))
    ):
        return verdict
    return no_conflict(person, application)


def can_watch(person: Person, watched: queries.Watched) -> Verdict:
    """The agreed score of one question as it stands: whoever may read that question's scores, by the same rules.

    Judged by what came with it, because open pages ask every few seconds.
    """
    if watched.round_state not in CONSENSUS_SHOWN:
        return CONSENSUS_CLOSED
    if audits(person):
        return ALLOWED
    verdict = _sits_in(person, has_sheet=watched.has_sheet, is_finished=watched.is_finished)
    if verdict and not (watched.is_assigned or reads_whole(person)):
        return denied("You were not assigned this question.")
    return verdict and _declared_none(watched.has_conflict)


def can_meet(person: Person, meeting: queries.Meeting) -> Verdict:
    """The page of the meeting on one question: as its agreed score."""
    return can_watch(person, meeting.watched)


def _sits_in(person: Person, *, has_sheet: bool, is_finished: bool) -> Verdict:
    if not has_sheet and not person.holds(Role.COMMISSIONER):
        return denied("Only moderators and the evaluators of this application see its scores.")
    if has_sheet and not is_finished:
        return denied("You see the scores of others when you have finished your own of this application.")
    return ALLOWED


def can_moderate(person: Person, application: Application) -> Verdict:
    """Writing the agreed score: a commissioner without a conflict, until quality is locked."""
    return can_read_consensus(person, application) and may_chair(person, application)


def may_chair(person: Person, application: Application) -> Verdict:
    """Of those who may read an application's scores, whether this one may write what is agreed now."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner moderates consensus.")
    if application.round.quality_locked_at is not None or application.round.state != RoundState.CONSENSUS:
        return denied("Quality consensus is locked.")
    if queries.is_short_of_evaluators(application):
        return denied("An evaluator is missing. Assign somebody else, who scores before anything is agreed.")
    if queries.is_still_being_scored(application):
        return denied("An evaluator has not finished scoring this application.")
    return ALLOWED


def can_assign(person: Person, application: Application) -> Verdict:
    """Who scores an application is chosen by a commissioner who has no conflict with it."""
    if not (verdict := can_run_round(person, application.round)):
        return verdict
    declaration = queries.find_declaration(application.id, person.id)
    if declaration is not None and declaration.has_conflict:
        return denied(
            "You declared a conflict with this applicant, so another commissioner chooses who scores it."
        )
    return ALLOWED


def can_replace(person: Person, sheet: EvaluationSheet) -> Verdict:
    """Taking an evaluator off an application: whoever may choose its evaluators."""
    return can_assign(person, sheet.application)


def can_unlock(person: Person, sheet: EvaluationSheet) -> Verdict:
    """Undoing a finish: whoever may choose the evaluators, before consensus opens, and never one's own."""
    if sheet.evaluator_id == person.id:
        return denied("This is your own sheet, so another commissioner unlocks it.")
    if not (verdict := can_assign(person, sheet.application)):
        return verdict
    if sheet.application.round.state != RoundState.EVALUATING:
        return denied("A sheet is unlocked only while evaluators score, before consensus opens.")
    if sheet.voided_at is not None:
        return denied("These scores do not count any more.")
    return ALLOWED


def clear_in_round(person: Person, round_: Round) -> Verdict:
    """Refuses whoever has not declared on every applicant of the round, or has a conflict with one."""
    declared = queries.find_declared_in(round_, person)
    if not declared.on_everybody:
        return denied("Declare on every applicant of this round first.")
    if declared.has_conflict:
        return denied("You declared a conflict with an applicant of this round, so this is closed to you.")
    return ALLOWED


def can_lock(person: Person, round_: Round) -> Verdict:
    """Locking quality opens every price, so whoever does it may have no conflict in the round."""
    verdict = can_run_round(person, round_)
    return clear_in_round(person, round_) if verdict else verdict


def can_see_analysis(person: Person, round_: Round) -> Verdict:
    """How scores compare: for who moderates, and auditors, once consensus is open. Never for evaluators (rule 4)."""
    if not (verdict := can_see_round(person, round_)):
        return verdict
    if round_.state not in CONSENSUS_SHOWN:
        return CONSENSUS_CLOSED
    if audits(person):
        return ALLOWED
    if not person.holds(Role.COMMISSIONER) or queries.has_scored_in(person, round_):
        return denied("Whoever evaluates in a round does not see how its evaluators compare.")
    return clear_in_round(person, round_)


def can_see_stability(person: Person, round_: Round) -> Verdict:
    """Whether the outcome would hold: as the analysis, once quality and every price are settled."""
    if round_.quality_locked_at is None or queries.list_open_price_queries(round_):
        return denied("Outcomes are tried out once quality is locked and no price is being queried any more.")
    return can_see_analysis(person, round_)


def can_see_results(person: Person, round_: Round) -> Verdict:
    """Figures with prices, once quality is locked: commissioners, approvers, auditors."""
    if not (person.holds(Role.COMMISSIONER, Role.APPROVER) or audits(person)):
        return denied("Only commissioners, approvers and auditors see the results of a round.")
    if round_.quality_locked_at is None:
        return denied("Prices stay hidden from everyone until quality consensus is locked.")
    if round_.state == RoundState.CONCLUDED or audits(person):
        return ALLOWED
    if not person.holds(Role.COMMISSIONER) and queries.has_scored_in(person, round_):
        return denied("Whoever evaluates in a round does not see its prices.")
    return clear_in_round(person, round_)


def can_see_result(person: Person, application: Application) -> Verdict:
    """One application's result in full, with its prices."""
    return can_see_results(person, application.round)


def can_query_price(person: Person, application: Application) -> Verdict:
    """Asking about a low price: a commissioner clear of conflicts, before the recommendation is made."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner queries a price.")
    if application.round.state != RoundState.CONSENSUS:
        return denied("Prices are queried before the recommendation is made.")
    if application.state != ApplicationState.SCORED:
        return denied("This application is not being considered.")
    if not (verdict := can_see_result(person, application)):
        return verdict
    return can_request_clarification(person, application)


def can_see_price_query(person: Person, query: PriceQuery) -> Verdict:
    """What was asked about a price: whoever sees the result."""
    return can_see_result(person, query.application)


def can_conclude_price_query(person: Person, query: PriceQuery) -> Verdict:
    """Recording what became of it: such a commissioner, once."""
    if query.outcome is not None:
        return denied("The outcome of this query is on record.")
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner records the outcome of a price query.")
    if query.application.round.state != RoundState.CONSENSUS:
        return denied("The outcome is recorded before the recommendation is made.")
    return can_see_price_query(person, query)


def _evaluates(person: Person, application: Application) -> bool:
    return any(sheet.evaluator_id == person.id for sheet in queries.list_sheets([application]))


def can_read_files(person: Person, application: Application) -> Verdict:
    """Files of an application: commissioners and its evaluators without a conflict, and auditors."""
    begun = application.round.state not in {RoundState.OPENED, RoundState.CANCELLED}
    if person.holds(Role.COMMISSIONER):
        return no_conflict(person, application)
    if begun and _evaluates(person, application):
        return _declared_for(person, application)
    if audits(person):
        return ALLOWED
    return denied(
        "Only commissioners and, once scoring has begun, this application’s evaluators read its files."
    )


def reads_whole(person: Person) -> bool:
    """Commissioners and auditors read every answer; an evaluator reads the questions assigned (rule 3)."""
    return person.holds(Role.COMMISSIONER) or audits(person)
