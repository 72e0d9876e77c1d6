"""Recommending an outcome for every application of a round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.workflow import APPLICATION
from portal.core import clock, links, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused
from portal.decisions import policy, queries
from portal.decisions.models import DecisionLine, Recommendation, RecommendationLine
from portal.decisions.queries import Proposal
from portal.decisions.services.drafting import draft_papers
from portal.decisions.states import Outcome
from portal.evaluations import queries as evaluations
from portal.frameworks.models import Round
from portal.frameworks.workflow import ROUND
from portal.notifications.services import tell


@dataclass(frozen=True)
class Line:
    """What is recommended for one application, and why. Applicants read the reasons of those admitted.

    `answer` is for the approver: it answers the point made on this applicant when referring back.
    """

    outcome: Outcome
    reason: str
    answer: str = ""


def recommend(round_: Round, *, reasons: str, lines: Mapping[UUID, Line], by: Person) -> Recommendation:
    """Recommend an outcome, with a reason, for every standing application (`lines` by application id).

    A commissioner with no conflict in the round, once quality is locked. The published rule suggests; a
    person recommends. Those found not compliant, or short of a minimum, can only be declined. Approvers get
    an email. The papers are drafted with the first recommendation. Raises `NotAllowed`, `Refused`, or `Invalid`
    with field `reasons`, or `reason-`, `answer-` or `outcome-` and the application's id.
    """
    lock(round_)
    require(policy.can_recommend(by, round_))
    if not reasons.strip():
        raise Invalid("Give your reasons for the recommendation as a whole.", field="reasons")
    _prices_settled(round_)
    proposals = queries.list_proposals(round_)
    _complete(proposals, lines)
    _answered(proposals, lines, queries.list_open_points(round_))
    latest = queries.find_latest(round_)
    made = Recommendation(
        round_id=round_.id,
        number=1 if latest is None else latest.number + 1,
        recommended_by_id=by.id,
        recommended_at=clock.now(),
        reasons=reasons.strip(),
    )
    session.add(made)
    session.flush()
    for proposal in proposals:
        _recommend_one(made, proposal, lines[proposal.application.id], by)
    transitions.apply(
        ROUND, "recommend", round_, by=by, details={"recommendation_id": made.id, "number": made.number}
    )
    session.flush()
    session.refresh(made, ["lines"])
    draft_papers(made, by=by)
    _tell_approvers(made, round_)
    return made


def _prices_settled(round_: Round) -> None:
    waiting = evaluations.list_open_price_queries(round_)
    if waiting:
        name = waiting[0].application.organisation.legal_name
        raise Refused(f"The query on the price of {name} has no outcome yet. Record it first.")


def _complete(proposals: list[Proposal], lines: Mapping[UUID, Line]) -> None:
    for proposal in proposals:
        line = lines.get(proposal.application.id)
        name = proposal.application.organisation.legal_name
        if line is None:
            raise Refused(f"{name} has no recommended outcome. Reload the page: the list has changed.")
        if not line.reason.strip():
            raise Invalid(f"Give the reason for {name}.", field=f"reason-{proposal.application.id}")
        if line.outcome == Outcome.ADMIT and (proposal.result is None or not proposal.result.meets_minimums):
            raise Invalid(
                f"{name} does not meet the minimums, so cannot be admitted.",
                field=f"outcome-{proposal.application.id}",
            )


def _answered(
    proposals: list[Proposal], lines: Mapping[UUID, Line], points: Mapping[UUID, DecisionLine]
) -> None:
    for proposal in proposals:
        application = proposal.application
        if application.id in points and not lines[application.id].answer.strip():
            raise Invalid(
                f"Answer the approver’s point on {application.organisation.legal_name}.",
                field=f"answer-{application.id}",
            )


def _recommend_one(made: Recommendation, proposal: Proposal, line: Line, by: Person) -> None:
    result = proposal.result
    session.add(
        RecommendationLine(
            recommendation_id=made.id,
            application_id=proposal.application.id,
            outcome=line.outcome,
            reason=line.reason.strip(),
            answer=line.answer.strip(),
            quality_score=result.quality if result else None,
            price_score=result.price if result else None,
            total_score=result.total if result else None,
            rank=result.rank if result else None,
        )
    )
    if result is not None:
        transitions.apply(APPLICATION, f"recommend_{line.outcome}", proposal.application, by=by)


def _tell_approvers(made: Recommendation, round_: Round) -> None:
    href = links.link("decisions.show", round_id=round_.id)
    context = {"round_title": round_.title, "href": href}
    for approver in queries.list_people(Role.APPROVER):
        tell(approver, template="decisions/decision_wanted", context=context, link=href, cause_id=made.id)
