"""Reads of agreements: whose they are decides who may know of them (rule 9)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement, AgreementChange, FrameworkExtension
from portal.agreements.queries.extensions import (
    get_extension,
    get_framework,
    list_extensions,
    list_extensions_to_decide,
    list_extensions_to_notify,
    list_moves,
    list_standing_agreements,
)
from portal.agreements.queries.reviews import (
    Evidence,
    Terms,
    Window,
    count_reviews,
    find_review_version,
    find_step,
    find_terms_row,
    find_under_review,
    get_evidence,
    get_review,
    get_reviewed_framework,
    get_terms,
    index_month_of,
    list_frameworks,
    list_holding,
    list_in_force,
    list_members,
    list_reviews,
    members_on,
    visible_reviews,
)
from portal.agreements.states import STANDING, AgreementState
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.core.ui import uk_date
from portal.decisions.queries import has_open_claim
from portal.frameworks.models import Framework, Round
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation

__all__ = [
    "Evidence",
    "Happened",
    "Terms",
    "Window",
    "count_by_state",
    "count_reviews",
    "find_by_application",
    "find_countersigner",
    "find_framework_on",
    "find_review_version",
    "find_standing",
    "find_step",
    "find_terms_row",
    "find_under_review",
    "get_agreement",
    "get_evidence",
    "get_extension",
    "get_framework",
    "get_review",
    "get_reviewed_framework",
    "get_terms",
    "in_force_on",
    "index_month_of",
    "is_claimed",
    "is_round_concluded",
    "list_active_members",
    "list_admitted",
    "list_agreements",
    "list_awaiting_countersignature",
    "list_awaiting_signature",
    "list_extensions",
    "list_extensions_to_decide",
    "list_extensions_to_notify",
    "list_frameworks",
    "list_happened",
    "list_holding",
    "list_in_force",
    "list_members",
    "list_moves",
    "list_offers_past",
    "list_reviews",
    "list_standing_agreements",
    "members_on",
    "visible_reviews",
    "visible_to",
]


@dataclass(frozen=True)
class Happened:
    """A line of an agreement's timeline. `reason` is set for suspensions, their lifting and the end."""

    title: str
    at: datetime
    by: str | None = None
    reason: str | None = None
    tone: str | None = None


def visible_to(person: Person) -> sa.ColumnElement[bool]:
    """The councils know of all agreements, a provider's people of their own."""
    if person.is_council:
        return sa.true()
    return Agreement.organisation_id.in_(person.organisation_ids)


def get_agreement(person: Person, agreement_id: uuid.UUID) -> Agreement:
    """The agreement, if this person may know of it."""
    found = session.scalars(
        sa.select(Agreement).where(Agreement.id == agreement_id, visible_to(person))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_agreements(
    person: Person, *, state: AgreementState | None = None, limit: int = 25, offset: int = 0
) -> Sequence[Agreement]:
    """Agreements this person may know of, by provider."""
    name = sa.func.coalesce(Organisation.trading_name, Organisation.legal_name)
    return session.scalars(
        _filtered(sa.select(Agreement), person, state)
        .join(Agreement.organisation)
        .order_by(name, Organisation.town, Agreement.offered_at.desc(), Agreement.id)
        .limit(limit)
        .offset(offset)
    ).all()


def count_by_state(person: Person) -> dict[AgreementState, int]:
    """How many agreements this person may know of, by state."""
    rows = session.execute(
        sa.select(Agreement.state, sa.func.count()).where(visible_to(person)).group_by(Agreement.state)
    )
    counted = dict(iter(rows))
    return {state: counted.get(state, 0) for state in AgreementState}


def _filtered(
    statement: sa.Select[Agreement], person: Person, state: AgreementState | None
) -> sa.Select[Agreement]:
    statement = statement.where(visible_to(person))
    return statement if state is None else statement.where(Agreement.state == state)


def list_awaiting_signature(person: Person) -> Sequence[Agreement]:
    """Offers that this person may sign as the provider's administrator, soonest to lapse first."""
    organisations = [
        organisation_id
        for organisation_id in person.organisation_ids
        if person.acts_for(organisation_id, Role.PROVIDER_ADMINISTRATOR)
    ]
    if not organisations:
        return []
    return session.scalars(
        sa.select(Agreement)
        .where(
            Agreement.organisation_id.in_(organisations),
            Agreement.state == AgreementState.OFFERED,
            Agreement.lapses_on >= clock.today(),
        )
        .order_by(Agreement.lapses_on)
    ).all()


def list_awaiting_countersignature(person: Person) -> Sequence[Agreement]:
    """Signed agreements that this person, a commissioner, may countersign, longest waiting first."""
    if not person.holds(Role.COMMISSIONER):
        return []
    return session.scalars(_awaiting_countersignature(), {"person_id": person.id}).all()


@cache
def _awaiting_countersignature() -> sa.Select[Agreement]:
    by_another = Agreement.signed_by_id.is_distinct_from(sa.bindparam("person_id"))
    return (
        sa.select(Agreement)
        .where(Agreement.state == AgreementState.SIGNED, by_another)
        .order_by(Agreement.signed_at)
    )


def list_active_members(framework: Framework) -> Sequence[Organisation]:
    """Providers whose agreement is in force today, by name: the public directory."""
    name = sa.func.coalesce(Organisation.trading_name, Organisation.legal_name)
    return session.scalars(
        sa.select(Organisation)
        .join(Agreement, Agreement.organisation_id == Organisation.id)
        .where(Agreement.framework_id == framework.id, in_force_on(clock.today()))
        .order_by(name, Organisation.town)
    ).all()


def in_force_on(day: date) -> sa.ColumnElement[bool]:
    """Active, and begun. Suspended, ended and merely signed agreements are not."""
    return sa.and_(Agreement.state == AgreementState.ACTIVE, Agreement.starts_on <= day)


def find_framework_on(day: date) -> Framework | None:
    """The framework that placements are made under on `day`: the newest that has begun and not ended."""
    return session.scalars(
        sa.select(Framework)
        .where(Framework.starts_on <= day, Framework.ends_on >= day)
        .order_by(Framework.starts_on.desc(), Framework.id)
        .limit(1)
    ).one_or_none()


def find_standing(framework_id: uuid.UUID, organisation_id: uuid.UUID) -> Agreement | None:
    """The provider's agreement that has not lapsed or ended, or None."""
    return session.scalars(
        sa.select(Agreement).where(
            Agreement.framework_id == framework_id,
            Agreement.organisation_id == organisation_id,
            Agreement.state.in_(sorted(STANDING)),
        )
    ).one_or_none()


def find_by_application(application_id: uuid.UUID) -> Agreement | None:
    """The agreement that was offered for this application, or None."""
    return session.scalars(
        sa.select(Agreement).where(Agreement.application_id == application_id)
    ).one_or_none()


def is_round_concluded(agreement: Agreement) -> bool:
    """Has the round ended, with its standstill, whose outcome this agreement is?"""
    state = session.scalars(
        sa.select(Round.state)
        .join(Application, Application.round_id == Round.id)
        .where(Application.id == agreement.application_id)
    ).one_or_none()
    return state == RoundState.CONCLUDED


def is_claimed(agreement: Agreement) -> bool:
    """Is a claim form known of against the decision that this agreement follows from?"""
    round_id = session.scalars(
        sa.select(Application.round_id).where(Application.id == agreement.application_id)
    ).one_or_none()
    return round_id is not None and has_open_claim(round_id)


def find_countersigner(agreement: Agreement) -> Person | None:
    """Who signed for the councils; nobody for members from before the portal."""
    return session.get(Person, agreement.countersigned_by_id) if agreement.countersigned_by_id else None


def list_admitted(round_id: uuid.UUID) -> Sequence[Application]:
    """The admitted applications of a round, with what an offer needs to know of each."""
    return session.scalars(
        sa.select(Application)
        .options(joinedload(Application.round), joinedload(Application.organisation))
        .where(Application.round_id == round_id, Application.state == ApplicationState.ADMITTED)
        .order_by(Application.reference)
    ).all()


def list_offers_past(day: date) -> Sequence[uuid.UUID]:
    """Offers whose last day is before `day` and that nobody signed."""
    return session.scalars(
        sa.select(Agreement.id).where(Agreement.state == AgreementState.OFFERED, Agreement.lapses_on < day)
    ).all()


def list_happened(agreement: Agreement) -> list[Happened]:
    """What happened to the agreement, newest first."""
    lines = [Happened("Offered to the provider", agreement.offered_at)] if agreement.application_id else []
    if agreement.signed_at:
        lines.append(Happened("Signed by the provider", agreement.signed_at, agreement.signatory_name))
    if agreement.countersigned_at:
        countersigner = find_countersigner(agreement)
        by = countersigner.full_name if countersigner else None
        lines.append(Happened("Countersigned by the council", agreement.countersigned_at, by, tone="good"))
    changes = session.scalars(
        sa.select(AgreementChange)
        .where(AgreementChange.agreement_id == agreement.id)
        .order_by(AgreementChange.changed_at)
    ).unique()
    lines.extend(_changed(change) for change in changes)
    lines.extend(_moved(extension) for extension in list_moves(agreement.framework_id))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _changed(change: AgreementChange) -> Happened:
    titles = {
        AgreementState.SUSPENDED: ("Suspended from new placements", "bad"),
        AgreementState.ACTIVE: ("Suspension lifted", "good"),
        AgreementState.ENDED: ("Ended", "neutral"),
    }
    title, tone = titles[change.became]
    return Happened(title, change.changed_at, change.changed_by.full_name, change.reason, tone)


def _moved(extension: FrameworkExtension) -> Happened:
    assert extension.decided_at is not None, "what moved the end was decided"
    until = f"Extended to {uk_date(extension.extends_to)} with the framework"
    reason = (
        f"Decision {extension.decision_number}. Until then it ended on {uk_date(extension.extends_from)}."
    )
    return Happened(until, extension.decided_at, reason=reason, tone="good")
