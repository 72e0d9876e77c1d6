"""A provider's price schedule: on any date, version by version, two versions compared, and lowering it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import cast

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import beside, done, page, page_number
from portal.frameworks.queries import list_cells
from portal.pricing import policy, queries, services
from portal.pricing.forms import LowerForm, ModifiersForm
from portal.pricing.models import PriceVersion
from portal.pricing.modifiers import describe, is_unusual, nightly
from portal.pricing.queries import Schedule
from portal.pricing.typed import MODIFIER_FIELDS, PREFIX, TypedFees, TypedModifiers

blueprint = Blueprint("pricing", __name__)

PAGE_SIZE = 25
MOST_TO_CHOOSE = 100  # versions to compare with
HIGHEST_NUMBER = 2**31 - 1


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
    prices, coming = queries.list_prices(schedule, day), queries.list_coming(schedule, day)
    grid = queries.get_grid()
    agreed_types = grid.types_of({*prices, *coming})
    asked_type = request.args.get("type", "")
    return page(
        "pricing/schedule.html",
        agreed_types=agreed_types,
        chosen_type=asked_type if asked_type in agreed_types else "",
        schedule=schedule,
        day=day,
        day_error=day_error,
        today=clock.today(),
        prices=prices,
        coming=coming,
        latest=queries.list_versions(schedule, limit=1),
        modifiers=queries.find_modifiers_row(schedule, day),
        described=describe(queries.find_modifiers(schedule, day)),
        may_lower=policy.can_lower(current_person(), schedule),
        is_own=current_person().acts_for(schedule.organisation.id),
        nightly=nightly,
        grid=grid,
    )


@blueprint.get("/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/versions")
@access(policy.can_read, of=queries.get_schedule)
def versions(schedule: Schedule) -> ResponseReturnValue:
    number = page_number()
    offset = (number - 1) * PAGE_SIZE
    found = queries.list_versions(schedule, limit=PAGE_SIZE, offset=offset)
    return page(
        "pricing/versions.html",
        schedule=schedule,
        versions=found,
        standings=queries.standings_of(found, clock.today()),
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
        standing=queries.standings_of([version], clock.today())[version.id],
        described=describe(queries.modifiers_from(version.modifiers)) if version.modifiers else [],
        today=clock.today(),
        nightly=nightly,
    )


@blueprint.get("/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/compare-versions")
@access(policy.can_read, of=queries.get_schedule)
def compare(schedule: Schedule) -> ResponseReturnValue:
    first, second = (_asked_version(schedule, name) for name in ("from", "to"))
    pairs = (
        {
            pair.cell_id: pair
            for pair in queries.compare_days(schedule, first.effective_from, second.effective_from)
        }
        if first and second
        else {}
    )
    return page(
        "pricing/compare.html",
        schedule=schedule,
        first=first,
        second=second,
        versions=queries.list_versions(schedule, limit=MOST_TO_CHOOSE),
        lines=[(cell, pairs[cell.id]) for cell in list_cells() if cell.id in pairs],
        described=[
            describe(queries.find_modifiers(schedule, version.effective_from))
            for version in (first, second)
            if version
        ],
    )


@blueprint.route(
    "/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/modifiers", methods=["GET", "POST"]
)
@access(policy.can_lower, of=queries.get_schedule)
def modifiers(schedule: Schedule) -> ResponseReturnValue:
    form, entered = ModifiersForm(), TypedModifiers(request.form.items())
    if request.method == "GET":
        form.once.data, form.seen.data = str(uuid.uuid4()), str(queries.latest_number(schedule))
        form.effective_from.data = first_of_next_month(clock.today())
        entered = TypedModifiers.of(queries.find_modifiers(schedule, form.effective_from.data))
    elif form.validate_on_submit() and not entered.errors:
        try:
            return _save_modifiers(schedule, form, entered)
        except Invalid as error:
            _show_beside_modifier(form, entered, error)
    day = form.effective_from.data or clock.today()
    return page(
        "pricing/modifiers.html",
        422 if form.errors or entered.errors else 200,
        schedule=schedule,
        form=form,
        entered=entered,
        modifier_fields=MODIFIER_FIELDS,
        has_errors=bool(form.errors or entered.errors),
        described=describe(queries.find_modifiers(schedule, day)),
        day=day,
    )


def _save_modifiers(schedule: Schedule, form: ModifiersForm, entered: TypedModifiers) -> ResponseReturnValue:
    once.claim(form.once.data)
    version = services.lower_modifiers(
        schedule.framework,
        schedule.organisation,
        entered.modifiers,
        effective_from=cast(date, form.effective_from.data),
        reason=form.reason.data or "",
        by=current_person(),
        seen_number=request.form.get("seen", type=int),
    )
    return done("Modifiers saved.", url_for("pricing.version", price_version_id=version.id))


def _show_beside_modifier(form: ModifiersForm, entered: TypedModifiers, error: Invalid) -> None:
    if error.field in {field.name for field in MODIFIER_FIELDS}:
        entered.errors[error.field or ""] = error.message
        session.rollback()
    else:
        beside(form, error)


def _asked_version(schedule: Schedule, name: str) -> PriceVersion | None:
    number = request.args.get(name, type=int)
    return (
        None if number is None else queries.find_version_numbered(schedule, min(abs(number), HIGHEST_NUMBER))
    )


@blueprint.route(
    "/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/lower", methods=["GET", "POST"]
)
@access(policy.can_lower, of=queries.get_schedule)
def lower(schedule: Schedule) -> ResponseReturnValue:
    form, fees = LowerForm(), TypedFees(request.form.items())
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
        grid=queries.get_grid(),
    )


def _check_or_save(schedule: Schedule, form: LowerForm, fees: TypedFees) -> ResponseReturnValue:
    starts = cast(date, form.effective_from.data)
    unusual = {cell_id: fee for cell_id, fee in fees.fees.items() if is_unusual(fee)}
    unsure = bool(unusual) and not form.unusual.data
    if request.form.get("step") != "save" or unsure:
        lines = services.plan_lowering(schedule, fees.fees, starts)
        if request.form.get("step") == "save":
            form.unusual.errors = ["Say that these prices are right, or change them"]
        cells = {cell.id: cell for cell in list_cells()}
        return page(
            "pricing/check.html",
            422 if form.errors else 200,
            unusual=unusual,
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


def _show_beside_field(form: LowerForm, fees: TypedFees, error: Invalid) -> None:
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


def _address(endpoint: str, schedule: Schedule) -> str:
    return url_for(endpoint, organisation_id=schedule.organisation.id, framework_id=schedule.framework.id)
