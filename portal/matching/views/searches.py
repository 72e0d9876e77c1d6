"""A council's saved searches: keeping one, its page with the call-off order and the answers, closing it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.errors import Invalid, NotFound
from portal.core.web import done, form_status, page, page_number, seen_version
from portal.matching import policy, queries, services
from portal.matching.forms import CloseForm, InHouseForm, SaveForm, arguments
from portal.matching.models import Search
from portal.matching.states import EnquiryState, InHouse, SearchOutcome
from portal.matching.views.frame import asked_needs, blueprint, sent_back, show_search

PAGE_SIZE = 25


@blueprint.get("/searches")
@access(policy.can_list_searches)
def saved_searches() -> ResponseReturnValue:
    is_open = request.args.get("state") != "closed"
    number = page_number()
    offset = (number - 1) * PAGE_SIZE
    found = queries.list_searches(current_person(), is_open=is_open, limit=PAGE_SIZE + 1, offset=offset)
    return page(
        "matching/saved_searches.html",
        rows=[(*row, queries.summary_words(row[0].child_needs)) for row in found[:PAGE_SIZE]],
        is_open=is_open,
        number=number,
        offset=offset,
        has_next=len(found) > PAGE_SIZE,
        both_councils=len(queries.councils_of(current_person())) > 1,
    )


@blueprint.route("/find-a-placement/save", methods=["GET", "POST"])
@access(policy.can_search)
def save_search() -> ResponseReturnValue:
    form = SaveForm()
    needs = asked_needs()
    if needs is None:
        raise NotFound
    if not form.is_submitted():
        form.once.data = str(uuid.uuid4())
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            search = services.save_search(
                needs,
                reference=form.reference.data or "",
                note=form.note.data or "",
                by=current_person(),
                checked=bool(form.checked.data),
            )
            return done("Saved. Your council’s placement officers can open it too.", show_search(search))
        except Invalid as error:
            sent_back(form, error)
    return page(
        "matching/save_search.html",
        form_status(form),
        form=form,
        needs=needs,
        lines=queries.list_needs(needs),
        arguments=arguments(needs),
    )


@blueprint.post("/searches/<uuid:search_id>/needs")
@access(policy.can_keep_search, of=queries.get_search)
def change_needs(search: Search) -> ResponseReturnValue:
    needs = asked_needs()
    if needs is None:
        raise NotFound
    services.change_search(search, needs, by=current_person(), seen_version=seen_version())
    return done("The needs are saved. Enquiries sent before stay as they were sent.", show_search(search))


@blueprint.get("/searches/<uuid:search_id>")
@access(policy.can_read_search, of=queries.get_search)
def saved_search(search: Search) -> ResponseReturnValue:
    return _page_of(search, InHouseForm())


@blueprint.get("/searches/<uuid:search_id>/answers")
@access(policy.can_read_search, of=queries.get_search)
def answers(search: Search) -> ResponseReturnValue:
    return page("matching/_answers.html", search=search, **_answers_of(search))


@blueprint.post("/searches/<uuid:search_id>/in-house")
@access(policy.can_keep_search, of=queries.get_search)
def in_house(search: Search) -> ResponseReturnValue:
    form = InHouseForm()
    if form.validate_on_submit():
        try:
            services.record_in_house(
                search,
                InHouse(form.answer.data),
                note=form.note.data or "",
                by=current_person(),
                checked=bool(form.checked.data),
            )
            return done("The in-house answer is on record.", show_search(search))
        except Invalid as error:
            sent_back(form, error)
    return _page_of(search, form)


@blueprint.route("/searches/<uuid:search_id>/close", methods=["GET", "POST"])
@access(policy.can_keep_search, of=queries.get_search)
def close_search(search: Search) -> ResponseReturnValue:
    form = CloseForm(version=search.version)
    if form.validate_on_submit():
        try:
            services.close_search(
                search,
                SearchOutcome(form.outcome.data),
                words=form.words.data or "",
                by=current_person(),
                seen_version=seen_version(),
                checked=bool(form.checked.data),
            )
            return done("The search is closed.", show_search(search))
        except Invalid as error:
            sent_back(form, error)
    return page("matching/close_search.html", form_status(form), form=form, search=search)


def _page_of(search: Search, form: Any) -> ResponseReturnValue:
    needs = search.child_needs
    placements = queries.list_placements_of(search.id)
    return page(
        "matching/saved_search.html",
        form_status(form) if form.is_submitted() else 200,
        form=form,
        search=search,
        needs=needs,
        summary=queries.summary_words(needs),
        lines=queries.list_needs(needs),
        arguments=arguments(needs),
        in_house=queries.find_in_house(search),
        call_offs=queries.list_call_offs(search),
        placements=placements,
        may_keep=policy.can_keep_search(current_person(), search),
        **_answers_of(search),
    )


def _answers_of(search: Search) -> dict[str, Any]:
    now = clock.now()
    enquiries = queries.list_enquiries_of(search)
    return {
        "enquiries": [(one, one.has_lapsed(now)) for one in enquiries],
        "waiting": sum(one.state == EnquiryState.SENT and not one.has_lapsed(now) for one in enquiries),
        "offers": sum(one.state == EnquiryState.OFFERED for one in enquiries),
        "may_decide": policy.can_keep_search(current_person(), search),
    }
