"""Which households could take a child: needs as conditions, the matches in order, and what nearly fits."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement
from portal.agreements.queries import find_framework_on, in_force_on
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.models import AgeBand, PriceCell
from portal.pricing.modifiers import nightly
from portal.pricing.queries import prices_in_force
from portal.providers.models import OfstedAgency, Organisation, RegisterImport
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import fresh_since, freshness, is_free_on, miles_between, shown_since
from portal.vacancies.states import Freshness, Gender

PAGE_SIZE = 25
# An exact count of many matches costs more than it tells.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Needs:
    """What a child needs. No name is ever asked for (rule 10).

    `gender` ANY asks for households that take any child; no `districts` means anywhere, also outside
    Kent and Medway; `children` are brothers and sisters to be placed together, this child included.
    """

    age: int
    gender: Gender
    placement_type: str
    need_category: str
    districts: tuple[str, ...] = ()
    children: int = 1
    outward_postcode: str | None = None


@dataclass(frozen=True)
class Ofsted:
    """Ofsted's overall grade; None means not inspected yet. `as_at` None: not in the register."""

    grade: str | None
    as_at: date | None


@dataclass(frozen=True)
class Match:
    """One household that fits. `weekly_fee` is today's for this child; without one, `price_note` says why."""

    vacancy: Vacancy
    freshness: Freshness
    weekly_fee: Decimal | None
    price_note: str
    ofsted: Ofsted
    miles: int | None

    @property
    def nightly_fee(self) -> Decimal | None:
        return None if self.weekly_fee is None else nightly(self.weekly_fee)


@dataclass(frozen=True)
class Relaxation:
    """How many more would fit if one need were given up; `needs` are the child's without it."""

    words: str
    count: int
    needs: Needs


@dataclass(frozen=True)
class Totals:
    """How many match (counted up to `MOST_COUNTED`), and how many more would if they had been confirmed."""

    matches: int
    stale: int

    @property
    def is_capped(self) -> bool:
        return self.matches > MOST_COUNTED


def search(needs: Needs, *, limit: int = PAGE_SIZE, offset: int = 0) -> list[Match]:
    """Fresh households first, then ageing; the cheapest first among each, those without a price last.

    Only vacancies of providers whose agreement is in force today, confirmed within the last fourteen days.
    Two statements, however many match.
    """
    framework = find_framework_on(clock.today())
    if framework is None:
        return []
    now = clock.now()
    statement, prices = _priced(framework.id, needs)
    rows = session.execute(
        statement.where(*_conditions(needs).values(), Vacancy.confirmed_at >= shown_since(now))
        .order_by(
            (Vacancy.confirmed_at >= fresh_since(now)).desc(),
            prices.c.weekly_fee.asc().nulls_last(),
            Vacancy.confirmed_at.desc(),
            Vacancy.id,
        )
        .limit(limit)
        .offset(offset)
    )
    return [_match(row, needs.outward_postcode) for row in rows]


def count(needs: Needs) -> Totals:
    """How many fit: those shown, counted no further than `MOST_COUNTED` + 1, and those hidden as stale."""
    fits = _in_force().where(*_conditions(needs).values())
    shown_from = shown_since(clock.now())
    shown = fits.where(Vacancy.confirmed_at >= shown_from).limit(MOST_COUNTED + 1).subquery()
    stale = fits.where(Vacancy.confirmed_at < shown_from).limit(MOST_COUNTED + 1).subquery()
    row = session.execute(
        sa.select(
            sa.select(sa.func.count()).select_from(shown).scalar_subquery(),
            sa.select(sa.func.count()).select_from(stale).scalar_subquery(),
        )
    ).one()
    return Totals(*row)


def list_relaxations(needs: Needs) -> list[Relaxation]:
    """Which single need, given up, would bring matches. Ages and gender are the carers' approval."""
    conditions = _conditions(needs)
    options = {
        name: (words, looser)
        for name, (words, looser) in _relaxed(needs).items()
        if looser != needs or name in ("placement_type", "need_category")
    }
    counts = session.execute(
        sa.select(
            *(
                sa.func.count().filter(*(c for other, c in conditions.items() if other != name))
                for name in options
            )
        )
        .select_from(Vacancy)
        .join(Agreement, Agreement.organisation_id == Vacancy.organisation_id)
        .where(*_offered(), Vacancy.confirmed_at >= shown_since(clock.now()))
    ).one()
    return [
        Relaxation(words, found, looser)
        for (words, looser), found in zip(options.values(), counts, strict=True)
        if found
    ]


def get_match(person: Person, vacancy_id: uuid.UUID) -> Vacancy:
    """A household of a provider whose agreement is in force, for placement officers; no other is found."""
    if not person.holds(Role.PLACEMENT_OFFICER):
        raise NotFound
    found = session.scalars(
        sa.select(Vacancy)
        .where(Vacancy.id == vacancy_id, Vacancy.state != "withdrawn")
        .where(
            sa.exists().where(
                Agreement.organisation_id == Vacancy.organisation_id, in_force_on(clock.today())
            )
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def describe(vacancy: Vacancy, needs: Needs | None) -> Match:
    """One household as a match; without needs it has no price."""
    framework = find_framework_on(clock.today())
    if framework is None:
        raise NotFound
    asked = needs or Needs(0, Gender.ANY, "", "")
    statement, _ = _priced(framework.id, asked)
    row = session.execute(statement.where(Vacancy.id == vacancy.id)).first()
    if row is None:
        raise NotFound
    return _match(row, asked.outward_postcode)


def find_cell(needs: Needs) -> int | None:
    """The cell of the price schedule for this child, or None where the lists have none for the age."""
    return session.scalars(
        sa.select(PriceCell.id)
        .join(AgeBand, AgeBand.code == PriceCell.age_band)
        .where(
            PriceCell.placement_type == needs.placement_type,
            PriceCell.need_category == needs.need_category,
            AgeBand.youngest <= needs.age,
            AgeBand.oldest >= needs.age,
        )
        .order_by(AgeBand.position)
        .limit(1)
    ).one_or_none()


def _priced(framework_id: uuid.UUID, needs: Needs) -> tuple[sa.Select[Any], sa.Subquery]:
    """Vacancies under agreements in force, each with the price of this child today and Ofsted's grade."""
    cell_id = find_cell(needs)
    prices = prices_in_force(framework_id, [] if cell_id is None else [cell_id], clock.today())
    statement = (
        sa.select(
            Vacancy,
            prices.c.weekly_fee,
            prices.c.cell_id,
            OfstedAgency.overall_grade,
            RegisterImport.as_at,
            sa.literal(cell_id is not None).label("has_cell"),
        )
        .join(Vacancy.organisation)
        .options(contains_eager(Vacancy.organisation))
        .join(Agreement, Agreement.organisation_id == Vacancy.organisation_id)
        .outerjoin(prices, prices.c.organisation_id == Vacancy.organisation_id)
        .outerjoin(OfstedAgency, OfstedAgency.urn == Organisation.urn)
        .outerjoin(RegisterImport, RegisterImport.id == OfstedAgency.import_id)
        .where(Agreement.framework_id == framework_id, in_force_on(clock.today()))
    )
    return statement, prices


def _in_force() -> sa.Select[Any]:
    return (
        sa.select(Vacancy.id)
        .join(Agreement, Agreement.organisation_id == Vacancy.organisation_id)
        .where(*_offered())
    )


def _offered() -> Sequence[sa.ColumnElement[bool]]:
    framework = find_framework_on(clock.today())
    return (
        Agreement.framework_id == (framework.id if framework else None),
        in_force_on(clock.today()),
        is_free_on(clock.today()),
    )


def _conditions(needs: Needs) -> dict[str, sa.ColumnElement[bool]]:
    """Each must-have as a condition of its own, by the name of the need."""
    fits_together = sa.and_(
        Vacancy.free_places >= needs.children,
        sa.true() if needs.children == 1 else Vacancy.siblings_together >= needs.children,
    )
    return {
        "free": is_free_on(clock.today()),
        "has_place": Vacancy.free_places >= 1,
        "age": sa.and_(Vacancy.age_from <= needs.age, Vacancy.age_to >= needs.age),
        "gender": Vacancy.gender.in_({Gender.ANY, needs.gender}),
        "placement_type": sa.any_(Vacancy.placement_types) == needs.placement_type,
        "need_category": sa.any_(Vacancy.need_categories) == needs.need_category,
        "districts": Vacancy.district_code.in_(needs.districts) if needs.districts else sa.true(),
        "children": fits_together,
    }


def _relaxed(needs: Needs) -> dict[str, tuple[str, Needs]]:
    return {
        "districts": (
            "in any district, or outside Kent and Medway",
            dataclasses.replace(needs, districts=()),
        ),
        "children": ("if the brothers and sisters can live apart", dataclasses.replace(needs, children=1)),
        "placement_type": ("for another type of placement", needs),
        "need_category": ("for another level of need", needs),
    }


def _match(row: Any, outward: str | None) -> Match:
    vacancy: Vacancy = row.Vacancy
    return Match(
        vacancy,
        freshness(vacancy.confirmed_at, clock.now()),
        row.weekly_fee,
        _price_note(row),
        Ofsted(row.overall_grade, row.as_at),
        miles_between(outward, vacancy.outward_postcode) if outward else None,
    )


def _price_note(row: Any) -> str:
    if row.weekly_fee is not None:
        return ""
    if not row.has_cell:
        return "The price schedule has no price for this age"
    return "No price agreed for today" if row.cell_id is None else "Not offered by this provider"
