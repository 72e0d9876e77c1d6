"""The approver's decision: approve, refer back or reject (rules 6 and 13)."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.applications.states import ApplicationState
from portal.applications.workflow import APPLICATION
from portal.core import audit, clock, links, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Stale
from portal.decisions import policy, queries
from portal.decisions.models import Decision, Recommendation, RecommendationLine
from portal.decisions.states import DecisionKind, Outcome
from portal.frameworks.workflow import ROUND
from portal.notifications.services import send


def decide(
    recommendation: Recommendation,
    *,
    kind: DecisionKind,
    reasons: str,
    by: Person,
    seen_number: int | None = None,
) -> Decision:
    """Record the approver's decision, with reasons, on a whole recommendation.

    An approver who neither evaluated, moderated nor recommended in the round (rule 6, also in the database)
    and has no conflict with an applicant. Approving admits and declines as recommended; referring back or
    rejecting returns the round to consensus for a new recommendation. `seen_number` is the recommendation
    that was read: `Stale` when it is no longer the one that waits. Raises `NotAllowed` or `Invalid`.
    """
    round_ = recommendation.round
    lock(round_)
    session.refresh(recommendation, ["decision"])
    if seen_number is not None and seen_number != recommendation.number:
        raise Stale("There is a new recommendation since you opened this page. Read it before you decide.")
    require(policy.can_decide(by, recommendation))
    if not reasons.strip():
        raise Invalid("Give the reasons for your decision.", field="reasons")
    made = Decision(
        recommendation=recommendation,
        kind=kind,
        reasons=reasons.strip(),
        decided_by_id=by.id,
        decided_at=clock.now(),
    )
    session.add(made)
    session.flush()
    facts = {"took_part": queries.took_part(by, round_)}
    details = {"recommendation_id": recommendation.id, "kind": kind}
    approved = kind == DecisionKind.APPROVE
    for line in recommendation.lines:
        _carry_out(line, approved, by)
    transitions.apply(
        ROUND, "decide" if approved else "refer_back", round_, by=by, facts=facts, details=details
    )
    session.flush()
    audit.record("recommendation.decided", recommendation, by=by, details={"kind": kind})
    _tell_recommender(recommendation, kind)
    return made


def _carry_out(line: RecommendationLine, approved: bool, by: Person) -> None:
    state = line.application.state
    if state == ApplicationState.WITHDRAWN:
        return
    if approved:
        transitions.apply(
            APPLICATION, "admit" if line.outcome == Outcome.ADMIT else "decline", line.application, by=by
        )
    elif state != ApplicationState.NON_COMPLIANT:
        transitions.apply(APPLICATION, "refer_back", line.application, by=by)


def _tell_recommender(recommendation: Recommendation, kind: DecisionKind) -> None:
    recommender = session.get(Person, recommendation.recommended_by_id)
    if recommender is None:
        return
    outcome = {"approve": "approved", "refer_back": "referred back", "reject": "rejected"}[kind]
    context = {
        "name": recommender.full_name,
        "round_title": recommendation.round.title,
        "outcome": outcome,
        "href": links.link("decisions.show", round_id=recommendation.round_id),
    }
    send(template="decisions/decided", to=recommender.email, context=context)
