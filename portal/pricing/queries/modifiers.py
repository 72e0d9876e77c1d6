"""Reads of agreed modifiers: one provider's on a day, or many providers' at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from portal.core.db import session
from portal.pricing.models import PriceModifiers
from portal.pricing.modifiers import NO_MODIFIERS, Modifiers
from portal.pricing.queries.schedules import Schedule, of_schedule


def find_modifiers(schedule: Schedule, day: date) -> Modifiers:
    """A schedule's modifiers on `day`; `NO_MODIFIERS` where none are agreed."""
    found = find_modifiers_row(schedule, day)
    return NO_MODIFIERS if found is None else modifiers_from(found)


def find_modifiers_row(schedule: Schedule, day: date) -> PriceModifiers | None:
    """The row that holds a schedule's modifiers on `day`, with the version it came from, or None."""
    return session.scalars(
        sa.select(PriceModifiers)
        .where(*of_schedule(PriceModifiers, schedule), PriceModifiers.effective_from <= day)
        .order_by(PriceModifiers.effective_from.desc())
        .limit(1)
    ).one_or_none()


def find_modifiers_change(schedule: Schedule, day: date) -> date | None:
    """The last day, `day` or later, from which modifiers already change, or None."""
    latest = sa.select(sa.func.max(PriceModifiers.effective_from))
    return session.execute(
        latest.where(*of_schedule(PriceModifiers, schedule), PriceModifiers.effective_from >= day)
    ).scalar_one()


def modifiers_in_force(framework_id: uuid.UUID, day: date) -> sa.Subquery:
    """Every provider's agreed modifiers on `day`, to be joined by `organisation_id`, with `Modifiers`' columns.

    A provider without a row has agreed none.
    """
    return (
        sa.select(PriceModifiers.organisation_id, PriceModifiers.effective_from, *modifier_columns())
        .ext(distinct_on(PriceModifiers.organisation_id))
        .where(PriceModifiers.framework_id == framework_id, PriceModifiers.effective_from <= day)
        .order_by(PriceModifiers.organisation_id, PriceModifiers.effective_from.desc())
        .subquery("modifiers_in_force")
    )


def modifiers_on(
    framework_id: uuid.UUID, organisation_ids: Collection[uuid.UUID], day: date
) -> dict[uuid.UUID, Modifiers]:
    """Each of these providers' modifiers on `day`, in one statement; also where none are agreed."""
    found = modifiers_in_force(framework_id, day)
    rows = session.execute(sa.select(found).where(found.c.organisation_id.in_(organisation_ids)))
    agreed = {row.organisation_id: modifiers_from(row) for row in rows}
    return {each: agreed.get(each, NO_MODIFIERS) for each in organisation_ids}


def modifier_columns() -> list[Any]:
    """The columns that `Modifiers` is made of."""
    return [getattr(PriceModifiers, field.name) for field in fields(Modifiers)]


def modifiers_from(row: Any) -> Modifiers:
    """The modifiers that a row holds; none where an outer join found nothing."""
    return Modifiers(**{field.name: getattr(row, field.name) for field in fields(Modifiers)})
