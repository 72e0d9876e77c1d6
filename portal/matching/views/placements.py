"""Placements: a council's own or a provider's own, and what happens to one."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import done, form_status, page, page_number, seen_version
from portal.matching import policy, queries, services
from portal.matching.forms import AbandonForm, EndForm, StartForm
from portal.matching.models import Enquiry, Placement
from portal.matching.needs import Child
from portal.matching.states import Ending, EndReason, PlacementState
from portal.matching.views.frame import blueprint, sent_back
from portal.matching.workflow import PLACEMENT
from portal.vacancies.states import Gender

PAGE_SIZE = 25


@blueprint.get("/placements")
@access(policy.can_list_placements)
def placements() -> ResponseReturnValue:
    asked = request.args.get("state", "")
    state = PlacementState(asked) if asked in set(PlacementState) else None
    number = page_number()
    offset = (number - 1) * PAGE_SIZE
    person = current_person()
    counts = queries.count_placements(person)
    return page(
        "matching/placements.html",
        placements=queries.list_placements(person, state=state, limit=PAGE_SIZE, offset=offset),
        counts=counts,
        total=sum(counts.values()) if state is None else counts[state],
        state=state,
        number=number,
        offset=offset,
        page_size=PAGE_SIZE,
        is_council=person.is_council,
        both_councils=len(queries.councils_of(person)) > 1,
    )


@blueprint.get("/placements/<uuid:placement_id>")
@access(policy.can_read_placement, of=queries.get_placement)
def placement(placement: Placement) -> ResponseReturnValue:
    person = current_person()
    is_council = not person.acts_for(placement.organisation_id)
    enquiry: Enquiry | None = placement.enquiry  # sealed from whoever reads placements of both councils
    return page(
        "matching/placement.html",
        placement=placement,
        search=queries.find_search(person, placement.search_id) if is_council else None,
        may_read_enquiry=enquiry is not None and policy.can_read_enquiry(person, enquiry),
        actions={transition.name for transition in PLACEMENT.available(person, placement)},
        type_words=queries.type_words(placement),
        category_words=queries.category_words(placement),
        child=queries.child_words(
            enquiry.child_needs.children[placement.child_number - 1]
            if enquiry
            else Child(placement.child_age, Gender.ANY)
        ),
    )


@blueprint.route("/placements/<uuid:placement_id>/start", methods=["GET", "POST"])
@access(policy.can_keep_placement, of=queries.get_placement)
def start(placement: Placement) -> ResponseReturnValue:
    form = StartForm(version=placement.version, started_on=min(placement.starts_on, clock.today()))
    if form.validate_on_submit():
        if cast(date, form.started_on.data) > clock.today():
            form.started_on.errors = ["The day the child moved in cannot be still to come"]
        else:
            services.start_placement(
                placement,
                started_on=cast(date, form.started_on.data),
                by=current_person(),
                seen_version=seen_version(),
            )
            return done("The placement is live.", _show(placement))
    return page("matching/start.html", form_status(form), form=form, placement=placement)


@blueprint.route("/placements/<uuid:placement_id>/end", methods=["GET", "POST"])
@access(policy.can_keep_placement, of=queries.get_placement)
def end(placement: Placement) -> ResponseReturnValue:
    form = EndForm(version=placement.version, ended_on=clock.today())
    if form.validate_on_submit():
        wrong = _wrong_day(placement, cast(date, form.ended_on.data))
        if wrong:
            form.ended_on.errors = [wrong]
        else:
            try:
                services.end_placement(
                    placement,
                    ended_on=cast(date, form.ended_on.data),
                    ending=Ending(form.ending.data),
                    reason=EndReason(form.reason.data),
                    words=form.words.data or "",
                    by=current_person(),
                    seen_version=seen_version(),
                    checked=bool(form.checked.data),
                )
                return done("The placement has ended, and the provider has been told.", _show(placement))
            except Invalid as error:
                sent_back(form, error)
    return page("matching/end.html", form_status(form), form=form, placement=placement)


@blueprint.route("/placements/<uuid:placement_id>/never-began", methods=["GET", "POST"])
@access(policy.can_keep_placement, of=queries.get_placement)
def abandon(placement: Placement) -> ResponseReturnValue:
    form = AbandonForm(version=placement.version)
    if form.validate_on_submit():
        try:
            services.abandon_placement(
                placement,
                words=form.words.data or "",
                by=current_person(),
                seen_version=seen_version(),
                checked=bool(form.checked.data),
            )
            return done("On record. The search is open again.", _show(placement))
        except Invalid as error:
            sent_back(form, error)
    return page("matching/abandon.html", form_status(form), form=form, placement=placement)


def _wrong_day(placement: Placement, day: date) -> str | None:
    if day > clock.today():
        return "The last day cannot be still to come"
    if placement.started_on is not None and day < placement.started_on:
        return "The last day cannot be before the child moved in"
    return None


def _show(placement: Placement) -> str:
    return url_for("matching.placement", placement_id=placement.id)
