"""Searches, enquiries and placements. A child is the council's own reference and its needs (rule 10)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.accounts.states import Council
from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.matching.needs import Needs
from portal.matching.states import (
    CannotReason,
    DeclineReason,
    Ending,
    EndReason,
    EnquiryState,
    Funding,
    InHouse,
    KeyServiceLine,
    Measure,
    PlacementState,
    SearchOutcome,
    Tier,
)
from portal.providers.models import Organisation
from portal.vacancies.models import Vacancy


class Search(Versioned, Base):
    """A child's needs as one council keeps them, shared among its own placement officers.

    `reference` is the council's own; providers never see it. `closed_at`: no place is looked for any more.
    """

    __tablename__ = "search"
    __table_args__ = (
        CheckConstraint("reference <> ''", name="with_reference"),
        CheckConstraint("(closed_at IS NULL) = (closed_as IS NULL)", name="closed_somehow"),
        Index("ix_search_list", "council", "closed_at", sa.text("created_at DESC")),
        Index("ix_search_sought", "created_at"),
    )

    council: Mapped[Council] = mapped_column(enum_of(Council))
    reference: Mapped[str]
    needs: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    saved_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closed_as: Mapped[SearchOutcome | None] = mapped_column(enum_of(SearchOutcome))
    closed_words: Mapped[str] = mapped_column(default="")

    saved_by: Mapped[Person] = relationship()

    @property
    def child_needs(self) -> Needs:
        return Needs.from_json(self.needs)


class InHouseAnswer(Identified, Base):
    """What the council's own fostering service answered: the first step of the call-off order. Never changed."""

    __tablename__ = "in_house_answer"

    search_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("search.id"), index=True)
    answer: Mapped[InHouse] = mapped_column(enum_of(InHouse))
    note: Mapped[str] = mapped_column(default="")
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    recorded_by: Mapped[Person] = relationship()


class CallOff(Identified, Base):
    """One sending of enquiries to one tier of providers. Never changed, and never shown to a provider (rule 9).

    `suitable` counts those with a household that fits; `narrowed_reason` says why not all of them were asked.
    """

    __tablename__ = "call_off"
    __table_args__ = (
        CheckConstraint("tier = 'framework' OR spot_reason <> ''", name="spot_with_reason"),
        CheckConstraint("asked > 0 AND suitable >= 0", name="asked_somebody"),
    )

    search_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("search.id"), index=True)
    tier: Mapped[Tier] = mapped_column(enum_of(Tier))
    suitable: Mapped[int]
    asked: Mapped[int]
    narrowed_reason: Mapped[str] = mapped_column(default="")
    spot_reason: Mapped[str] = mapped_column(default="")
    sent_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime]

    sent_by: Mapped[Person] = relationship()


class Enquiry(Versioned, Base):
    """One provider is asked whether it has a place. Everything in it may be read by that provider.

    `reference` is random, so that it tells nothing of how many were asked. `needs` and `message` are as they were
    sent and never change. An answer may change until the offer is chosen or declined.
    """

    __tablename__ = "enquiry"
    __table_args__ = (
        CheckConstraint(
            "state NOT IN ('offered', 'chosen', 'not_chosen')"
            " OR (answered_at IS NOT NULL AND available_from IS NOT NULL)",
            name="offered_with_day",
        ),
        CheckConstraint(
            "state <> 'cannot' OR (answered_at IS NOT NULL AND cannot_reason IS NOT NULL)",
            name="cannot_with_reason",
        ),
        CheckConstraint("state <> 'sent' OR answered_at IS NULL", name="sent_unanswered"),
        CheckConstraint("state <> 'not_chosen' OR decline_reason IS NOT NULL", name="declined_with_reason"),
        CheckConstraint(
            "(state IN ('chosen', 'not_chosen')) = (decided_at IS NOT NULL)"
            " AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name="decided_by_somebody",
        ),
        Index(
            "uq_enquiry_standing",
            "search_id",
            "organisation_id",
            unique=True,
            postgresql_where=sa.text("state IN ('sent', 'offered')"),
        ),
        Index("ix_enquiry_search", "search_id", "sent_at"),
        Index("ix_enquiry_sent", "sent_at"),
        Index("ix_enquiry_organisation", "organisation_id", "state", sa.text("sent_at DESC")),
        Index("ix_enquiry_waiting", "answer_by", postgresql_where=sa.text("state = 'sent'")),
        sa.UniqueConstraint("reference"),
    )

    search_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("search.id"))
    call_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("call_off.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    council: Mapped[Council] = mapped_column(enum_of(Council))
    reference: Mapped[str]
    tier: Mapped[Tier] = mapped_column(enum_of(Tier))
    state: Mapped[EnquiryState] = mapped_column(enum_of(EnquiryState), default=EnquiryState.SENT)
    needs: Mapped[dict[str, Any]]
    message: Mapped[str] = mapped_column(default="")
    is_urgent: Mapped[bool] = mapped_column(default=False)
    sent_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime]
    answer_by: Mapped[datetime]

    answered_at: Mapped[datetime | None]
    first_answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    vacancy_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vacancy.id"), index=True)
    available_from: Mapped[date | None]
    conditions: Mapped[str] = mapped_column(default="")
    cannot_reason: Mapped[CannotReason | None] = mapped_column(enum_of(CannotReason))
    cannot_words: Mapped[str] = mapped_column(default="")

    closed_early_at: Mapped[datetime | None]
    decline_reason: Mapped[DeclineReason | None] = mapped_column(enum_of(DeclineReason))
    outcome_words: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    search: Mapped[Search] = relationship()
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    vacancy: Mapped[Vacancy | None] = relationship()

    @property
    def child_needs(self) -> Needs:
        return Needs.from_json(self.needs)

    def has_lapsed(self, now: datetime) -> bool:
        """No answer by the instant asked for: true from just after it, whenever that is put on record."""
        return self.state == EnquiryState.LAPSED or (self.state == EnquiryState.SENT and now > self.answer_by)


class Placement(Versioned, Base):
    """One child placed in one household, at the fee agreed then.

    `child_number` counts the children of the search from 1. A child has at most one placement that has not
    ended. Framework placements name the price version; a spot placement's fee was agreed for it alone.
    `fee_lines` are the base fee and each modifier, whose amounts add up to `weekly_fee`.
    """

    __tablename__ = "placement"
    __table_args__ = (
        CheckConstraint("weekly_fee > 0", name="fee_positive"),
        CheckConstraint("(tier = 'spot') = (price_version_id IS NULL)", name="framework_at_agreed_price"),
        CheckConstraint("state <> 'live' OR started_on IS NOT NULL", name="live_since"),
        CheckConstraint(
            "(state = 'ended') = (ended_on IS NOT NULL) AND (ended_on IS NULL) = (ending IS NULL)"
            " AND (ended_on IS NULL) = (end_reason IS NULL)",
            name="ended_how",
        ),
        CheckConstraint("ended_on >= started_on", name="days_in_order"),
        CheckConstraint("child_number > 0", name="child_counted"),
        CheckConstraint(
            "funding <> 'uasc_grant' OR key_service_line = 'asylum'", name="grant_pays_for_asylum"
        ),
        Index(
            "uq_placement_child",
            "search_id",
            "child_number",
            unique=True,
            postgresql_where=sa.text("state <> 'ended'"),
        ),
        Index("ix_placement_list", "council", "state", sa.text("starts_on DESC")),
        Index("ix_placement_organisation", "organisation_id", "state", sa.text("starts_on DESC")),
        sa.UniqueConstraint("reference"),
    )

    search_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("search.id"))
    enquiry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("enquiry.id"), index=True)
    council: Mapped[Council] = mapped_column(enum_of(Council))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    vacancy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vacancy.id"), index=True)
    reference: Mapped[str]
    child_number: Mapped[int]
    child_age: Mapped[int]
    placement_type: Mapped[str] = mapped_column(ForeignKey("placement_type.code"))
    need_category: Mapped[str] = mapped_column(ForeignKey("need_category.code"))
    state: Mapped[PlacementState] = mapped_column(enum_of(PlacementState), default=PlacementState.AGREED)
    tier: Mapped[Tier] = mapped_column(enum_of(Tier))
    key_service_line: Mapped[KeyServiceLine] = mapped_column(enum_of(KeyServiceLine))
    funding: Mapped[Funding] = mapped_column(enum_of(Funding))
    price_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("price_version.id"))
    weekly_fee: Mapped[Money]
    fee_lines: Mapped[list[Any]] = mapped_column(JSONB())
    starts_on: Mapped[date]
    agreed_at: Mapped[datetime]
    agreed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    ending: Mapped[Ending | None] = mapped_column(enum_of(Ending))
    end_reason: Mapped[EndReason | None] = mapped_column(enum_of(EndReason))
    end_words: Mapped[str] = mapped_column(default="")

    search: Mapped[Search] = relationship()
    enquiry: Mapped[Enquiry] = relationship()
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    vacancy: Mapped[Vacancy] = relationship()


class WeeklyCount(Base):
    """Free places as they were counted in one week, and what was looked for in the week before. Never changed.

    How fresh a household was cannot be told later, since confirming leaves no trace in its history: so the count is
    kept. `week` is its Monday. Of `free`, `cases` are households and `places` their free places, by `freshness`;
    of `sought`, `cases` are searches and `places` children, of both councils together. Numbers alone, and nothing
    of special category: `dimension` is one of `states.Dimension`, `code` "" where there is none.
    """

    __tablename__ = "weekly_count"
    __table_args__ = (CheckConstraint("extract(isodow FROM week) = 1", name="of_a_monday"),)

    week: Mapped[date] = mapped_column(primary_key=True)
    measure: Mapped[Measure] = mapped_column(enum_of(Measure), primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    freshness: Mapped[str] = mapped_column(primary_key=True)
    cases: Mapped[int]
    places: Mapped[int]
