"""The price schedule: an overview by placement type, and a page of cells for each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import PriceForm, describe_fees, price_form
from portal.applications.models import Application, BidPrice
from portal.applications.queries import Schedule
from portal.applications.views import blueprint
from portal.applications.views.drafting import may_edit_now
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import NotFound
from portal.core.web import done, keep_writes, page


@blueprint.route("/applications/<uuid:application_id>/prices", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def prices(application: Application) -> ResponseReturnValue:
    schedule = queries.get_schedule(application)
    return page(
        "applications/prices.html",
        application=application,
        schedule=schedule,
        types=[(code, label, schedule.of_type(code)) for code, label in schedule.types.items()],
        may_edit=may_edit_now(application),
    )


@blueprint.route("/applications/<uuid:application_id>/prices/<type_code>", methods=["GET", "POST"])
@access(policy.can_read, of=queries.get_application)
def price_type(application: Application, type_code: str) -> ResponseReturnValue:
    place = _Place(application, type_code)
    form = price_form(place.schedule())
    if request.method == "GET":
        return _price_page(place, form)
    if request.form.get("then") == "none":
        form.offer_none()
    return _save(place, form)


@blueprint.route("/applications/<uuid:application_id>/prices/cells/<int:cell_id>", methods=["POST"])
@access(policy.can_edit, of=queries.get_application)
def autosave_price(application: Application, cell_id: int) -> ResponseReturnValue:
    """One price, sent by the page itself while somebody types; what became of it, for its place on the page."""
    schedule = queries.get_schedule(application).of_cell(cell_id)
    if not schedule.cells:
        raise NotFound
    form = price_form(schedule)
    saved = _write(application, form, form.read())
    price = queries.get_schedule(application).prices.get(cell_id)
    fee = form.fees().get(cell_id)
    return page(
        "applications/_price_saved.html",
        saved.status if form.errors or saved.conflicts else 200,
        cell=schedule.cells[0],
        problem=next(iter(form.fee(schedule.cells[0]).errors), None),
        conflict=saved.conflicts.get(cell_id),
        seen=services.stored_mark(price),
        unusual=fee if services.is_unusual(fee) else None,
        people=_names_of([price]),
        now=clock.now(),
    )


@dataclass(frozen=True)
class _Place:
    """The page of one placement type."""

    application: Application
    type_code: str

    def schedule(self) -> Schedule:
        """Its cells with the prices as they stand."""
        schedule = queries.get_schedule(self.application).of_type(self.type_code)
        if not schedule.cells:
            raise NotFound
        return schedule


@dataclass(frozen=True)
class Conflict:
    """Two prices of one cell: what this person typed, as a mark, and what a colleague saved meanwhile."""

    mine: str
    stored: BidPrice | None

    @property
    def mark(self) -> str:
        return services.stored_mark(self.stored)


@dataclass
class Saved:
    """What became of a page of prices: whether any changed, which are asked about, which a colleague changed."""

    changed: bool = False
    unusual: dict[int, Decimal] = field(default_factory=dict)
    conflicts: dict[int, Conflict] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return 409 if self.conflicts else 422


def _save(place: _Place, form: PriceForm) -> ResponseReturnValue:
    form.validate()
    wanted = form.read()
    unusual = {cell_id: fee for cell_id, fee in form.fees().items() if services.is_unusual(fee)}
    if form.confirmed.data == describe_fees(unusual):
        unusual = {}
    saved = _write(
        place.application, form, {cell: price for cell, price in wanted.items() if cell not in unusual}
    )
    saved.unusual = unusual
    if not (form.errors or saved.conflicts or unusual):
        return _onward(place.application, place.type_code)
    keep_writes()
    return _price_page(place, _shown_again(place, form, saved), saved)


def _write(application: Application, form: PriceForm, wanted: dict[int, Decimal | str | None]) -> Saved:
    """Save these cells, but for those in which a colleague saved another price meanwhile."""
    saved = Saved()
    try:
        saved.changed = _save_prices(application, form, wanted)
    except services.PriceConflict as conflict:
        saved.conflicts = {
            cell_id: Conflict(services.price_mark(wanted.pop(cell_id)), stored)
            for cell_id, stored in conflict.stored.items()
        }
        saved.changed = _save_prices(application, form, wanted)
    return saved


def _save_prices(
    application: Application, form: PriceForm, wanted: Mapping[int, Decimal | str | None]
) -> bool:
    return services.save_prices(
        application,
        {cell_id: price for cell_id, price in wanted.items() if not isinstance(price, str)},
        cleared=[cell_id for cell_id, price in wanted.items() if isinstance(price, str)],
        by=current_person(),
        seen=form.marks(),
    )


def _shown_again(place: _Place, form: PriceForm, saved: Saved) -> PriceForm:
    """The page's prices as they now stand, and what is not saved as it was typed."""
    again = price_form(place.schedule(), fresh=True)
    refused = {cell.id for cell in form.schedule.cells if form.fee(cell).errors}
    again.show_as_typed(form, refused | saved.unusual.keys() | saved.conflicts.keys())
    again.confirmed.data = describe_fees(saved.unusual)
    return again


def prices_address(application: Application) -> str:
    """Where prices are filled in next: the first placement type that lacks some, or the overview of all."""
    code = queries.get_schedule(application).unfinished_after(None)
    return _address(application, code) if code is not None else _overview(application)


def _onward(application: Application, type_code: str) -> ResponseReturnValue:
    schedule = queries.get_schedule(application)
    following = schedule.unfinished_after(type_code)
    if any(request.form.get(f"keep-{cell.id}") for cell in schedule.of_type(type_code).cells):
        return done("Your choice is saved.", _address(application, type_code))
    if request.form.get("then") == "later":
        address = _overview(application)
    elif following is not None:
        address = _address(application, following)
    else:
        address = url_for("applications.check", application_id=application.id)
    return done(f"{schedule.types[type_code]}: prices saved.", address)


def _address(application: Application, type_code: str) -> str:
    return url_for("applications.price_type", application_id=application.id, type_code=type_code)


def _overview(application: Application) -> str:
    return url_for("applications.prices", application_id=application.id)


def _price_page(place: _Place, form: PriceForm, saved: Saved | None = None) -> ResponseReturnValue:
    saved = saved or Saved()
    application, schedule = place.application, form.schedule
    last = schedule.last_saved
    return page(
        "applications/price_type.html",
        saved.status if form.errors or saved.conflicts else 200,
        application=application,
        type_code=place.type_code,
        type_label=schedule.types[place.type_code],
        form=form,
        schedule=schedule,
        rows=_by_band(schedule),
        saved=saved,
        last=last,
        people=_names_of([last, *(conflict.stored for conflict in saved.conflicts.values())]),
        may_edit=may_edit_now(application),
    )


def _names_of(prices: Iterable[BidPrice | None]) -> dict[uuid.UUID, str]:
    ids = {price.priced_by_id for price in prices if price is not None and price.priced_by_id is not None}
    return queries.list_names(ids) if ids else {}


def _by_band(schedule: Schedule) -> dict[str, list[queries.AskedCell]]:
    rows: dict[str, list[queries.AskedCell]] = {}
    for cell in schedule.cells:
        rows.setdefault(cell.cell.age_band, []).append(cell)
    return rows
