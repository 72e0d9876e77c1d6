"""Decision notices, standstill and the round's conclusion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core import audit, clock, jobs, links, transitions
from portal.core.access import require
from portal.core.clock import LONDON
from portal.core.db import lock, session
from portal.core.errors import Refused
from portal.decisions import policy, queries
from portal.decisions.models import DecisionNotice, Recommendation, RecommendationLine
from portal.decisions.standstill import in_words, standstill_end
from portal.decisions.states import DecisionKind, Outcome
from portal.evaluations import queries as evaluations
from portal.evaluations import scoring
from portal.evaluations.queries import ResultRow
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from portal.frameworks.workflow import ROUND
from portal.notifications.services import send


def send_notices(round_: Round, *, by: Person) -> list[DecisionNotice]:
    """Send every applicant its notice, non-compliant ones too, and start standstill from that instant.

    A commissioner, once the round is decided. Each notice holds what regulation 86 asks for: the criteria,
    the applicant's own scores and reasons, names, scores and relative advantages of those admitted, and the
    exact end of standstill; and nothing about anybody else declined (rule 9). Raises `NotAllowed`, `Refused`.
    """
    lock(round_)
    require(policy.can_notify(by, round_))
    if round_.state != RoundState.DECIDED:
        raise Refused("The notices of this round have been sent.")
    applications = queries.list_standing(round_)
    sent_at = clock.locked_now()
    ends_at = standstill_end(sent_at, round_.standstill_days)
    notices = [
        DecisionNotice(
            application_id=application.id,
            outcome=content["outcome"],
            content=content,
            sent_at=sent_at,
            sent_by_id=by.id,
        )
        for application, content in _contents(round_, applications, ends_at)
    ]
    session.add_all(notices)
    round_.notices_sent_at, round_.standstill_ends_at = sent_at, ends_at
    session.flush()
    facts = {"notices_sent": len(notices) == len(applications)}
    transitions.apply(
        ROUND, "start_standstill", round_, by=by, facts=facts, details={"notices": len(notices)}
    )
    session.flush()
    for notice in notices:
        audit.record("decision_notice.sent", notice, by=by, details={"application_id": notice.application_id})
    _mail(round_, applications, ends_at)
    return notices


def conclude_round(round_: Round, *, by: Person) -> None:
    """Conclude the round after the exact end of standstill, by the locked clock; agreements are then offered.

    A commissioner: the portal does not conclude by itself (rule 13). Raises `NotAllowed` or `Refused`.
    """
    require(policy.can_notify(by, round_))
    lock(round_)
    transitions.apply(ROUND, "conclude", round_, by=by, facts={"now": clock.locked_now()})
    session.flush()
    jobs.defer("agreements.offer_for_round", round_id=round_.id)


def _contents(
    round_: Round, applications: list[Application] | Any, ends_at: datetime
) -> list[tuple[Application, dict[str, Any]]]:
    approved = queries.find_latest(round_)
    if approved is None or approved.decision is None or approved.decision.kind != DecisionKind.APPROVE:
        raise Refused("This round has no approved recommendation.")
    lines = {line.application_id: line for line in approved.lines}
    rows = {row.application.id: row for row in evaluations.results(round_)}
    admitted = [
        _admitted(row, lines[application_id])
        for application_id, row in rows.items()
        if row.application.state == ApplicationState.ADMITTED
    ]
    common = _common(round_, approved, ends_at) | {"admitted": admitted}
    return [
        (application, common | _own(lines[application.id], rows.get(application.id)))
        for application in applications
    ]


def _common(round_: Round, approved: Recommendation, ends_at: datetime) -> dict[str, Any]:
    return {
        "criteria": {
            "quality_weight": str(round_.quality_weight),
            "price_weight": str(round_.price_weight),
            "quality_minimum": str(round_.quality_minimum),
            "admission_rule": round_.admission_rule.label,
            "admit_at_most": round_.admit_at_most,
            "rules": [
                scoring.PRICE_RULE,
                scoring.LOWEST_RULE,
                scoring.NOT_OFFERED_RULE,
                scoring.ROUNDING_RULE,
            ],
        },
        "recommendation_number": approved.number,
        "standstill_ends_at": ends_at.astimezone(LONDON).isoformat(),
    }


def _admitted(row: ResultRow, line: RecommendationLine) -> dict[str, Any]:
    organisation = row.application.organisation
    return {
        "name": organisation.legal_name,
        "urn": organisation.urn,
        "town": organisation.town,
        **_figures(row),
        "questions": {line.question.number: line.score for line in row.questions},
        "advantages": line.reason,
    }


def _own(line: RecommendationLine, row: ResultRow | None) -> dict[str, Any]:
    own: dict[str, Any] = {
        "outcome": Outcome(line.outcome).value,
        "reason": line.reason,
        "is_compliant": row is not None,
    }
    if row is None:
        return own
    return own | {
        **_figures(row),
        "rank": row.rank,
        "basket_total": _text(row.basket_total),
        "shortfalls": row.shortfalls,
        "scores": [
            {
                "number": one.question.number,
                "text": one.question.text,
                "weight": str(one.question.weight),
                "score": one.score,
                "points": str(one.points),
                "reason": one.reason,
            }
            for one in row.questions
        ],
    }


def _figures(row: ResultRow) -> dict[str, Any]:
    return {"quality": _text(row.quality), "price": _text(row.price), "total": _text(row.total)}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _mail(round_: Round, applications: Any, ends_at: datetime) -> None:
    recipients = queries.list_recipients(applications)
    for application in applications:
        for person in recipients.get(application.organisation_id, []):
            context = {
                "name": person.full_name,
                "organisation": application.organisation.legal_name,
                "reference": application.reference,
                "round_title": round_.title,
                "standstill_ends": in_words(ends_at),
                "href": links.link("decisions.notice", application_id=application.id),
            }
            send(template="decisions/notice", to=person.email, context=context)
