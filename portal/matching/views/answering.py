"""A provider's enquiries: the list, one with the child's needs, offering a place or saying that there is none."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import date
from typing import cast

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.ui import plural
from portal.core.web import done, form_status, page, page_number, seen_version
from portal.matching import policy, queries, services
from portal.matching.forms import OfferForm, TurnDownForm
from portal.matching.models import Enquiry
from portal.matching.states import CannotReason, EnquiryState
from portal.matching.views.frame import blueprint, sent_back
from portal.vacancies.models import Vacancy

PAGE_SIZE = 25
ANSWERABLE = (EnquiryState.SENT, EnquiryState.OFFERED, EnquiryState.CANNOT)


@blueprint.get("/enquiries")
@access(policy.can_list_enquiries)
def enquiries() -> ResponseReturnValue:
    is_open = request.args.get("state") != "closed"
    number = page_number()
    offset = (number - 1) * PAGE_SIZE
    found = queries.list_enquiries(current_person(), is_open=is_open, limit=PAGE_SIZE + 1, offset=offset)
    now = clock.now()
    return page(
        "matching/enquiries.html",
        rows=[
            (one, queries.summary_words(one.child_needs), one.has_lapsed(now)) for one in found[:PAGE_SIZE]
        ],
        is_open=is_open,
        number=number,
        offset=offset,
        has_next=len(found) > PAGE_SIZE,
        several=len(current_person().organisation_ids) > 1,
    )


@blueprint.get("/enquiries/<uuid:enquiry_id>")
@access(policy.can_read_enquiry, of=queries.get_enquiry)
def enquiry(enquiry: Enquiry) -> ResponseReturnValue:
    needs = enquiry.child_needs
    has_lapsed = enquiry.has_lapsed(clock.now())
    is_open = queries.is_still_looked_for(enquiry)
    return page(
        "matching/enquiry.html",
        enquiry=enquiry,
        lines=queries.list_needs(needs),
        summary=queries.summary_words(needs),
        has_lapsed=has_lapsed,
        may_answer=policy.can_answer(current_person(), enquiry)
        and is_open
        and not has_lapsed
        and enquiry.state in ANSWERABLE,
        is_open=is_open,
        placements=queries.list_placements_from(enquiry),
    )


@blueprint.route("/enquiries/<uuid:enquiry_id>/offer", methods=["GET", "POST"])
@access(policy.can_answer, of=queries.get_enquiry)
def offer(enquiry: Enquiry) -> ResponseReturnValue:
    form = OfferForm(
        version=enquiry.version,
        vacancy=str(enquiry.vacancy_id or ""),
        available_from=enquiry.available_from
        or max(clock.today(), enquiry.child_needs.needed_from or date.min),
        conditions=enquiry.conditions,
    )
    offerable = queries.list_offerable(enquiry.organisation_id, enquiry.child_needs.together)
    form.vacancy.choices = [
        SelectChoice("", "Choose a household"),
        *(SelectChoice(str(one.id), _household(one)) for one in offerable),
    ]
    if form.validate_on_submit():
        try:
            services.offer_place(
                enquiry,
                _chosen(enquiry, form),
                available_from=cast(date, form.available_from.data),
                conditions=form.conditions.data or "",
                by=current_person(),
                seen_version=seen_version(),
                checked=bool(form.checked.data),
            )
            return done("Your offer is with the council.", _show(enquiry))
        except Invalid as error:
            sent_back(form, error)
    return page(
        "matching/offer.html",
        form_status(form),
        form=form,
        enquiry=enquiry,
        summary=queries.summary_words(enquiry.child_needs),
        has_any=bool(offerable),
    )


@blueprint.route("/enquiries/<uuid:enquiry_id>/cannot-offer", methods=["GET", "POST"])
@access(policy.can_answer, of=queries.get_enquiry)
def turn_down(enquiry: Enquiry) -> ResponseReturnValue:
    form = TurnDownForm(
        version=enquiry.version,
        reason=enquiry.cannot_reason and enquiry.cannot_reason.value,
        words=enquiry.cannot_words,
    )
    if form.validate_on_submit():
        try:
            services.turn_down(
                enquiry,
                reason=CannotReason(form.reason.data),
                words=form.words.data or "",
                by=current_person(),
                seen_version=seen_version(),
                checked=bool(form.checked.data),
            )
            return done("Your answer is with the council.", url_for("matching.enquiries"))
        except Invalid as error:
            sent_back(form, error)
    return page(
        "matching/turn_down.html",
        form_status(form),
        form=form,
        enquiry=enquiry,
        summary=queries.summary_words(enquiry.child_needs),
    )


def _chosen(enquiry: Enquiry, form: OfferForm) -> Vacancy:
    found = None
    with suppress(ValueError):
        found = queries.get_offerable(enquiry, uuid.UUID(form.vacancy.data))
    if found is None:
        raise Invalid("Choose one of your own households", field="vacancy")
    return found


def _household(vacancy: Vacancy) -> str:
    where = vacancy.district.name if vacancy.district else "outside Kent and Medway"
    free = plural(vacancy.free_places, "place")
    return f"{vacancy.carer_reference}: {free}, ages {vacancy.age_from} to {vacancy.age_to}, {where}"


def _show(enquiry: Enquiry) -> str:
    return url_for("matching.enquiry", enquiry_id=enquiry.id)
