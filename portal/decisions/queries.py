"""Reads of recommendations, decisions and notices, and who took part in a round."""

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
from portal.decisions.models import Decision, DecisionNotice, Recommendation, RecommendationLine
from portal.decisions.states import Outcome
from portal.evaluations import queries as evaluations
from portal.evaluations.models import ComplianceConclusion
from portal.evaluations.queries import ResultRow
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation

WRITERS = (Role.PROVIDER_ADMINISTRATOR, Role.BID_WRITER)


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
    return sa.union(evaluations.rounds_taken_part_in(person), recommended)


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


def list_standing(round_: Round) -> Sequence[Application]:
    """Applications admitted or declined in the round: everybody who gets a notice."""
    return session.scalars(
        sa.select(Application)
        .join(Application.organisation)
        .where(
            Application.round_id == round_.id,
            Application.state.in_([ApplicationState.ADMITTED, ApplicationState.DECLINED]),
        )
        .order_by(Organisation.legal_name, Application.id)
        .options(contains_eager(Application.organisation))
    ).all()


def list_recipients(applications: Sequence[Application]) -> dict[uuid.UUID, list[Person]]:
    """Whom each applicant's notice is mailed to, by organisation: its administrators and bid writers."""
    ids = [application.organisation_id for application in applications]
    rows = session.execute(
        sa.select(RoleGrant.organisation_id, Person)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.organisation_id.in_(ids), RoleGrant.role.in_(WRITERS), ~Person.is_disabled)
        .order_by(Person.full_name, Person.id)
    ).unique()
    found: dict[uuid.UUID, dict[uuid.UUID, Person]] = {}
    for organisation_id, person in rows:
        if organisation_id is None:
            continue
        found.setdefault(organisation_id, {})[person.id] = person
    return {organisation_id: list(people.values()) for organisation_id, people in found.items()}


def get_notice(person: Person, application_id: uuid.UUID) -> DecisionNotice:
    """An applicant's notice, for its own people and the councils; none before it was sent (rule 9)."""
    found = session.scalars(
        sa.select(DecisionNotice)
        .join(DecisionNotice.application)
        .where(
            DecisionNotice.application_id == application_id,
            sa.or_(sa.literal(person.is_council), Application.organisation_id.in_(person.organisation_ids)),
        )
        .options(
            contains_eager(DecisionNotice.application).joinedload(Application.round, innerjoin=True),
            contains_eager(DecisionNotice.application).joinedload(Application.organisation, innerjoin=True),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_notices(round_: Round) -> Sequence[DecisionNotice]:
    """The notices sent in a round, with their applicants."""
    return session.scalars(
        sa.select(DecisionNotice)
        .join(DecisionNotice.application)
        .join(Application.organisation)
        .where(Application.round_id == round_.id)
        .order_by(Organisation.legal_name)
        .options(contains_eager(DecisionNotice.application).contains_eager(Application.organisation))
    ).all()


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
