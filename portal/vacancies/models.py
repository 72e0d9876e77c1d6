"""Carer households and the places they have free. Never a carer's name or street (rule 10)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.core.db import Base, Identified, Versioned, enum_of
from portal.providers.models import Organisation
from portal.vacancies.states import Gender, ImportState, OverUsualLimit, Smoking, VacancyState

# Marks a column of special category data, or one that may tell of it: seen only by the provider itself and by
# placement officers, never in public nor in an export for others (see `queries.shareable_columns`).
SPECIAL: dict[Any, Any] = {"special_category": True}
NO_CODES = sa.text("'{}'")


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
    A withdrawn household stays on record, and its reference may be used again. Lists hold codes of
    `states.lists` and of the framework's lists. Parent and child and UASC are placement types, not flags of
    their own. What is not known is None or an empty list.
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
        CheckConstraint(
            "(over_usual_limit IS NULL) = (over_usual_limit_from IS NULL)", name="over_usual_limit_dated"
        ),
        CheckConstraint("bedrooms BETWEEN 1 AND 12", name="bedrooms_sane"),
        CheckConstraint("carers IN (1, 2)", name="one_or_two_carers"),
        CheckConstraint("school_run_miles BETWEEN 0 AND 50", name="school_run_sane"),
        CheckConstraint("is_driver IS NOT FALSE OR school_run_miles IS NULL", name="school_run_by_a_driver"),
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
        # Matching takes the most recently confirmed first; the rarest wishes find their households directly.
        Index(
            "ix_vacancy_recent",
            sa.text("confirmed_at DESC"),
            postgresql_where=sa.text("state IN ('available', 'held')"),
        ),
        Index(
            "ix_vacancy_wishes",
            "languages",
            "accessibility",
            "skills",
            postgresql_using="gin",
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
    no_younger_child: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    over_usual_limit: Mapped[OverUsualLimit | None] = mapped_column(enum_of(OverUsualLimit))
    bedrooms: Mapped[int | None]
    carers: Mapped[int | None]
    ethnicity: Mapped[str | None] = mapped_column(info=SPECIAL)
    religion: Mapped[str | None] = mapped_column(info=SPECIAL)
    languages: Mapped[list[str]] = mapped_column(default=list, server_default=NO_CODES)
    pets: Mapped[list[str]] = mapped_column(default=list, server_default=NO_CODES)
    smoking: Mapped[Smoking] = mapped_column(
        enum_of(Smoking), default=Smoking.NO, server_default="no", info=SPECIAL
    )
    other_children: Mapped[list[str]] = mapped_column(default=list, server_default=NO_CODES)
    is_driver: Mapped[bool | None]
    school_run_miles: Mapped[int | None]
    accessibility: Mapped[list[str]] = mapped_column(default=list, server_default=NO_CODES, info=SPECIAL)
    skills: Mapped[list[str]] = mapped_column(default=list, server_default=NO_CODES)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    district: Mapped[District | None] = relationship(lazy="joined")


class VacancyChange(Identified, Base):
    """One change of one household, from–to: its history, and what undoing goes back to. Only ever added to.

    `before` and `after` hold the columns that changed, as JSON; of a household that was added, `before` is
    empty. `batch_id` names the import or call that made many at once; `undoes_id` the change it took back.
    Whoever acted is known by id alone: a person, or a key of the provider's.
    """

    __tablename__ = "vacancy_change"
    __table_args__ = (
        Index("ix_vacancy_change_history", "vacancy_id", "id"),
        Index("ix_vacancy_change_batch_id", "batch_id", postgresql_where=sa.text("batch_id IS NOT NULL")),
        UniqueConstraint("undoes_id"),
    )

    vacancy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vacancy.id"))
    verb: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    batch_id: Mapped[uuid.UUID | None]
    undoes_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vacancy_change.id"))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    vacancy: Mapped[Vacancy] = relationship(lazy="joined", innerjoin=True)


class VacancyImport(Versioned, Base):
    """A spreadsheet that a provider sent, from upload to saved or discarded. Its id is the batch of what it saved.

    The file itself is not kept: `content` holds what stood in its cells, packed, and goes once the import is
    over, some days later where wrong rows are still to be corrected. `heading` is what its columns are; `seen`
    the version of each household when it was compared; `choice` what a person asked to be saved while a job has
    yet to do it; `told` what went otherwise than asked.
    """

    __tablename__ = "vacancy_import"
    __table_args__ = (
        CheckConstraint("state NOT IN ('discarded', 'undone') OR content IS NULL", name="content_until_over"),
        Index("ix_vacancy_import_list", "organisation_id", "id"),
        Index(
            "uq_vacancy_import_waiting",
            "organisation_id",
            "sha256",
            unique=True,
            postgresql_where=sa.text("state IN ('uploaded', 'read', 'previewed')"),
        ),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    sent_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    file_name: Mapped[str]
    sha256: Mapped[str]
    state: Mapped[ImportState] = mapped_column(enum_of(ImportState), default=ImportState.UPLOADED)
    row_count: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = mapped_column(deferred=True)
    heading: Mapped[dict[str, Any] | None]
    seen: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notes: Mapped[list[str]] = mapped_column(default=list)
    choice: Mapped[dict[str, Any] | None]
    told: Mapped[list[str]] = mapped_column(default=list)
    over_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    sent_by: Mapped[Person] = relationship()


class VacancyImportPart(Base):
    """One page of an import's preview: what its rows would do, in words, by kind."""

    __tablename__ = "vacancy_import_part"

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vacancy_import.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    rows: Mapped[Any] = mapped_column(JSONB)


class VacancyColumnName(Base):
    """What a provider's own heading means: a field of a household, or nothing of ours. Remembered for its next file."""

    __tablename__ = "vacancy_column_name"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    heading: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str]
