"""A provider's price schedule: on any date, version by version, and lowering it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import done, page, page_number
from portal.frameworks.queries import CellRow, list_age_bands, list_cells
from portal.pricing import policy, queries, services
from portal.pricing.forms import PREFIX, LowerForm, NewFees
from portal.pricing.models import PriceVersion
from portal.pricing.modifiers import nightly
from portal.pricing.queries import Schedule

blueprint = Blueprint("pricing", __name__)

PAGE_SIZE = 25


@blueprint.get("/prices")
@access(policy.can_begin)
def index() -> ResponseReturnValue:
    person = current_person()
    number = page_number()
    offset = (number - 1) * PAGE_SIZE
    found = queries.list_schedules(person, limit=PAGE_SIZE + 1, offset=offset)
    if len(found) == 1 and number == 1 and not person.is_council:
        return redirect(_address("pricing.schedule", found[0]))
    return page(
        "pricing/index.html",
        schedules=found[:PAGE_SIZE],
        number=number,
        offset=offset,
        has_next=len(found) > PAGE_SIZE,
        today=clock.today(),
    )


@blueprint.get("/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>")
@access(policy.can_read, of=queries.get_schedule)
def schedule(schedule: Schedule) -> ResponseReturnValue:
    day, day_error = _asked_day()
    return page(
        "pricing/schedule.html",
        schedule=schedule,
        day=day,
        day_error=day_error,
        today=clock.today(),
        prices=queries.list_prices(schedule, day),
        coming=queries.list_coming(schedule, day),
        latest=queries.list_versions(schedule, limit=1),
        may_lower=policy.can_lower(current_person(), schedule),
        is_own=current_person().acts_for(schedule.organisation.id),
        nightly=nightly,
        **_grid(),
    )


@blueprint.get("/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/versions")
@access(policy.can_read, of=queries.get_schedule)
def versions(schedule: Schedule) -> ResponseReturnValue:
    number = page_number()
    offset = (number - 1) * PAGE_SIZE
    return page(
        "pricing/versions.html",
        schedule=schedule,
        versions=queries.list_versions(schedule, limit=PAGE_SIZE, offset=offset),
        total=queries.count_versions(schedule),
        number=number,
        offset=offset,
        page_size=PAGE_SIZE,
        today=clock.today(),
    )


@blueprint.get("/prices/versions/<uuid:price_version_id>")
@access(policy.can_read_version, of=queries.get_version)
def version(version: PriceVersion) -> ResponseReturnValue:
    person = current_person()
    changes = {change.cell_id: change for change in queries.list_changes(version)}
    return page(
        "pricing/version.html",
        version=version,
        schedule=queries.get_schedule(person, version.organisation_id, version.framework_id),
        lines=[(cell, changes[cell.id]) for cell in list_cells() if cell.id in changes],
        today=clock.today(),
        nightly=nightly,
    )


@blueprint.route(
    "/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/lower", methods=["GET", "POST"]
)
@access(policy.can_lower, of=queries.get_schedule)
def lower(schedule: Schedule) -> ResponseReturnValue:
    form, fees = LowerForm(), NewFees(request.form)
    if request.method == "GET":
        form.once.data, form.seen.data = str(uuid.uuid4()), str(queries.latest_number(schedule))
        form.effective_from.data = first_of_next_month(clock.today())
    elif form.validate_on_submit() and not fees.errors and request.form.get("step") != "change":
        try:
            return _check_or_save(schedule, form, fees)
        except Invalid as error:
            _show_beside_field(form, fees, error)
    day = form.effective_from.data or clock.today()
    return page(
        "pricing/lower.html",
        422 if form.errors or fees.errors else 200,
        schedule=schedule,
        form=form,
        fees=fees,
        has_errors=bool(form.errors or fees.errors),
        prices=queries.list_prices(schedule, max(day, clock.today())),
        **_grid(),
    )


def _check_or_save(schedule: Schedule, form: LowerForm, fees: NewFees) -> ResponseReturnValue:
    starts = cast(date, form.effective_from.data)
    if request.form.get("step") != "save":
        lines = services.plan_lowering(schedule, fees.fees, starts)
        cells = {cell.id: cell for cell in list_cells()}
        return page(
            "pricing/check.html",
            schedule=schedule,
            form=form,
            fees=fees,
            lines=lines,
            cells=cells,
            prefix=PREFIX,
        )
    once.claim(form.once.data)
    version = services.lower_prices(
        schedule.framework,
        schedule.organisation,
        fees.fees,
        effective_from=starts,
        reason=form.reason.data or "",
        by=current_person(),
        seen_number=request.form.get("seen", type=int),
    )
    message = "Lower prices saved." if len(fees.fees) > 1 else "Lower price saved."
    return done(message, url_for("pricing.version", price_version_id=version.id))


def first_of_next_month(day: date) -> date:
    """The date on which most changes begin."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _show_beside_field(form: LowerForm, fees: NewFees, error: Invalid) -> None:
    name = error.field or ""
    if name.startswith(PREFIX):
        fees.errors[int(name[len(PREFIX) :])] = error.message
    elif name in form:
        form[name].errors = [*form[name].errors, error.message]
    else:
        raise error
    session.rollback()


def _asked_day() -> tuple[date, str]:
    asked = request.args.get("day", "")
    try:
        return (date.fromisoformat(asked), "") if asked else (clock.today(), "")
    except ValueError:
        return clock.today(), "Enter a real date. Showing today’s prices."


def _grid() -> dict[str, Any]:
    """The rows of the grid (type × category, grouped by type) and its columns (age bands)."""
    groups: dict[str, dict[str, dict[str, CellRow]]] = {}
    for cell in list_cells():
        groups.setdefault(cell.placement_type, {}).setdefault(cell.need_category, {})[cell.band_code] = cell
    return {"groups": groups, "bands": _used(list_age_bands(), groups)}


def _used(bands: Iterable[Any], groups: dict[str, dict[str, dict[str, CellRow]]]) -> list[Any]:
    used = {code for rows in groups.values() for cells in rows.values() for code in cells}
    return [band for band in bands if band.code in used]


def _address(endpoint: str, schedule: Schedule) -> str:
    return url_for(endpoint, organisation_id=schedule.organisation.id, framework_id=schedule.framework.id)
