"""Choosing an offer and declining one."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import date
from typing import cast

from flask import request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import done, form_status, page, seen_version
from portal.matching import policy, queries, services
from portal.matching.forms import ChooseForm, DeclineForm
from portal.matching.models import Enquiry
from portal.matching.states import DeclineReason, EnquiryState, Funding, KeyServiceLine, Tier
from portal.matching.views.frame import blueprint, sent_back, show_search


@blueprint.route("/offers/<uuid:enquiry_id>/choose", methods=["GET", "POST"])
@access(policy.can_decide, of=queries.get_own_enquiry)
def choose(enquiry: Enquiry) -> ResponseReturnValue:
    form = ChooseForm(version=enquiry.version)
    search = queries.get_search(current_person(), enquiry.search_id)
    placed = queries.list_children_placed(search)
    unplaced = [n for n in range(1, len(search.needs["children"]) + 1) if n not in placed]
    others = [one for one in queries.list_enquiries_of(search) if _is_other_offer(one, enquiry)]
    if not form.is_submitted():
        form.starts_on.data = enquiry.available_from
        form.children.data = [
            str(number) for number in (unplaced[:1] if enquiry.child_needs.apart else unplaced)
        ]
        _usual(form, enquiry)
    if form.validate_on_submit():
        try:
            services.choose_offer(
                enquiry,
                _terms(form),
                declines=_declines(others),
                by=current_person(),
                seen_version=seen_version(),
                checked=bool(form.checked.data),
            )
            return done(
                "Chosen. The placement is agreed, and the provider has been told.", show_search(search)
            )
        except Invalid as error:
            sent_back(form, error)
    needs = enquiry.child_needs
    return page(
        "matching/choose.html",
        form_status(form),
        form=form,
        search=search,
        enquiry=enquiry,
        needs=needs,
        unplaced=[(number, queries.child_words(needs.children[number - 1])) for number in unplaced],
        fees=_fees(enquiry, form),
        is_spot=enquiry.tier == Tier.SPOT,
        others=others,
        reasons=list(DeclineReason),
    )


@blueprint.route("/offers/<uuid:enquiry_id>/decline", methods=["GET", "POST"])
@access(policy.can_decide, of=queries.get_own_enquiry)
def decline(enquiry: Enquiry) -> ResponseReturnValue:
    form = DeclineForm(version=enquiry.version)
    search = queries.get_search(current_person(), enquiry.search_id)
    if form.validate_on_submit():
        try:
            services.decline_offer(
                enquiry,
                DeclineReason(form.reason.data),
                words=form.words.data or "",
                by=current_person(),
                seen_version=seen_version(),
                checked=bool(form.checked.data),
            )
            return done("Declined. The provider has been told why.", show_search(search))
        except Invalid as error:
            sent_back(form, error)
    return page("matching/decline.html", form_status(form), form=form, search=search, enquiry=enquiry)


def _is_other_offer(one: Enquiry, chosen: Enquiry) -> bool:
    return one.state == EnquiryState.OFFERED and one.id != chosen.id


def _usual(form: ChooseForm, enquiry: Enquiry) -> None:
    """What the type of placement suggests; the officer decides."""
    line = {"uasc": KeyServiceLine.ASYLUM, "disability": KeyServiceLine.DISABILITY}.get(
        enquiry.needs["placement_type"], KeyServiceLine.CARE_AND_SUPPORT
    )
    form.key_service_line.data = line.value
    is_asylum = line == KeyServiceLine.ASYLUM
    form.funding.data = (Funding.UASC_GRANT if is_asylum else Funding.COUNCIL_BUDGET).value


def _terms(form: ChooseForm) -> services.Terms:
    numbers = []
    for text in form.children.data or ():
        with suppress(ValueError):
            numbers.append(int(text))
    return services.Terms(
        children=numbers,
        starts_on=cast(date, form.starts_on.data),
        key_service_line=KeyServiceLine(form.key_service_line.data),
        funding=Funding(form.funding.data),
        spot_fee=form.spot_fee.data,
    )


def _declines(others: list[Enquiry]) -> dict[uuid.UUID, tuple[DeclineReason, str]]:
    """The other offers that the officer gave a reason for."""
    declined = {}
    for one in others:
        reason = request.form.get(f"decline-{one.id}", "")
        if reason in set(DeclineReason):
            declined[one.id] = (DeclineReason(reason), request.form.get(f"words-{one.id}", ""))
    return declined


def _fees(enquiry: Enquiry, form: ChooseForm) -> queries.Fees | None:
    if enquiry.tier == Tier.SPOT:
        return None
    day = form.starts_on.data or enquiry.available_from or clock.today()
    framework = queries.get_framework_on(day)
    return queries.fees_of(framework.id, [enquiry.organisation_id], enquiry.child_needs, day)[
        enquiry.organisation_id
    ]
