"""Reads of price reviews: a provider's own, or all for the councils; and the terms they follow."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.agreements.models import (
    Agreement,
    AgreementChange,
    PriceReview,
    PriceReviewDocument,
    PriceReviewStep,
)
from portal.agreements.models import PriceReviewTerms as Row
from portal.agreements.states import UNDER_REVIEW, AgreementState, PriceReviewState, ReviewStepKind
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.documents.models import Document
from portal.frameworks.models import Framework
from portal.pricing import uplift
from portal.pricing.models import PriceVersion
from portal.pricing.states import WageBand
from portal.pricing.uplift import Formula, Uplift
from portal.providers.models import Organisation

FIRST_MONTH, LAST_MONTH, APRIL = 10, 12, 4


@dataclass(frozen=True)
class Window:
    """When requests are taken, and from when what they lead to is meant to apply."""

    opens_on: date
    closes_on: date
    takes_effect_on: date

    def is_open(self, day: date) -> bool:
        return self.opens_on <= day <= self.closes_on


@dataclass(frozen=True)
class Terms:
    """The settings of one framework as they apply now; `version` is 0 while they are the defaults."""

    window: Window
    index_month: date
    wage_band: WageBand
    formula: Formula
    cpi_percent: Decimal | None
    wage_percent: Any  # exact where it is shipped, as entered otherwise
    source: str
    version: int
    entered: Row | None  # the settings, if they hold figures for this month

    @property
    def uplift(self) -> Uplift | None:
        """What the formula proposes, or None while an index is not known."""
        if self.cpi_percent is None or self.wage_percent is None:
            return None
        return uplift.uplift(self.wage_percent, self.cpi_percent, self.formula)


def visible_reviews(person: Person) -> sa.ColumnElement[bool]:
    """The councils know of all price reviews, a provider's people of their own (rule 9)."""
    if person.is_council:
        return sa.true()
    return PriceReview.organisation_id.in_(person.organisation_ids)


def get_review(person: Person, price_review_id: uuid.UUID) -> PriceReview:
    """A review this person may know of, with its steps."""
    found = (
        session.scalars(
            sa.select(PriceReview)
            .options(selectinload(PriceReview.steps), selectinload(PriceReview.lines))
            .where(PriceReview.id == price_review_id, visible_reviews(person))
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Evidence:
    """A file of a review."""

    review: PriceReview
    document: Document


def get_evidence(person: Person, price_review_id: uuid.UUID, document_id: uuid.UUID) -> Evidence:
    """A file of a review this person may know of."""
    review = get_review(person, price_review_id)
    found = session.get(PriceReviewDocument, (review.id, document_id))
    if found is None:
        raise NotFound
    return Evidence(review, found.document)


def list_reviews(
    person: Person, *, states: Collection[PriceReviewState] = (), limit: int = 25, offset: int = 0
) -> Sequence[PriceReview]:
    """Reviews this person may know of, those that wait longest first, then those that are over."""
    statement = sa.select(PriceReview).where(visible_reviews(person))
    if states:
        statement = statement.where(PriceReview.state.in_(sorted(states)))
    over = PriceReview.state.not_in(sorted(UNDER_REVIEW))
    return (
        session.scalars(
            statement.order_by(over, PriceReview.requested_at, PriceReview.id).limit(limit).offset(offset)
        )
        .unique()
        .all()
    )


def count_reviews(person: Person) -> dict[PriceReviewState, int]:
    """How many reviews this person may know of, by state."""
    rows = session.execute(
        sa.select(PriceReview.state, sa.func.count())
        .where(visible_reviews(person))
        .group_by(PriceReview.state)
    )
    counted = dict(iter(rows))
    return {state: counted.get(state, 0) for state in PriceReviewState}


def find_under_review(framework_id: uuid.UUID, organisation_id: uuid.UUID) -> PriceReview | None:
    """The review of a schedule that is not over yet, or None."""
    return (
        session.scalars(
            sa.select(PriceReview).where(
                PriceReview.framework_id == framework_id,
                PriceReview.organisation_id == organisation_id,
                PriceReview.state.in_(sorted(UNDER_REVIEW)),
            )
        )
        .unique()
        .one_or_none()
    )


def find_step(review: PriceReview, *kinds: ReviewStepKind) -> PriceReviewStep | None:
    """The newest step of these kinds since the review was last referred back, or None."""
    for step in reversed(review.steps):
        if step.kind in kinds:
            return step
        if step.kind == ReviewStepKind.REFERRED_BACK:
            return None
    return None


def find_review_version(review: PriceReview) -> PriceVersion | None:
    """The price version that the decision made, or None."""
    return session.scalars(sa.select(PriceVersion).where(PriceVersion.review_id == review.id)).one_or_none()


def members_on(framework_id: uuid.UUID, day: date) -> sa.Select[Any]:
    """The ids of providers with an agreement at the end of `day`, whatever came since; suspended ones keep prices.

    So a figure as at a day stays what it was, and tells nobody who has come or gone (rule 9).
    """
    over = datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.LONDON)
    ended_since = sa.exists().where(
        AgreementChange.agreement_id == Agreement.id,
        AgreementChange.became == AgreementState.ENDED,
        AgreementChange.changed_at >= over,
    )
    return sa.select(Agreement.organisation_id).where(
        Agreement.framework_id == framework_id,
        sa.or_(
            Agreement.state.in_([AgreementState.ACTIVE, AgreementState.SUSPENDED]),
            sa.and_(Agreement.state == AgreementState.ENDED, ended_since),
        ),
        Agreement.starts_on <= day,
        Agreement.countersigned_at < over,
    )


def list_in_force(person: Person) -> Sequence[Agreement]:
    """Agreements in force, also while suspended, of the organisations whose finance lead this person is."""
    led = [of for of in person.organisation_ids if person.acts_for(of, Role.FINANCE_LEAD)]
    return session.scalars(
        sa.select(Agreement).where(
            Agreement.organisation_id.in_(led),
            Agreement.state.in_([AgreementState.ACTIVE, AgreementState.SUSPENDED]),
        )
    ).all()


def list_members(framework_id: uuid.UUID, day: date) -> Sequence[Organisation]:
    """The same as organisations, by name."""
    name = sa.func.coalesce(Organisation.trading_name, Organisation.legal_name)
    return session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(members_on(framework_id, day)))
        .order_by(name, Organisation.town)
    ).all()


def get_reviewed_framework(person: Person, framework_id: uuid.UUID) -> Framework:
    """A framework, for the councils: its terms and its members' prices are no provider's business (rule 9)."""
    found = session.get(Framework, framework_id)
    if found is None or not person.is_council:
        raise NotFound
    return found


def list_frameworks() -> Sequence[Framework]:
    """Frameworks, the newest first."""
    return session.scalars(sa.select(Framework).order_by(Framework.starts_on.desc(), Framework.id)).all()


def list_holding(role: Role, organisation_id: uuid.UUID | None = None) -> Sequence[Person]:
    """Everybody who holds a role, at the councils or for one organisation, to be told of a review."""
    return (
        session.scalars(
            sa.select(Person).where(
                Person.id.in_(_holders(role, organisation_id)),
                Person.is_disabled.is_(False),
            )
        )
        .unique()
        .all()
    )


def _holders(role: Role, organisation_id: uuid.UUID | None) -> sa.Select[Any]:
    return sa.select(RoleGrant.person_id).where(
        RoleGrant.role == role, RoleGrant.organisation_id.is_not_distinct_from(organisation_id)
    )


def find_terms_row(framework_id: uuid.UUID) -> Row | None:
    """The settings that somebody saved for a framework, or None."""
    return session.scalars(sa.select(Row).where(Row.framework_id == framework_id)).one_or_none()


def get_terms(framework_id: uuid.UUID, day: date | None = None) -> Terms:
    """The terms of a framework's price review as they apply on a day: of this year's window, or the next's."""
    today = day or clock.today()
    row = find_terms_row(framework_id)
    window = _coming_round(_window_of(row, today), today)
    month = index_month_of(window, row.index_month if row else 9)
    entered = row if row is not None and row.figures_month == month else None
    band = row.wage_band if row else WageBand.ADULT
    cpi, wage = uplift.cpi_percent(month), uplift.wage_percent(window.takes_effect_on, band)
    return Terms(
        window=window,
        index_month=month,
        wage_band=band,
        formula=Formula(row.weight, row.cap, row.floor, row.decimals) if row else Formula(),
        cpi_percent=entered.cpi_percent if entered and entered.cpi_percent is not None else cpi,
        wage_percent=entered.wage_percent if entered and entered.wage_percent is not None else wage,
        source=entered.figures_source if entered else "Office for National Statistics; HM Government",
        version=row.version if row else 0,
        entered=entered,
    )


def _window_of(row: Row | None, today: date) -> Window:
    if row is not None:
        return Window(row.opens_on, row.closes_on, row.takes_effect_on)
    return Window(
        date(today.year, FIRST_MONTH, 1), date(today.year, LAST_MONTH, 31), date(today.year + 1, APRIL, 1)
    )


def _coming_round(window: Window, today: date) -> Window:
    """The same dates in the first year in which the window has not closed yet."""
    years = max(0, today.year - window.closes_on.year)
    if _later(window.closes_on, years) < today:
        years += 1
    return Window(
        *(_later(day, years) for day in (window.opens_on, window.closes_on, window.takes_effect_on))
    )


def _later(day: date, years: int) -> date:
    """The same day `years` on; 29 February is the 28th in a year without one."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def index_month_of(window: Window, month: int) -> date:
    """The month whose index counts: the last such month before the window closes."""
    found = date(window.closes_on.year, month, 1)
    return found if found <= window.closes_on else date(found.year - 1, month, 1)
