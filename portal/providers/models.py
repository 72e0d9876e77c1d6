"""Provider organisations and the Ofsted register they find themselves in."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base, Identified, Versioned, enum_of
from portal.providers.states import OrganisationState, Standing


class RegisterImport(Identified, Base):
    """One of Ofsted's files, as loaded. Absence from a file does not mean deregistered."""

    __tablename__ = "register_import"

    as_at: Mapped[date]
    file_name: Mapped[str]
    sha256: Mapped[str]
    agencies: Mapped[int]
    imported_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))


class OfstedAgency(Base):
    """An agency in Ofsted's register. Grades are as at `import_.as_at`; None means not inspected.

    `is_fictional` marks the demonstration's agencies, which stand beside the real ones.
    """

    __tablename__ = "ofsted_agency"
    __table_args__ = (
        CheckConstraint("urn ~ '^(SC[0-9]{6}|[0-9]{7})$'", name="urn_shape"),
        Index(
            "ix_ofsted_agency_search",
            sa.text("to_tsvector('simple'::regconfig, (name || ' '::text) || town)"),
            postgresql_using="gin",
        ),
    )

    urn: Mapped[str] = mapped_column(primary_key=True)
    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_import.id"))
    name: Mapped[str]
    registered_on: Mapped[date | None]
    registration_status: Mapped[str]
    address: Mapped[str]
    town: Mapped[str]
    county: Mapped[str]
    postcode: Mapped[str]
    region: Mapped[str]
    local_authority: Mapped[str]
    sector: Mapped[str]
    owner: Mapped[str]
    inspected_on: Mapped[date | None]
    overall_grade: Mapped[str | None]
    protection_grade: Mapped[str | None]
    leadership_grade: Mapped[str | None]
    is_fictional: Mapped[bool] = mapped_column(default=False)

    import_: Mapped[RegisterImport] = relationship(lazy="joined")


class Organisation(Versioned, Base):
    """A provider registered on the portal. Names repeat, so show URN and town with them."""

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("urn"),
        CheckConstraint("urn IS NULL OR urn ~ '^(SC[0-9]{6}|[0-9]{7})$'", name="urn_shape"),
        CheckConstraint(
            "company_number IS NULL OR company_number ~ '^[A-Z0-9]{8}$'", name="company_number_shape"
        ),
    )

    urn: Mapped[str | None]
    legal_name: Mapped[str]
    trading_name: Mapped[str | None]
    company_number: Mapped[str | None]
    charity_number: Mapped[str | None]
    registered_office: Mapped[str]
    town: Mapped[str]
    postcode: Mapped[str]
    telephone: Mapped[str | None]
    # Where urgent enquiries go by text message at any hour.
    out_of_hours_mobile: Mapped[str | None]
    standing: Mapped[Standing] = mapped_column(enum_of(Standing), default=Standing.NEW_ENTRANT)
    state: Mapped[OrganisationState] = mapped_column(
        enum_of(OrganisationState), default=OrganisationState.REGISTERED
    )
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]

    @property
    def name(self) -> str:
        """The name to show: with URN or town beside it where names may repeat."""
        return self.trading_name or self.legal_name


class JoinRequest(Identified, Base):
    """Somebody asks the administrator of an already registered organisation to be let in."""

    __tablename__ = "join_request"
    __table_args__ = (UniqueConstraint("organisation_id", "person_id"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    accepted: Mapped[bool | None]
