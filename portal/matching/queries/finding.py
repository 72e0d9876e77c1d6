"""Which households could take a child: the matches in order, each explained, and what nearly fits.

Must-haves filter. Of the households left, the most recently confirmed `MOST_RANKED` are ranked: by how many
preferences they meet (one point each), fresh before ageing, nearer before further, cheaper before dearer. More are
counted as "more than": ranking a whole country's households would tell a placement officer nothing.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement
from portal.agreements.queries import find_framework_on, in_force_on
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.matching.needs import Needs
from portal.matching.queries.conditions import Condition, is_offered, list_conditions
from portal.matching.queries.fees import Fees, fees_of, find_cells
from portal.matching.queries.wishes import asked_of, miles_from
from portal.pricing.queries import prices_in_force
from portal.providers.models import OfstedAgency, Organisation, RegisterImport
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import fresh_since, freshness, miles_between, shown_since
from portal.vacancies.states import Freshness

PAGE_SIZE = 25
MOST_RANKED = 500
# Beyond it the order no longer tells nearer from further.
FURTHEST_MILES = 60


@dataclass(frozen=True)
class Ofsted:
    """Ofsted's overall grade; None means not inspected yet. `as_at` None: not in the register."""

    grade: str | None
    as_at: date | None


@dataclass(frozen=True)
class Line:
    """One wish and whether this household meets it: "Languages: Punjabi", and what the household has."""

    label: str
    asked: str
    has: str
    fits: bool
    is_must: bool


@dataclass(frozen=True)
class Match:
    """One household that fits, with today's price for these children."""

    vacancy: Vacancy
    freshness: Freshness
    fees: Fees
    ofsted: Ofsted
    miles: int | None
    lines: Sequence[Line] = ()

    @property
    def met(self) -> list[Line]:
        return [line for line in self.lines if line.fits]

    @property
    def missed(self) -> list[Line]:
        return [line for line in self.lines if not line.fits]


@dataclass(frozen=True)
class Found:
    """One page of matches, and how many there are, counted no further than `MOST_RANKED` + 1."""

    matches: list[Match]
    total: int

    @property
    def is_capped(self) -> bool:
        return self.total > MOST_RANKED


@dataclass(frozen=True)
class Relaxation:
    """How many more would fit if one need were given up; `needs` are the child's without it, or None."""

    words: str
    count: int
    needs: Needs | None


def search(needs: Needs, *, limit: int = PAGE_SIZE, offset: int = 0) -> Found:
    """The households that fit, best first: confirmed within fourteen days, agreement in force today.

    The same number of statements, however many match.
    """
    framework = find_framework_on(clock.today())
    if framework is None:
        return Found([], 0)
    conditions = list_conditions(needs)
    ranked = _ranked(framework.id, needs, conditions).limit(limit).offset(offset)
    # How many fit differs so much from child to child that one kept plan serves few of them.
    rows = session.execute(ranked, execution_options={"planned_afresh": True}).all()
    if not rows and offset:
        return Found([], search(needs, limit=1).total)
    vacancies = _load([row.id for row in rows])
    fees = fees_of(framework.id, {one.organisation_id for one in vacancies.values()}, needs, clock.today())
    matches = [_match(vacancies[row.id], row, needs, fees) for row in rows]
    return Found(matches, rows[0].total if rows else 0)


def count_stale(needs: Needs) -> int:
    """How many would fit had they been confirmed, counted no further than `MOST_RANKED` + 1."""
    framework = find_framework_on(clock.today())
    if framework is None:
        return 0
    stale = (
        sa.select(Vacancy.id)
        .where(*_offered(framework.id), Vacancy.confirmed_at < shown_since(clock.now()))
        .where(*(one.holds for one in list_conditions(needs) if one.is_must))
        .limit(MOST_RANKED + 1)
        .subquery()
    )
    return session.execute(sa.select(sa.func.count()).select_from(stale)).scalar_one()


def fits_by_organisation(needs: Needs) -> dict[uuid.UUID, int]:
    """How many households of each provider fit."""
    framework = find_framework_on(clock.today())
    if framework is None:
        return {}
    rows = session.execute(
        sa.select(Vacancy.organisation_id, sa.func.count())
        .where(*_offered(framework.id), Vacancy.confirmed_at >= shown_since(clock.now()))
        .where(*(one.holds for one in list_conditions(needs) if one.is_must))
        .group_by(Vacancy.organisation_id)
    )
    return {row[0]: row[1] for row in rows}


def list_relaxations(needs: Needs) -> list[Relaxation]:
    """Which single need, given up, would bring matches. Ages and gender are the carers' approval."""
    framework = find_framework_on(clock.today())
    if framework is None:
        return []
    conditions = [one for one in list_conditions(needs) if one.is_must]
    options = _relaxed(needs)
    counts = (
        session.execute(
            sa.select(
                *(sa.func.count().filter(*_without(conditions, name, needs)) for name in options)
            ).where(*_offered(framework.id), Vacancy.confirmed_at >= shown_since(clock.now()))
        ).one()
        if options
        else []
    )
    return [
        Relaxation(words, found, looser)
        for (words, looser), found in zip(options.values(), counts, strict=True)
        if found
    ]


def _without(conditions: list[Condition], name: str, needs: Needs) -> list[sa.ColumnElement[bool]]:
    if name == "together":
        return [one.holds for one in list_conditions(dataclasses.replace(needs, apart=True)) if one.is_must]
    return [one.holds for one in conditions if one.name != name]


def _relaxed(needs: Needs) -> dict[str, tuple[str, Needs | None]]:
    options: dict[str, tuple[str, Needs | None]] = {}
    for wish, value, is_must in asked_of(needs):
        if is_must:
            looser = dataclasses.replace(needs, musts=needs.musts - {wish.name})
            options[wish.name] = (
                f"if “{wish.label.lower()}: {wish.asked(value)}” were only a preference",
                looser,
            )
    if needs.together > 1:
        options["together"] = (
            "for one of them, if the brothers and sisters can live apart",
            dataclasses.replace(needs, apart=True),
        )
    options["placement_type"] = ("for another type of placement", None)
    options["need_category"] = ("for another level of need", None)
    return options


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
    asked = needs or Needs((), "", "")
    conditions = list_conditions(asked) if needs else []
    judged = _select([Vacancy.id, *_judged(conditions)])
    row = session.execute(_with_providers(judged).where(Vacancy.id == vacancy.id)).first()
    if row is None:
        raise NotFound
    fees = fees_of(framework.id, {vacancy.organisation_id}, asked, clock.today())
    return _match(vacancy, row, asked, fees)


def _offered(framework_id: uuid.UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return (Vacancy.organisation_id.in_(_members(framework_id)), is_offered())


def _offered_by_known(framework_id: uuid.UUID) -> tuple[sa.ColumnElement[bool], ...]:
    """The same with the members' ids, which the planner reckons with better: an order to keep depends on it."""
    members = list(session.scalars(_members(framework_id)))
    return (Vacancy.organisation_id == sa.any_(sa.literal(members, sa.ARRAY(sa.Uuid()))), is_offered())


def _members(framework_id: uuid.UUID) -> sa.Select[Any]:
    """The providers whose agreement is in force today."""
    ids = _select([Agreement.organisation_id])
    return ids.where(Agreement.framework_id == framework_id, in_force_on(clock.today()))


def _ranked(framework_id: uuid.UUID, needs: Needs, conditions: list[Condition]) -> sa.Select[Any]:
    now = clock.now()
    candidates = _candidates(framework_id, needs, conditions)
    judged = [candidates.c[f"meets_{one.name}"] for one in conditions if not one.is_must]
    # The agreed fee of the first child stands for all: modifiers seldom change which provider costs less.
    first = find_cells(needs)[:1]
    prices = prices_in_force(framework_id, [cell for cell in first if cell is not None], clock.today())
    total = sa.func.count().over().label("total")
    statement = _select([candidates.c.id, *judged, total]).outerjoin_from(
        candidates, prices, prices.c.organisation_id == candidates.c.organisation_id
    )
    statement = _with_providers(statement, candidates.c.organisation_id)
    points = sum((sa.cast(one, sa.Integer) for one in judged), sa.literal(0))
    return statement.order_by(
        points.desc(),
        (candidates.c.confirmed_at >= fresh_since(now)).desc(),
        *_nearest(needs, candidates.c.outward_postcode),
        prices.c.weekly_fee.asc().nulls_last(),
        candidates.c.confirmed_at.desc(),
        candidates.c.id,
    )


def _candidates(framework_id: uuid.UUID, needs: Needs, conditions: list[Condition]) -> sa.Subquery:
    """The most recently confirmed households that fit, as many as are ranked and one more.

    Indexes hold the open households in that order, and those of each district. Reading them in order stops as
    soon as enough fit, however many households there are. Asked for districts, each is read by itself.
    """
    districts = needs.wishes["districts"] if "districts" in needs.musts else (None,)
    offered = _offered_by_known(framework_id)
    of_each = [
        sa.select(_in_order(offered, conditions, code).subquery(f"of_{place}"))
        for place, code in enumerate(districts)
    ]
    every = (sa.union_all(*of_each) if len(of_each) > 1 else of_each[0]).subquery("fitting")
    return sa.select(every).order_by(every.c.confirmed_at.desc()).limit(MOST_RANKED + 1).subquery("candidate")


def _in_order(
    offered: tuple[sa.ColumnElement[bool], ...], conditions: list[Condition], district: str | None
) -> sa.Select[Any]:
    columns = [Vacancy.id, Vacancy.organisation_id, Vacancy.confirmed_at, Vacancy.outward_postcode]
    fitting = (
        _select([*columns, *_judged([one for one in conditions if not one.is_must])])
        .where(*offered, Vacancy.confirmed_at >= shown_since(clock.now()))
        .where(*(one.holds for one in conditions if one.is_must and one.name != "districts"))
    )
    if district is not None:
        fitting = fitting.where(Vacancy.district_code == district)
    return fitting.order_by(Vacancy.confirmed_at.desc()).limit(MOST_RANKED + 1)


def _select(columns: list[Any]) -> sa.Select[Any]:
    selected: sa.Select[Any] = sa.select(*columns)
    return selected


def _judged(conditions: Sequence[Condition]) -> list[sa.Label[bool]]:
    return [one.judged.label(f"meets_{one.name}") for one in conditions]


def _with_providers(
    statement: sa.Select[Any], organisation_id: Any = Vacancy.organisation_id
) -> sa.Select[Any]:
    with_grade: sa.Select[Any] = (
        statement.add_columns(OfstedAgency.overall_grade, RegisterImport.as_at)
        .join(Organisation, Organisation.id == organisation_id)
        .outerjoin(OfstedAgency, OfstedAgency.urn == Organisation.urn)
        .outerjoin(RegisterImport, RegisterImport.id == OfstedAgency.import_id)
    )
    return with_grade


def _nearest(needs: Needs, outward: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
    near = needs.wishes.get("near")
    if near is None:
        return []
    return [miles_from(near[0], FURTHEST_MILES, outward).asc().nulls_last()]


def _load(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Vacancy]:
    return {vacancy.id: vacancy for vacancy in session.scalars(sa.select(Vacancy).where(Vacancy.id.in_(ids)))}


def _match(vacancy: Vacancy, row: Any, needs: Needs, fees: dict[uuid.UUID, Fees]) -> Match:
    near = needs.wishes.get("near")
    return Match(
        vacancy,
        freshness(vacancy.confirmed_at, clock.now()),
        fees[vacancy.organisation_id],
        Ofsted(row.overall_grade, row.as_at),
        miles_between(near[0], vacancy.outward_postcode) if near else None,
        [
            Line(
                wish.label,
                wish.asked(value),
                wish.has(vacancy),
                getattr(row, f"meets_{wish.name}", True),
                is_must,
            )
            for wish, value, is_must in asked_of(needs)
        ],
    )
