"""Carer households and the places they have free. Never a carer's name or street (rule 10)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base, Versioned, enum_of
from portal.providers.models import Organisation
from portal.vacancies.states import Gender, VacancyState


class District(Base):
    """One of Kent's twelve districts, or Medway, by GSS code."""

    __tablename__ = "district"

    gss_code: Mapped[str] = mapped_column(primary_key=True)
    register_code: Mapped[str]
    name: Mapped[str]
    official_name: Mapped[str]


class Vacancy(Versioned, Base):
    """One carer household, by the provider's own reference, with an outward postcode such as ME10.

    Ages are whole years, both ends included. `district_code` None means outside Kent and Medway.
    A withdrawn household stays on record, and its reference may be used again.
    """

    __tablename__ = "vacancy"
    __table_args__ = (
        CheckConstraint("age_from BETWEEN 0 AND 18 AND age_to BETWEEN age_from AND 21", name="ages_in_order"),
        CheckConstraint("approved_places BETWEEN 1 AND 12", name="approved_places_sane"),
        CheckConstraint("placed_now BETWEEN 0 AND approved_places", name="placed_within_approval"),
        CheckConstraint(
            "free_places BETWEEN 0 AND approved_places - placed_now", name="free_within_approval"
        ),
        CheckConstraint(
            "approved_places <= 3 OR over_usual_limit_from IS NOT NULL", name="usual_limit_or_exemption"
        ),
        CheckConstraint("(state = 'held') = (held_until IS NOT NULL)", name="held_until_a_date"),
        CheckConstraint("outward_postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]?$'", name="outward_postcode_shape"),
        Index(
            "uq_vacancy_carer_reference",
            "organisation_id",
            "carer_reference",
            unique=True,
            postgresql_where=sa.text("state <> 'withdrawn'"),
        ),
        Index(
            "ix_vacancy_search",
            "district_code",
            sa.text("confirmed_at DESC"),
            postgresql_where=sa.text("state IN ('available', 'held')"),
        ),
        # The provider's own list, in its order.
        Index("ix_vacancy_list", "organisation_id", "confirmed_at", "carer_reference", "id"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    carer_reference: Mapped[str]
    state: Mapped[VacancyState] = mapped_column(enum_of(VacancyState), default=VacancyState.AVAILABLE)
    held_until: Mapped[date | None]
    confirmed_at: Mapped[datetime]
    approved_places: Mapped[int]
    over_usual_limit_from: Mapped[date | None]
    placed_now: Mapped[int] = mapped_column(default=0)
    free_places: Mapped[int]
    age_from: Mapped[int]
    age_to: Mapped[int]
    gender: Mapped[Gender] = mapped_column(enum_of(Gender), default=Gender.ANY)
    placement_types: Mapped[list[str]]
    need_categories: Mapped[list[str]]
    siblings_together: Mapped[int] = mapped_column(default=1)
    available_from: Mapped[date]
    district_code: Mapped[str | None] = mapped_column(ForeignKey("district.gss_code"))
    outward_postcode: Mapped[str]
    is_solo_only: Mapped[bool] = mapped_column(default=False)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    district: Mapped[District | None] = relationship(lazy="joined")
