"""Sending enquiries: to framework providers, and last to spot providers."""

from __future__ import annotations

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from portal.adapters import mail
from portal.core import once
from portal.core.access import access, current_person
from portal.core.clock import LONDON
from portal.core.errors import Invalid
from portal.core.ui import plural
from portal.core.web import done, form_status, page, seen_version
from portal.matching import policy, queries, services
from portal.matching.forms import AskForm
from portal.matching.forms.asking import urgent_answer_by, usual_answer_by
from portal.matching.models import Search
from portal.matching.states import Tier
from portal.matching.views.frame import blueprint, sent_back, show_search


@blueprint.route("/searches/<uuid:search_id>/ask", methods=["GET", "POST"])
@access(policy.can_keep_search, of=queries.get_search)
def ask(search: Search) -> ResponseReturnValue:
    form = _form(search)
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            sent = services.send_enquiries(
                search,
                form.chosen(),
                form.asking(),
                narrowed_reason=form.narrowed_reason.data or "",
                by=current_person(),
                seen_version=seen_version(),
            )
            return done(_sent(len(sent)), show_search(search))
        except Invalid as error:
            sent_back(form, error)
    candidates = queries.list_active(search.child_needs, search)
    return _page("matching/ask.html", search, form, candidates, Tier.FRAMEWORK)


@blueprint.route("/searches/<uuid:search_id>/ask-spot-providers", methods=["GET", "POST"])
@access(policy.can_keep_search, of=queries.get_search)
def ask_spot(search: Search) -> ResponseReturnValue:
    form = _form(search)
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            sent = services.send_to_spot_providers(
                search,
                form.chosen(),
                form.asking(),
                spot_reason=form.spot_reason.data or "",
                by=current_person(),
                seen_version=seen_version(),
            )
            return done(_sent(len(sent)), show_search(search))
        except Invalid as error:
            sent_back(form, error)
    return _page("matching/ask_spot.html", search, form, queries.list_spot(search), Tier.SPOT)


def _form(search: Search) -> AskForm:
    form = AskForm(version=search.version)
    if not form.is_submitted():
        form.once.data = str(uuid.uuid4())
        form.answer_by.data = usual_answer_by()
    return form


def _page(
    template: str, search: Search, form: AskForm, candidates: list[queries.Candidate], tier: Tier
) -> ResponseReturnValue:
    ticked: set[Any] = set(form.chosen())
    if not form.is_submitted():
        ticked = {one.organisation.id for one in candidates if one.is_suitable and not one.was_asked}
    return page(
        template,
        form_status(form),
        form=form,
        search=search,
        candidates=candidates,
        ticked=ticked,
        tier=tier,
        in_house=queries.find_in_house(search),
        sends_texts=mail.current().sends_texts,
        urgent_by=urgent_answer_by().replace(tzinfo=LONDON),
    )


def _sent(count: int) -> str:
    return f"Sent to {plural(count, 'provider')}. Answers appear here as they come."
