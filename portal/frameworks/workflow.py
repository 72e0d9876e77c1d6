"""The lifecycle of a round: who moves it on, and what must be true at that moment.

Facts that callers pass to `transitions.apply(ROUND, …, facts={…})`, gathered under the lock:

- publish: `now`, `question_weight` (sum of the scored questions), `scored_questions`, `basket_weeks`,
  `set_problems` (what else is wrong with the question set: `queries.SetProblem`)
- open: `now` (`clock.locked_now()`)
- start_evaluating: `unchecked` (applications whose compliance check is not concluded)
- open_consensus: `unfinished_sheets`, `short_of_evaluators` (scored questions with fewer than two scores)
- refer_back, decide: `took_part` (did whoever decides evaluate, moderate or recommend in this round?)
- start_standstill: `notices_sent` (did every applicant get a notice?)
- conclude: `now`
- cancel: `reason`
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Guard, Lifecycle, Transition
from portal.frameworks import policy
from portal.frameworks.models import Clarification, Question, Round, Section
from portal.frameworks.states import ClarificationState, RoundState

S = RoundState


def _authority_on_record(round_: Round, _: Facts) -> Verdict:
    if not round_.authority_decision.strip():
        return denied("Record the number of the decision that allows this re-opening first.")
    if not round_.authority_clause.strip():
        return denied("Record the clause of the original tender documents that allows re-opening first.")
    if not round_.criteria_match_original and not round_.departure_advice.strip():
        return denied(
            "Confirm that the criteria and terms match the original, or record the advice relied on to"
            " depart from them."
        )
    return ALLOWED


def _points(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _scored_questions_add_up(round_: Round, facts: Facts) -> Verdict:
    if not facts["scored_questions"]:
        return denied("This round has no scored question. Add the question set first.")
    if facts["question_weight"] != round_.quality_weight:
        return denied(
            f"The scored questions add up to {_points(facts['question_weight'])} points, but the quality"
            f" weight is {_points(round_.quality_weight)}. They must be equal."
        )
    return ALLOWED


def _set_is_whole(_: Round, facts: Facts) -> Verdict:
    found = facts["set_problems"]
    return denied(found[0].text) if found else ALLOWED


def _basket_has_volume(_: Round, facts: Facts) -> Verdict:
    if facts["basket_weeks"] > 0:
        return ALLOWED
    return denied("Set at least one basket volume, so that prices can be scored.")


def _dates_in_future(round_: Round, facts: Facts) -> Verdict:
    if round_.clarification_deadline <= facts["now"]:
        return denied("The last day for questions has passed. Choose later dates before publishing.")
    if round_.submission_deadline <= facts["now"]:
        return denied("The deadline for applications has passed. Choose later dates before publishing.")
    return ALLOWED


def _deadline_passed(round_: Round, facts: Facts) -> Verdict:
    if facts["now"] > round_.submission_deadline:
        return ALLOWED
    return denied("Applications stay sealed until the deadline has passed.")


def _opening_requested(round_: Round, _: Facts) -> Verdict:
    if round_.open_requested_by_id is not None:
        return ALLOWED
    return denied("One commissioner must ask for the round to be opened before another can confirm it.")


def _all_checked(_: Round, facts: Facts) -> Verdict:
    left = facts["unchecked"]
    if not left:
        return ALLOWED
    return denied(
        "The compliance check is not finished:"
        f" {left} {'application is' if left == 1 else 'applications are'} left."
    )


def _all_scored(_: Round, facts: Facts) -> Verdict:
    if facts["short_of_evaluators"]:
        return denied("Every scored question of every application needs at least two evaluators.")
    if facts["unfinished_sheets"]:
        return denied("Some evaluators have not finished scoring yet.")
    return ALLOWED


def _quality_locked(round_: Round, _: Facts) -> Verdict:
    if round_.quality_locked_at is not None:
        return ALLOWED
    return denied("Quality consensus must be locked and prices scored before a recommendation is made.")


def _duties_apart(_: Round, facts: Facts) -> Verdict:
    if not facts["took_part"]:
        return ALLOWED
    return denied("You evaluated, moderated or recommended in this round, so somebody else must decide it.")


def _notices_sent(_: Round, facts: Facts) -> Verdict:
    if facts["notices_sent"]:
        return ALLOWED
    return denied("Standstill starts when the last decision notice has been sent.")


def _standstill_over(round_: Round, facts: Facts) -> Verdict:
    if round_.standstill_ends_at is not None and facts["now"] > round_.standstill_ends_at:
        return ALLOWED
    return denied("Standstill has not ended yet.")


def _reason_given(_: Round, facts: Facts) -> Verdict:
    return ALLOWED if str(facts["reason"]).strip() else denied("Say why the round is cancelled.")


ROUND = Lifecycle(
    "round",
    (
        Transition(
            "publish",
            "Publish",
            frozenset({S.DRAFT}),
            S.PUBLISHED,
            policy.can_publish,
            "round.published",
            (
                _authority_on_record,
                _scored_questions_add_up,
                _set_is_whole,
                _basket_has_volume,
                _dates_in_future,
            ),
        ),
        Transition(
            "open",
            "Open applications",
            frozenset({S.PUBLISHED}),
            S.OPENED,
            policy.can_confirm_opening,
            "round.opened",
            (_opening_requested, _deadline_passed),
        ),
        Transition(
            "start_evaluating",
            "Start evaluating",
            frozenset({S.OPENED}),
            S.EVALUATING,
            policy.can_evaluate_round,
            "round.evaluation_started",
            (_all_checked,),
        ),
        Transition(
            "open_consensus",
            "Open consensus",
            frozenset({S.EVALUATING}),
            S.CONSENSUS,
            policy.can_evaluate_round,
            "round.consensus_opened",
            (_all_scored,),
        ),
        Transition(
            "recommend",
            "Recommend",
            frozenset({S.CONSENSUS}),
            S.RECOMMENDED,
            policy.can_evaluate_round,
            "round.recommended",
            (_quality_locked,),
        ),
        Transition(
            "refer_back",
            "Refer back",
            frozenset({S.RECOMMENDED}),
            S.CONSENSUS,
            policy.can_decide,
            "round.referred_back",
            (_duties_apart,),
        ),
        Transition(
            "decide",
            "Approve",
            frozenset({S.RECOMMENDED}),
            S.DECIDED,
            policy.can_decide,
            "round.decided",
            (_duties_apart,),
        ),
        Transition(
            "start_standstill",
            "Start standstill",
            frozenset({S.DECIDED}),
            S.STANDSTILL,
            policy.can_evaluate_round,
            "round.standstill_started",
            (_notices_sent,),
        ),
        Transition(
            "conclude",
            "Conclude",
            frozenset({S.STANDSTILL}),
            S.CONCLUDED,
            policy.can_evaluate_round,
            "round.concluded",
            (_standstill_over,),
        ),
        Transition(
            "cancel",
            "Cancel the round",
            frozenset({S.DRAFT, S.PUBLISHED, S.OPENED, S.EVALUATING, S.CONSENSUS, S.RECOMMENDED}),
            S.CANCELLED,
            policy.can_cancel,
            "round.cancelled",
            (_reason_given,),
        ),
    ),
)


def _round_sealed(clarification: Clarification, _: Facts) -> Verdict:
    if clarification.round.state == S.PUBLISHED:
        return ALLOWED
    return denied("Clarifications end when the round is opened or cancelled.")


CLARIFICATION = Lifecycle(
    "question",
    (
        Transition(
            "publish",
            "Answer to everyone",
            frozenset({ClarificationState.WAITING}),
            ClarificationState.PUBLISHED,
            policy.can_answer,
            "clarification.published",
            (_round_sealed,),
        ),
        Transition(
            "answer_privately",
            "Answer privately",
            frozenset({ClarificationState.WAITING}),
            ClarificationState.PRIVATE,
            policy.can_answer,
            "clarification.answered_privately",
            (_round_sealed,),
        ),
    ),
)


@dataclass(frozen=True)
class Problem:
    """Why a guard would refuse now, and the page where it is put right: `terms`, `questions`, `weights`, `basket`."""

    reason: str
    page: str
    section: Section | None = None
    question: Question | None = None


def publishing_problems(round_: Round, facts: Facts) -> list[Problem]:
    """Every reason for which the guards would refuse to publish now, each with where it is put right."""
    problems: list[Problem] = []
    for guard in ROUND["publish"].guards:
        if guard is _set_is_whole:
            problems += [
                Problem(one.text, "questions", one.section, one.question) for one in facts["set_problems"]
            ]
        elif not (verdict := guard(round_, facts)):
            problems.append(Problem(verdict.reason, PUT_RIGHT.get(guard, "terms")))
    return problems


PUT_RIGHT: dict[Guard, str] = {_scored_questions_add_up: "weights", _basket_has_volume: "basket"}
