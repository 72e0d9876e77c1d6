"""The lifecycle of an application (domain handbook §3). An edit after submission changes no state.

`find_compliant` and `find_non_compliant` need an opened round. `withdraw` is the provider's, until the round
is decided. The rest belongs to the evaluation and the decision, which gather their own facts.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from portal.accounts.models import Person
from portal.applications import policy
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Lifecycle, Transition
from portal.frameworks.states import RoundState

S = ApplicationState

BEFORE_DECISION = frozenset(
    {
        RoundState.PUBLISHED,
        RoundState.OPENED,
        RoundState.EVALUATING,
        RoundState.CONSENSUS,
        RoundState.RECOMMENDED,
    }
)


def _round_opened(application: Application, _: Facts) -> Verdict:
    if application.round.opened_at is not None:
        return ALLOWED
    return denied("Applications are sealed until the round is opened.")


def _declared(application: Application, _: Facts) -> Verdict:
    if application.declared_at is not None:
        return ALLOWED
    return denied("Sign the declaration before you submit. A change after signing makes it void.")


def _complete(_: Application, facts: Facts) -> Verdict:
    gaps = facts["gaps"]
    if not gaps:
        return ALLOWED
    return denied(
        f"{gaps} {'question is' if gaps == 1 else 'questions are'} not ready. Check your answers first."
    )


def before_decision(application: Application, _: Facts) -> Verdict:
    if application.round.state in BEFORE_DECISION:
        return ALLOWED
    return denied("The decision has been taken, so the application can no longer be withdrawn.")


def _step(
    name: str,
    title: str,
    sources: set[StrEnum],
    target: S,
    who: Callable[[Person, Application], Verdict],
    *guards: Callable[[Application, Facts], Verdict],
    event: str | None = None,
) -> Transition:
    return Transition(name, title, frozenset(sources), target, who, event or f"application.{target}", guards)


APPLICATION = Lifecycle(
    "application",
    (
        _step(
            "submit", "Submit", {S.DRAFT, S.SUBMITTED}, S.SUBMITTED, policy.can_write, _declared, _complete
        ),
        _step(
            "withdraw",
            "Withdraw",
            {
                *(S.DRAFT, S.SUBMITTED, S.COMPLIANT, S.NON_COMPLIANT, S.SCORED),
                *(S.RECOMMENDED_ADMIT, S.RECOMMENDED_DECLINE),
            },
            S.WITHDRAWN,
            policy.can_write,
            before_decision,
        ),
        _step(
            "find_compliant",
            "Find compliant",
            {S.SUBMITTED},
            S.COMPLIANT,
            policy.can_check_compliance,
            _round_opened,
        ),
        _step(
            "find_non_compliant",
            "Find not compliant",
            {S.SUBMITTED},
            S.NON_COMPLIANT,
            policy.can_check_compliance,
            _round_opened,
        ),
        _step("mark_scored", "Mark as scored", {S.COMPLIANT}, S.SCORED, policy.can_check_compliance),
        _step(
            "recommend_admit",
            "Recommend for admission",
            {S.SCORED},
            S.RECOMMENDED_ADMIT,
            policy.can_check_compliance,
        ),
        _step(
            "recommend_decline",
            "Recommend to decline",
            {S.SCORED},
            S.RECOMMENDED_DECLINE,
            policy.can_check_compliance,
        ),
        _step(
            "refer_back",
            "Refer back",
            {S.RECOMMENDED_ADMIT, S.RECOMMENDED_DECLINE},
            S.SCORED,
            policy.can_decide,
            event="application.referred_back",
        ),
        _step("admit", "Admit", {S.RECOMMENDED_ADMIT}, S.ADMITTED, policy.can_decide),
        _step("decline", "Decline", {S.RECOMMENDED_DECLINE, S.NON_COMPLIANT}, S.DECLINED, policy.can_decide),
    ),
    sealed=lambda application: application.round_id,
)
