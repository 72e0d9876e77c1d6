"""Reads of recommendations and decisions, the points still to be answered, and who took part in a round."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import NotFound
from portal.decisions.models import (
    Decision,
    DecisionLine,
    DecisionRecord,
    Recommendation,
    RecommendationLine,
)
from portal.decisions.states import DecisionKind, Outcome
from portal.evaluations import queries as evaluations
from portal.evaluations.models import ComplianceConclusion
from portal.evaluations.queries import ResultRow
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation


@dataclass(frozen=True)
class Proposal:
    """One application on the recommendation form: its figures, and the outcome the published rule suggests.

    `result` None: found not compliant, for the reasons in `compliance_reasons`.
    """

    application: Application
    result: ResultRow | None
    suggested: Outcome
    suggested_reason: str
    compliance_reasons: str


@dataclass(frozen=True)
class Step:
    """Something that somebody did in a round."""

    verb: str
    at: datetime
    by: str | None


def list_proposals(round_: Round) -> list[Proposal]:
    """Every standing application: compliant ones best first, then those found not compliant."""
    scored = [_proposal(row, round_) for row in evaluations.results(round_)]
    rejected = session.execute(
        sa.select(Application, ComplianceConclusion.reasons)
        .join(Application.organisation)
        .outerjoin(ComplianceConclusion, ComplianceConclusion.application_id == Application.id)
        .where(Application.round_id == round_.id, Application.state == ApplicationState.NON_COMPLIANT)
        .order_by(Organisation.legal_name, Application.id)
        .options(contains_eager(Application.organisation), joinedload(Application.round, innerjoin=True))
    )
    return scored + [
        Proposal(application, None, Outcome.DECLINE, reasons or "", reasons or "")
        for application, reasons in rejected
    ]


def get_latest(person: Person, round_id: uuid.UUID) -> Recommendation:
    """The round's latest recommendation, for people at the councils. Raises `NotFound` if there is none."""
    found = find_latest(get_round(person, round_id)) if person.is_council else None
    if found is None:
        raise NotFound
    return found


def find_latest(round_: Round) -> Recommendation | None:
    """The round's latest recommendation with its lines and their applicants, decided or not."""
    return session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.round_id == round_.id)
        .order_by(Recommendation.number.desc())
        .limit(1)
        .options(
            joinedload(Recommendation.round, innerjoin=True),
            joinedload(Recommendation.decision),
            selectinload(Recommendation.lines)
            .joinedload(RecommendationLine.application, innerjoin=True)
            .joinedload(Application.organisation, innerjoin=True),
        )
    ).one_or_none()


def list_decided(round_: Round) -> Sequence[tuple[Recommendation, Decision, str]]:
    """Earlier decisions on this round's recommendations with who took them, oldest first."""
    return [
        (row[0], row[1], row[2])
        for row in session.execute(
            sa.select(Recommendation, Decision, Person.full_name)
            .join(Decision, Decision.recommendation_id == Recommendation.id)
            .join(Person, Person.id == Decision.decided_by_id)
            .where(Recommendation.round_id == round_.id)
            .order_by(Recommendation.number)
        )
    ]


def list_points(round_: Round) -> Sequence[DecisionLine]:
    """Every point an approver made on one applicant of this round, oldest first."""
    return session.scalars(
        sa.select(DecisionLine)
        .join(Decision, Decision.id == DecisionLine.decision_id)
        .join(Recommendation, Recommendation.id == Decision.recommendation_id)
        .where(Recommendation.round_id == round_.id, DecisionLine.kind != DecisionKind.APPROVE)
        .order_by(Recommendation.number)
        .options(joinedload(DecisionLine.line, innerjoin=True).joinedload(RecommendationLine.recommendation))
    ).all()


def list_open_points(round_: Round) -> dict[uuid.UUID, DecisionLine]:
    """The points of the last decision, which the next recommendation must answer, by application."""
    points = list_points(round_)
    latest = find_latest(round_)
    if latest is None or latest.decision is None:
        return {}
    return {one.line.application_id: one for one in points if one.decision_id == latest.decision.id}


def list_awaiting_decision(person: Person) -> Sequence[Recommendation]:
    """Recommendations that wait for an approver who took no part in their round."""
    if not person.holds(Role.APPROVER):
        return []
    return session.scalars(
        sa.select(Recommendation)
        .join(Recommendation.round)
        .outerjoin(Decision, Decision.recommendation_id == Recommendation.id)
        .where(
            Decision.id.is_(None),
            Round.state == RoundState.RECOMMENDED,
            Round.id.not_in(_rounds_taken_part_in(person)),
        )
        .order_by(Recommendation.recommended_at)
        .options(contains_eager(Recommendation.round))
    ).all()


def took_part(person: Person, round_: Round) -> bool:
    """Whether this person evaluated, moderated or recommended, and so cannot decide the round (rule 6)."""
    return session.execute(sa.select(sa.literal(round_.id).in_(_rounds_taken_part_in(person)))).scalar_one()


def _rounds_taken_part_in(person: Person) -> sa.CompoundSelect[uuid.UUID]:
    recommended = sa.select(Recommendation.round_id).where(Recommendation.recommended_by_id == person.id)
    wrote = sa.select(DecisionRecord.round_id).where(
        sa.literal(person.id) == sa.func.any(DecisionRecord.editor_ids)
    )
    return sa.union(evaluations.rounds_taken_part_in(person), recommended, wrote)


def has_decided(person: Person, round_: Round) -> bool:
    """Whether this person decided on a recommendation of the round, if only to refer it back (rule 6)."""
    decided = (
        sa.select(Decision.id)
        .join(Recommendation, Recommendation.id == Decision.recommendation_id)
        .where(Recommendation.round_id == round_.id, Decision.decided_by_id == person.id)
    )
    return session.execute(sa.select(decided.exists())).scalar_one()


def list_steps(round_: Round) -> Sequence[Step]:
    """What was done to the round as a whole, by whom, from the audit log, oldest first."""
    rows = session.execute(
        sa.select(AuditEvent.verb, AuditEvent.at, Person.full_name)
        .outerjoin(Person, Person.id == AuditEvent.actor_id)
        .where(AuditEvent.subject_type == Round.__tablename__, AuditEvent.subject_id == round_.id)
        .order_by(AuditEvent.sequence)
    )
    return [Step(*row) for row in rows]


def _proposal(row: ResultRow, round_: Round) -> Proposal:
    outcome = Outcome.ADMIT if row.is_admitted_by_rule else Outcome.DECLINE
    if row.shortfalls:
        reason = " ".join(row.shortfalls)
    elif row.is_admitted_by_rule:
        reason = ""
    else:
        reason = f"Ranked {row.rank}; the round admits the best {round_.admit_at_most}."
    return Proposal(row.application, row, outcome, reason, "")


def list_people(role: Role) -> Sequence[Person]:
    """Everybody who holds a role, by name."""
    held = sa.exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == role)
    return (
        session.scalars(
            sa.select(Person).where(~Person.is_disabled, held).order_by(Person.full_name, Person.id)
        )
        .unique()
        .all()
    )
