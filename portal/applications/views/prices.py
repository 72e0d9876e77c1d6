"""The price schedule: an overview by placement type, and a page of cells for each."""

from __future__ import annotations

from decimal import Decimal

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import PriceForm, describe_fees, price_form, stored_price
from portal.applications.models import Application
from portal.applications.queries import Schedule
from portal.applications.views import blueprint
from portal.applications.views.drafting import may_edit_now
from portal.core.access import access, current_person
from portal.core.errors import NotFound, Stale
from portal.core.web import done, page


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
    schedule = _schedule(application, type_code)
    form = price_form(schedule)
    if request.method == "GET":
        return _price_page(application, type_code, form)
    if request.form.get("then") == "none":
        return _offer_none(application, type_code, form)
    return _save(application, type_code, form)


def _save(application: Application, type_code: str, form: PriceForm) -> ResponseReturnValue:
    form.validate()
    prices, blank = form.read()
    if form.errors:
        return _price_page(application, type_code, form, status=422)
    unusual = {
        cell_id: fee for cell_id, fee in prices.items() if fee is not None and services.is_unusual(fee)
    }
    if unusual and form.confirmed.data != describe_fees(unusual):
        form.confirmed.data = describe_fees(unusual)
        return _price_page(application, type_code, form, unusual=unusual)
    try:
        services.save_prices(application, prices, cleared=blank, by=current_person(), seen=form.seen.data)
    except Stale:
        form.schedule = _schedule(application, type_code)
        return _price_page(application, type_code, form, status=409, is_stale=True)
    return _onward(application, type_code)


def _offer_none(application: Application, type_code: str, form: PriceForm) -> ResponseReturnValue:
    services.save_prices(
        application, {cell.id: None for cell in form.schedule.cells}, by=current_person(), seen=form.seen.data
    )
    return _onward(application, type_code)


def prices_address(application: Application) -> str:
    """Where prices are filled in next: the first placement type that lacks some, or the overview of all."""
    code = queries.get_schedule(application).unfinished_after(None)
    return _address(application, code) if code is not None else _overview(application)


def _onward(application: Application, type_code: str) -> ResponseReturnValue:
    schedule = queries.get_schedule(application)
    following = schedule.unfinished_after(type_code)
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


def _price_page(
    application: Application,
    type_code: str,
    form: PriceForm,
    *,
    status: int = 200,
    unusual: dict[int, Decimal] | None = None,
    is_stale: bool = False,
) -> ResponseReturnValue:
    if is_stale:
        form.remember()
    return page(
        "applications/price_type.html",
        status,
        application=application,
        type_code=type_code,
        type_label=form.schedule.types[type_code],
        form=form,
        schedule=form.schedule,
        rows=_by_band(form.schedule),
        unusual=unusual or {},
        is_stale=is_stale,
        stored=stored_price,
        may_edit=may_edit_now(application),
    )


def _by_band(schedule: Schedule) -> dict[str, list[queries.AskedCell]]:
    rows: dict[str, list[queries.AskedCell]] = {}
    for cell in schedule.cells:
        rows.setdefault(cell.cell.age_band, []).append(cell)
    return rows


def _schedule(application: Application, type_code: str) -> Schedule:
    schedule = queries.get_schedule(application).of_type(type_code)
    if not schedule.cells:
        raise NotFound
    return schedule
