"""Reads of agreed prices: a schedule on a date, its versions, and many providers' prices at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.models import AgeBand, Framework
from portal.frameworks.queries import CellRow, list_age_bands, list_cells
from portal.pricing.models import AgreedCell, Price, PriceVersion
from portal.pricing.states import PriceVersionState
from portal.providers.models import Organisation
from portal.providers.queries import get_organisation


@dataclass(frozen=True)
class Schedule:
    """One provider's prices under one framework; also when none have been agreed yet."""

    organisation: Organisation
    framework: Framework


@dataclass(frozen=True)
class ScheduleRow(Schedule):
    """A schedule of a list, with its newest version and that version's first day."""

    number: int
    changes_on: date


@dataclass(frozen=True)
class Change:
    """What one version did to one cell. `old` None means that the cell had no price, or was not offered."""

    cell_id: int
    old: Decimal | None
    new: Decimal | None
    effective_from: date


def get_schedule(person: Person, organisation_id: uuid.UUID, framework_id: uuid.UUID) -> Schedule:
    """A schedule of an organisation this person acts for, or any for the councils (rule 9)."""
    organisation = get_organisation(person, organisation_id)
    framework = session.get(Framework, framework_id)
    if framework is None:
        raise NotFound
    return Schedule(organisation, framework)


def list_schedules(person: Person, *, limit: int = 25, offset: int = 0) -> list[ScheduleRow]:
    """Schedules with agreed prices: of this person's organisations, or every provider's for the councils."""
    latest = (
        sa.select(
            PriceVersion.organisation_id,
            PriceVersion.framework_id,
            sa.func.max(PriceVersion.number).label("number"),
            sa.func.max(PriceVersion.effective_from).label("changes_on"),
        )
        .where(PriceVersion.state == PriceVersionState.APPROVED)
        .group_by(PriceVersion.organisation_id, PriceVersion.framework_id)
        .subquery()
    )
    statement = (
        sa.select(Organisation, Framework, latest.c.number, latest.c.changes_on)
        .join(latest, latest.c.organisation_id == Organisation.id)
        .join(Framework, Framework.id == latest.c.framework_id)
    )
    if not person.is_council:
        statement = statement.where(Organisation.id.in_(person.organisation_ids))
    name = sa.func.coalesce(Organisation.trading_name, Organisation.legal_name)
    rows = session.execute(
        statement.order_by(name, Organisation.id, Framework.starts_on).limit(limit).offset(offset)
    )
    return [ScheduleRow(*row) for row in rows]


def list_own_schedules(organisation: Organisation) -> list[Schedule]:
    """The schedules of one provider, by when their frameworks began."""
    agreed = sa.select(PriceVersion.framework_id).where(PriceVersion.organisation_id == organisation.id)
    frameworks = session.scalars(
        sa.select(Framework).where(Framework.id.in_(agreed)).order_by(Framework.starts_on, Framework.id)
    )
    return [Schedule(organisation, framework) for framework in frameworks]


def get_version(person: Person, price_version_id: uuid.UUID) -> PriceVersion:
    """A version of a schedule this person may know of."""
    found = session.get(PriceVersion, price_version_id)
    if found is None or not (person.is_council or person.acts_for(found.organisation_id)):
        raise NotFound
    return found


def list_versions(schedule: Schedule, *, limit: int = 25, offset: int = 0) -> Sequence[PriceVersion]:
    """A schedule's versions, newest first."""
    return session.scalars(
        sa.select(PriceVersion)
        .where(*of_schedule(PriceVersion, schedule))
        .order_by(PriceVersion.number.desc())
        .limit(limit)
        .offset(offset)
    ).all()


def count_versions(schedule: Schedule) -> int:
    """How many versions a schedule has."""
    return session.execute(
        sa.select(sa.func.count()).where(*of_schedule(PriceVersion, schedule))
    ).scalar_one()


def latest_number(schedule: Schedule) -> int:
    """The number of a schedule's newest version, 0 when it has none."""
    newest = sa.select(sa.func.coalesce(sa.func.max(PriceVersion.number), 0))
    return session.execute(newest.where(*of_schedule(PriceVersion, schedule))).scalar_one()


def list_prices(schedule: Schedule, day: date) -> dict[int, Price]:
    """The prices in force on `day`, by cell id."""
    return {price.agreed_cell.cell_id: price for price in _prices(schedule, Price.period.contains(day))}


def list_coming(schedule: Schedule, day: date) -> dict[int, Price]:
    """The first price of each cell that comes into force after `day`, by cell id."""
    coming: dict[int, Price] = {}
    for price in _prices(schedule, sa.func.lower(Price.period) > day):
        coming.setdefault(price.agreed_cell.cell_id, price)
    return coming


def _prices(schedule: Schedule, when: sa.ColumnElement[bool]) -> Sequence[Price]:
    return session.scalars(
        sa.select(Price)
        .join(Price.agreed_cell)
        .options(joinedload(Price.price_version))
        .where(*of_schedule(AgreedCell, schedule), when)
        .order_by(sa.func.lower(Price.period))
    ).all()


def of_schedule(table: Any, schedule: Schedule) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of a table that belong to one schedule."""
    return (table.organisation_id == schedule.organisation.id, table.framework_id == schedule.framework.id)


def list_changes(version: PriceVersion) -> list[Change]:
    """What a version changed, cell by cell, with the price that it ended."""
    earlier = aliased(Price)
    rows = session.execute(
        sa.select(AgreedCell.cell_id, earlier.weekly_fee, Price.weekly_fee, sa.func.lower(Price.period))
        .select_from(Price)
        .join(AgreedCell, AgreedCell.id == Price.agreed_cell_id)
        .outerjoin(
            earlier,
            sa.and_(
                earlier.agreed_cell_id == Price.agreed_cell_id,
                sa.func.upper(earlier.period) == sa.func.lower(Price.period),
            ),
        )
        .where(Price.price_version_id == version.id)
    )
    return [Change(*row) for row in rows]


def prices_in_force(framework_id: uuid.UUID, cell_ids: Collection[int], day: date) -> sa.Subquery:
    """Every provider's approved price of these cells on `day`, to be joined by `organisation_id`."""
    return (
        sa.select(AgreedCell.organisation_id, AgreedCell.cell_id, Price.weekly_fee)
        .join(Price, Price.agreed_cell_id == AgreedCell.id)
        .join(PriceVersion, PriceVersion.id == Price.price_version_id)
        .where(
            AgreedCell.framework_id == framework_id,
            AgreedCell.cell_id.in_(cell_ids),
            Price.period.contains(day),
            PriceVersion.state == PriceVersionState.APPROVED,
        )
        .subquery("prices_in_force")
    )


def price_on(
    framework_id: uuid.UUID, organisation_ids: Collection[uuid.UUID], cell_ids: Collection[int], day: date
) -> dict[tuple[uuid.UUID, int], Decimal | None]:
    """Weekly fees in force on `day` by (organisation id, cell id), in one statement.

    None means "not offered"; a pair that is missing has no agreed price on that day.
    """
    prices = prices_in_force(framework_id, cell_ids, day)
    rows = session.execute(sa.select(prices).where(prices.c.organisation_id.in_(organisation_ids)))
    return {(row.organisation_id, row.cell_id): row.weekly_fee for row in rows}


Rows = dict[str, dict[str, dict[str, CellRow]]]


@dataclass(frozen=True)
class Grid:
    """Every cell as a page draws it: rows (type, then level of need) and columns (the age bands in use)."""

    groups: Rows
    bands: list[AgeBand]

    def types_of(self, cell_ids: Collection[int]) -> list[str]:
        """The placement types that any of these cells belongs to, in their order."""
        return [
            name
            for name, rows in self.groups.items()
            if any(cell.id in cell_ids for cells in rows.values() for cell in cells.values())
        ]


def get_grid() -> Grid:
    """The grid of all cells, in the order of the three lists."""
    groups: Rows = {}
    for cell in list_cells():
        groups.setdefault(cell.placement_type, {}).setdefault(cell.need_category, {})[cell.band_code] = cell
    used = {code for rows in groups.values() for cells in rows.values() for code in cells}
    return Grid(groups, [band for band in list_age_bands() if band.code in used])


def find_version_numbered(schedule: Schedule, number: int) -> PriceVersion | None:
    """The schedule's approved version of this number, or None."""
    return session.scalars(
        sa.select(PriceVersion).where(
            *of_schedule(PriceVersion, schedule),
            PriceVersion.number == number,
            PriceVersion.state == PriceVersionState.APPROVED,
        )
    ).one_or_none()
