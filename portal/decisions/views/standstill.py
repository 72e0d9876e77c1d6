"""The page of standstill: its clock, what was recorded, and recording more."""

from __future__ import annotations

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page
from portal.decisions import policy, queries, services
from portal.decisions.forms import AwardNoticeForm, EventForm
from portal.decisions.models import DecisionRecord
from portal.decisions.standstill import in_words, last_day
from portal.decisions.states import EventKind
from portal.decisions.views.frame import blueprint, day
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/decisions/rounds/<uuid:round_id>/standstill", methods=["GET", "POST"])
@access(policy.can_record_event, of=get_round)
def standstill(round_: Round) -> ResponseReturnValue:
    form = EventForm()
    form.once.data = form.once.data or str(uuid.uuid4())
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            kind = EventKind(form.kind.data)
            services.record_event(
                round_,
                kind,
                happened_on=day(form.happened_on),
                summary=form.summary.data or "",
                extends_to=form.extends_to.data,
                by=current_person(),
            )
            return done(
                f"Recorded: {kind.label.lower()}.", url_for("decisions.standstill", round_id=round_.id)
            )
        except Invalid as error:
            beside(form, error)
    ends = round_.standstill_ends_at
    return page(
        "decisions/standstill.html",
        form_status(form),
        round=round_,
        form=form,
        events=queries.list_events(round_),
        claim=queries.find_open_claim(round_),
        ends=in_words(ends) if ends else None,
        last_day=last_day(ends) if ends else None,
        is_over=ends is not None and clock.now() > ends,
        record=queries.find_record(round_),
    )


@blueprint.route("/decisions/rounds/<uuid:round_id>/award-notice", methods=["GET", "POST"])
@access(policy.can_publish_record, of=queries.get_record)
def award_notice(record: DecisionRecord) -> ResponseReturnValue:
    form = AwardNoticeForm(data={"published_on": clock.today()})
    if form.validate_on_submit():
        try:
            services.record_award_notice(
                record,
                reference=form.reference.data or "",
                published_on=day(form.published_on),
                by=current_person(),
            )
            return done(
                "Recorded. Standstill has begun.", url_for("decisions.standstill", round_id=record.round_id)
            )
        except Invalid as error:
            beside(form, error)
    return page(
        "decisions/award_notice.html", form_status(form), record=record, round=record.round, form=form
    )
