"""A provider's agreed prices: dated versions, never overwritten, and no two of one cell ever overlap."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Annotated

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base, Identified, Money, Versioned, enum_of
from portal.frameworks.models import PriceCell
from portal.pricing.states import PriceVersionState


class PriceVersion(Versioned, Base):
    """A change of prices in force from a date, as one decision."""

    __tablename__ = "price_version"
    __table_args__ = (UniqueConstraint("framework_id", "organisation_id", "number"),)

    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    state: Mapped[PriceVersionState] = mapped_column(
        enum_of(PriceVersionState), default=PriceVersionState.PROPOSED
    )
    effective_from: Mapped[date]
    reason: Mapped[str]
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    # The price review that decided it. Reviews stand in a higher feature, so there is no foreign key.
    review_id: Mapped[uuid.UUID | None]

    prices: Mapped[list[Price]] = relationship(back_populates="price_version")
    modifiers: Mapped[PriceModifiers | None] = relationship(back_populates="price_version")


class AgreedCell(Base):
    """A cell of one provider's schedule. Its plain number lets the database refuse overlaps."""

    __tablename__ = "agreed_cell"
    __table_args__ = (UniqueConstraint("framework_id", "organisation_id", "cell_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    cell_id: Mapped[int] = mapped_column(ForeignKey("price_cell.id"))

    cell: Mapped[PriceCell] = relationship(lazy="joined", innerjoin=True)


class Price(Identified, Base):
    """What one cell costs a week during `period` (end excluded), or that it is not offered (rule 8)."""

    __tablename__ = "price"
    __table_args__ = (
        ExcludeConstraint(
            (sa.text("int8range(agreed_cell_id, agreed_cell_id, '[]')"), "&&"),
            ("period", "&&"),
            name="ex_price_no_overlap",
            using="gist",
        ),
        CheckConstraint(
            "not_offered = (weekly_fee IS NULL) AND (weekly_fee IS NULL OR weekly_fee > 0)",
            name="priced_or_not_offered",
        ),
        CheckConstraint("NOT isempty(period)", name="period_not_empty"),
    )

    agreed_cell_id: Mapped[int] = mapped_column(ForeignKey("agreed_cell.id"), index=True)
    price_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("price_version.id"), index=True)
    weekly_fee: Mapped[Money | None]
    not_offered: Mapped[bool] = mapped_column(default=False)
    period: Mapped[Range[date]] = mapped_column(DATERANGE)

    agreed_cell: Mapped[AgreedCell] = relationship(lazy="joined", innerjoin=True)
    price_version: Mapped[PriceVersion] = relationship(back_populates="prices")


Percent = Annotated[Decimal, mapped_column(sa.Numeric(5, 2))]


class PriceModifiers(Base):
    """All modifiers of a schedule as one version set them; in force until a later version sets them anew.

    A provider's modifiers change at most once from one day, so that on any day exactly one set is in force.
    """

    __tablename__ = "price_modifiers"
    __table_args__ = (
        UniqueConstraint("framework_id", "organisation_id", "effective_from"),
        CheckConstraint(
            "(sibling_from IS NULL) = (sibling_percent IS NULL) AND sibling_from >= 2"
            " AND sibling_percent > 0 AND sibling_percent < 100",
            name="sibling_discount",
        ),
        CheckConstraint(
            "(long_term_weeks IS NULL) = (long_term_percent IS NULL) AND long_term_weeks >= 1"
            " AND long_term_percent > 0 AND long_term_percent < 100",
            name="long_term_discount",
        ),
        CheckConstraint("retainer_percent > 0 AND retainer_percent <= 100", name="retainer"),
        CheckConstraint(
            "num_nonnulls(solo_amount, solo_percent) <= 1 AND coalesce(solo_amount, solo_percent, 1) > 0",
            name="solo_supplement",
        ),
    )

    price_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("price_version.id"), primary_key=True)
    framework_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    effective_from: Mapped[date]
    sibling_from: Mapped[int | None]
    sibling_percent: Mapped[Percent | None]
    long_term_weeks: Mapped[int | None]
    long_term_percent: Mapped[Percent | None]
    retainer_percent: Mapped[Percent | None]
    solo_amount: Mapped[Money | None]
    solo_percent: Mapped[Percent | None]

    price_version: Mapped[PriceVersion] = relationship(back_populates="modifiers")
