"""The approver's decision: approve, refer back or reject (rules 6 and 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal.accounts.models import Person
from portal.applications.states import ApplicationState
from portal.applications.workflow import APPLICATION
from portal.core import audit, clock, links, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Stale
from portal.decisions import policy, queries
from portal.decisions.models import Decision, DecisionLine, Recommendation, RecommendationLine
from portal.decisions.services.papers import fingerprint, sign
from portal.decisions.states import DecisionKind, Outcome
from portal.frameworks.workflow import ROUND
from portal.notifications.services import tell


@dataclass(frozen=True)
class Point:
    """What the approver decides on one applicant's line, with the point to answer unless it is agreed."""

    kind: DecisionKind
    text: str = ""


def decide(
    recommendation: Recommendation,
    *,
    kind: DecisionKind,
    reasons: str,
    by: Person,
    position: str = "",
    points: Mapping[UUID, Point] | None = None,
    seen_number: int | None = None,
) -> Decision:
    """Record the approver's decision, with reasons, on a recommendation as a whole or applicant by applicant.

    An approver who neither evaluated, moderated, recommended nor wrote the papers (rule 6, also in the database)
    and has no conflict with an applicant. Approving signs the Record of Decision in that `position`, once
    everything it rests on is recorded, and admits and declines as recommended; referring back or rejecting
    returns the round to consensus. `points` (by line id) say on whom, and ask what the next recommendation must
    answer. `seen_number` is the recommendation that was read: `Stale` when it no longer waits. Raises
    `NotAllowed`, or `Invalid` with field `kind`, `reasons`, `position` or `point-<line id>`.
    """
    round_ = recommendation.round
    lock(round_)
    session.refresh(recommendation, ["decision"])
    if seen_number is not None and seen_number != recommendation.number:
        raise Stale("There is a new recommendation since you opened this page. Read it before you decide.")
    require(policy.can_decide(by, recommendation))
    points = points or {}
    _check(recommendation, kind, reasons, points)
    made = _decision(recommendation, kind, reasons.strip(), position.strip(), by)
    session.add(made)
    session.flush()
    _keep_points(made, recommendation, points)
    _follow(recommendation, kind, by)
    audit.record("recommendation.decided", recommendation, by=by, details={"kind": kind})
    _tell_recommender(recommendation, kind)
    return made


def _check(
    recommendation: Recommendation, kind: DecisionKind, reasons: str, points: Mapping[UUID, Point]
) -> None:
    if not reasons.strip():
        raise Invalid("Give the reasons for your decision.", field="reasons")
    for line in recommendation.lines:
        point = points.get(line.id, Point(DecisionKind.APPROVE))
        if point.kind == DecisionKind.APPROVE:
            continue
        name = line.application.organisation.legal_name
        if kind == DecisionKind.APPROVE:
            raise Invalid(
                f"You do not agree on {name}: refer the recommendation back, or reject it.", field="kind"
            )
        if not point.text.strip():
            raise Invalid(f"Say what is to be answered on {name}.", field=f"point-{line.id}")


def _decision(
    recommendation: Recommendation, kind: DecisionKind, reasons: str, position: str, by: Person
) -> Decision:
    signed = _sign(recommendation, position, by) if kind == DecisionKind.APPROVE else None
    return Decision(
        recommendation=recommendation,
        kind=kind,
        reasons=reasons,
        decided_by_id=by.id,
        decided_at=clock.now(),
        record=signed,
        record_sha256=fingerprint(signed) if signed else None,
    )


def _sign(recommendation: Recommendation, position: str, by: Person) -> dict[str, Any]:
    if not position:
        raise Invalid("Enter the position in which you decide.", field="position")
    record = queries.find_record(recommendation.round)
    if record is not None:
        lock(record)
    gaps = queries.approval_gaps(record, recommendation, clock.today())
    if gaps or record is None:
        raise Invalid(
            f"This cannot be approved yet. {' '.join(gap.text for gap in gaps)}".strip(), field="kind"
        )
    return sign(recommendation, record, position=position, by=by)


def _keep_points(made: Decision, recommendation: Recommendation, points: Mapping[UUID, Point]) -> None:
    for line in recommendation.lines:
        point = points.get(line.id)
        if point is not None:
            text = point.text.strip() if point.kind != DecisionKind.APPROVE else ""
            session.add(
                DecisionLine(decision_id=made.id, recommendation_line_id=line.id, kind=point.kind, point=text)
            )
    session.flush()


def _follow(recommendation: Recommendation, kind: DecisionKind, by: Person) -> None:
    round_ = recommendation.round
    approved = kind == DecisionKind.APPROVE
    facts = {"took_part": queries.took_part(by, round_)}
    for line in recommendation.lines:
        _carry_out(line, approved, by)
    transitions.apply(
        ROUND,
        "decide" if approved else "refer_back",
        round_,
        by=by,
        facts=facts,
        details={"recommendation_id": recommendation.id, "kind": kind},
    )
    session.flush()


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
    href = links.link("decisions.show", round_id=recommendation.round_id)
    context = {
        "round_title": recommendation.round.title,
        "outcome": outcome,
        "href": href,
    }
    tell(recommender, template="decisions/decided", context=context, link=href, cause_id=recommendation.id)
