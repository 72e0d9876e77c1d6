"""Publishing the record, the statutory report, and the pages of published records that anybody may read."""

from __future__ import annotations

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person, public
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page
from portal.decisions import policy, queries, services
from portal.decisions.forms import PublishForm
from portal.decisions.models import DecisionRecord
from portal.decisions.services import typesetting
from portal.decisions.views.frame import blueprint, day, pdf
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/decisions/rounds/<uuid:round_id>/publish", methods=["GET", "POST"])
@access(policy.can_publish_record, of=queries.get_record)
def publish(record: DecisionRecord) -> ResponseReturnValue:
    today = clock.today()
    proposed = services.propose_call_in_end(today) if record.is_key else None
    form = PublishForm(data={"published_on": today, "call_in_ends_on": proposed})
    if form.validate_on_submit():
        try:
            services.publish_record(
                record,
                published_on=day(form.published_on),
                call_in_ends_on=form.call_in_ends_on.data,
                by=current_person(),
            )
            return done("Published.", url_for("decisions.papers", round_id=record.round_id))
        except Invalid as error:
            beside(form, error)
    return page("decisions/publish.html", form_status(form), record=record, round=record.round, form=form)


@blueprint.route("/decisions/rounds/<uuid:round_id>/procurement-report", methods=["GET"])
@access(policy.can_see_procurement_report, of=get_round)
def procurement_report(round_: Round) -> ResponseReturnValue:
    return page(
        "decisions/procurement_report.html", round=round_, sections=services.procurement_report(round_)
    )


@blueprint.route("/decisions/rounds/<uuid:round_id>/procurement-report/pdf", methods=["GET"])
@access(policy.can_see_procurement_report, of=get_round)
def procurement_report_pdf(round_: Round) -> ResponseReturnValue:
    return pdf(services.render_procurement_report(round_), f"{round_.title} procurement report.pdf")


@blueprint.route("/decision-records", methods=["GET"])
@public
def published() -> ResponseReturnValue:
    return page("decisions/published.html", records=queries.list_published())


@blueprint.route("/decision-records/<uuid:round_id>", methods=["GET"])
@public
def published_record(round_id: uuid.UUID) -> ResponseReturnValue:
    record = queries.get_published(round_id)
    return page(
        "decisions/published_record.html",
        record=record,
        shown=record.content,
        rows=typesetting.procedure_rows(record.content),
        spend=typesetting.spend_rows(record.content["spend"]),
    )


@blueprint.route("/decision-records/<uuid:round_id>/pdf", methods=["GET"])
@public
def published_pdf(round_id: uuid.UUID) -> ResponseReturnValue:
    record = queries.get_published(round_id)
    return pdf(services.render_published(record), f"{record.number} record of decision.pdf")
