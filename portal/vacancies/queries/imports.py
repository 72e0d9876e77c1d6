"""Reads of the spreadsheets a provider sent, of what their columns mean, and of today's rows for a download."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import lazyload, selectinload

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import NotFound
from portal.vacancies.models import Vacancy, VacancyColumnName, VacancyImport, VacancyImportPart
from portal.vacancies.queries.lists import labels_of
from portal.vacancies.states import CODE_LISTS, CODES, WAITING, Gender, ImportState, VacancyState


def get_import(person: Person, import_id: uuid.UUID) -> VacancyImport:
    """A spreadsheet of an organisation this person acts for; any other is not found (rule 9)."""
    found = session.get(VacancyImport, import_id)
    if found is None or not person.acts_for(found.organisation_id):
        raise NotFound
    return found


def list_imports(organisation_id: uuid.UUID, *, limit: int = 25, offset: int = 0) -> Sequence[VacancyImport]:
    """An organisation's spreadsheets, newest first."""
    return session.scalars(
        sa.select(VacancyImport)
        .where(VacancyImport.organisation_id == organisation_id)
        .options(lazyload(VacancyImport.organisation), selectinload(VacancyImport.sent_by))
        .order_by(VacancyImport.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()


def find_waiting(organisation_id: uuid.UUID, sha256: str) -> VacancyImport | None:
    """The same file, sent before and not decided on."""
    return session.scalars(
        sa.select(VacancyImport).where(
            VacancyImport.organisation_id == organisation_id,
            VacancyImport.sha256 == sha256,
            VacancyImport.state.in_(sorted(WAITING)),
        )
    ).one_or_none()


def find_saved_before(sent: VacancyImport) -> VacancyImport | None:
    """The last time that the same file was saved, if that stands."""
    return session.scalars(
        sa.select(VacancyImport)
        .where(
            VacancyImport.organisation_id == sent.organisation_id,
            VacancyImport.sha256 == sent.sha256,
            VacancyImport.id != sent.id,
            VacancyImport.state == ImportState.SAVED,
        )
        .order_by(VacancyImport.id.desc())
        .limit(1)
    ).one_or_none()


def list_part(sent: VacancyImport, kind: str, number: int) -> list[dict[str, Any]]:
    """One page of a preview: the rows of a kind, in words."""
    part = session.get(VacancyImportPart, (sent.id, kind, number))
    return part.rows if part is not None else []


def list_left_waiting(before: Any) -> Sequence[uuid.UUID]:
    """The spreadsheets sent before an instant on which nobody has decided since."""
    return session.scalars(
        sa.select(VacancyImport.id).where(
            VacancyImport.created_at < before, VacancyImport.state.in_(sorted(WAITING))
        )
    ).all()


def own_column_names(organisation_id: uuid.UUID) -> dict[str, str]:
    """What a provider's own headings mean, as it said before."""
    rows = session.execute(
        sa.select(VacancyColumnName.heading, VacancyColumnName.field).where(
            VacancyColumnName.organisation_id == organisation_id
        )
    )
    return {row.heading: row.field for row in rows}


def list_rows(organisation_id: uuid.UUID) -> Sequence[Mapping[str, Any]]:
    """Everything on record of the provider's households that were not withdrawn, by reference."""
    table = Vacancy.__table__
    return [
        dict(row)
        for row in session.execute(
            sa.select(*table.columns)
            .where(table.c.organisation_id == organisation_id, table.c.state != VacancyState.WITHDRAWN)
            .order_by(table.c.carer_reference)
        ).mappings()
    ]


def all_labels() -> dict[str, dict[str, str]]:
    """Every list that a household draws on: its codes and their words."""
    councils = ("placement_types", "need_categories", "other_children", "district_code")
    return {name: labels_of(name) for name in (*councils, *CODE_LISTS, *CODES)} | {
        "gender": {code.value: code.label for code in Gender}
    }
