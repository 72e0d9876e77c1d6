"""Prices of a round once quality is locked: how each total comes about, what stands out, and what was queried."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts.models import Person
from portal.applications.models import Application, ClarificationRequest
from portal.core import clock
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations import outliers, scoring
from portal.evaluations.models import PriceQuery, PriceScore
from portal.evaluations.outliers import Middle, Side
from portal.evaluations.queries.results import ResultRow, basket, bids, results
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round
from portal.frameworks.queries import CellRow
from portal.pricing.queries import prices_in_force


@dataclass(frozen=True)
class PriceLine:
    """One cell of one application: what it costs in the basket, and where its fee stands out.

    A cell outside the basket has no weeks and no cost, and is looked at all the same.
    """

    cell: CellRow
    cost: scoring.CellCost
    among_bids: Side | None = None
    among_members: Side | None = None

    @property
    def is_over_ceiling(self) -> bool:
        ceiling = self.cost.cell.ceiling
        fee = self.cost.fee
        return self.cost.is_offered and ceiling is not None and fee is not None and fee > ceiling

    @property
    def stands_out(self) -> bool:
        return self.is_over_ceiling or self.among_bids is not None or self.among_members is not None


@dataclass(frozen=True)
class CellPicture:
    """One cell across all compliant applications."""

    cell: CellRow
    weeks: int
    ceiling: Decimal | None
    bids: Middle | None
    members: Middle | None


@dataclass(frozen=True)
class PricedApplication:
    """One application with every cell that it offers or the basket counts, and whether its total is low."""

    result: ResultRow
    lines: list[PriceLine]
    is_low: bool
    queries: list[PriceQuery] = field(default_factory=list)

    @property
    def marked(self) -> list[PriceLine]:
        return [line for line in self.lines if line.stands_out]

    @property
    def counted(self) -> list[PriceLine]:
        return [line for line in self.lines if line.cost.cell.weeks > 0]

    @property
    def uncounted(self) -> list[PriceLine]:
        return [line for line in self.lines if line.cost.cell.weeks == 0]


@dataclass(frozen=True)
class PricePicture:
    """A round's prices: cell by cell, and application by application, those without a total last."""

    cells: list[CellPicture]
    applications: list[PricedApplication]
    totals: Middle | None

    def of(self, application: Application) -> PricedApplication | None:
        """What the picture holds of one application."""
        return next((one for one in self.applications if one.result.application.id == application.id), None)


def price_picture(round_: Round) -> PricePicture:
    """Every compliant application's prices side by side: as many statements for forty as for one."""
    rows = results(round_)
    assessed = {row.application.id for row in rows}
    offers = {key: prices for key, prices in bids(round_).items() if key in assessed}
    cells = _cells(round_, offers)
    members = _members_prices(round_, [one.id for one in cells])
    pictures = _cell_pictures(round_, cells, offers, members)
    totals = outliers.middle_of([row.basket_total for row in rows if row.basket_total is not None])
    queried = _queries_of(round_)
    highest = scoring.highest_offers(offers.values())
    return PricePicture(
        pictures,
        [
            PricedApplication(
                row,
                _lines(round_, pictures, offers.get(row.application.id, {}), highest),
                row.basket_total is not None and outliers.is_low_total(row.basket_total, totals),
                queried[row.application.id],
            )
            for row in rows
        ],
        totals,
    )


def _cells(round_: Round, offers: Mapping[uuid.UUID, scoring.Prices]) -> list[CellRow]:
    wanted = {cell.cell_id for cell in basket(round_)} | {key for prices in offers.values() for key in prices}
    return [cell for cell in frameworks.list_cells() if cell.id in wanted]


def _members_prices(round_: Round, cell_ids: Sequence[int]) -> dict[int, list[Decimal]]:
    opened = round_.quality_locked_at or clock.now()
    prices = prices_in_force(round_.framework_id, cell_ids, opened.astimezone(clock.LONDON).date())
    found: dict[int, list[Decimal]] = defaultdict(list)
    for cell_id, fee in session.execute(
        sa.select(prices.c.cell_id, prices.c.weekly_fee).where(prices.c.weekly_fee.is_not(None))
    ):
        found[cell_id].append(fee)
    return found


def _cell_pictures(
    round_: Round,
    cells: Iterable[CellRow],
    offers: Mapping[uuid.UUID, scoring.Prices],
    members: Mapping[int, list[Decimal]],
) -> list[CellPicture]:
    volumes = frameworks.list_volumes(round_)
    pictures = []
    for cell in cells:
        volume = volumes.get(cell.id)
        fees = [prices[cell.id] for prices in offers.values() if cell.id in prices]
        pictures.append(
            CellPicture(
                cell,
                volume.weeks if volume else 0,
                volume.ceiling if volume else None,
                outliers.middle_of(fees),
                outliers.middle_of(members.get(cell.id, [])),
            )
        )
    return pictures


def _lines(
    round_: Round, pictures: Sequence[CellPicture], offered: scoring.Prices, highest: scoring.Prices
) -> list[PriceLine]:
    shown = [one for one in pictures if one.weeks > 0 or one.cell.id in offered]
    cells = [scoring.BasketCell(one.cell.id, one.weeks, one.ceiling) for one in shown]
    costs = scoring.basket_costs(cells, offered, highest, round_.not_offered_rule)
    return [_line(picture, cost) for picture, cost in zip(shown, costs, strict=True)]


def _line(picture: CellPicture, cost: scoring.CellCost) -> PriceLine:
    if not cost.is_offered or cost.fee is None:
        return PriceLine(picture.cell, cost)
    return PriceLine(
        picture.cell,
        cost,
        outliers.among_bids(cost.fee, picture.bids),
        outliers.among_members(cost.fee, picture.members),
    )


def _queries_of(round_: Round) -> dict[uuid.UUID, list[PriceQuery]]:
    found: dict[uuid.UUID, list[PriceQuery]] = defaultdict(list)
    for query in list_price_queries(round_):
        found[query.application_id].append(query)
    return found


def list_price_queries(round_: Round) -> Sequence[PriceQuery]:
    """Every query on a low price in the round, with what was asked and answered, oldest first."""
    return (
        session.scalars(
            sa.select(PriceQuery)
            .join(PriceQuery.application)
            .join(PriceQuery.request)
            .where(Application.round_id == round_.id)
            .order_by(ClarificationRequest.created_at, PriceQuery.id)
            .options(
                contains_eager(PriceQuery.request),
                contains_eager(PriceQuery.application).joinedload(Application.organisation),
                joinedload(PriceQuery.concluded_by),
            )
        )
        .unique()
        .all()
    )


def get_price_query(person: Person, query_id: uuid.UUID) -> PriceQuery:
    """One query, for whoever may know of its application. Raises `NotFound`."""
    found = (
        session.scalars(
            sa.select(PriceQuery)
            .join(PriceQuery.application)
            .where(PriceQuery.id == query_id, sa.literal(person.is_council))
            .options(
                contains_eager(PriceQuery.application).joinedload(Application.organisation),
                joinedload(PriceQuery.request),
                joinedload(PriceQuery.concluded_by),
            )
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        raise NotFound
    return found


def list_open_price_queries(round_: Round) -> list[PriceQuery]:
    """Queries whose outcome nobody has recorded yet."""
    return [query for query in list_price_queries(round_) if query.outcome is None]


def has_price_score(application: Application) -> bool:
    """Whether this application took part in price evaluation when quality was locked."""
    return session.execute(
        sa.select(sa.exists().where(PriceScore.application_id == application.id))
    ).scalar_one()
