"""Pages of the papers: the report, the record, the exempt part, and what the decision's lawfulness rests on."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid, NotFound
from portal.core.web import beside, done, form_status, page, seen_version
from portal.decisions import policy, queries, services
from portal.decisions.forms import (
    ActionForm,
    ExemptForm,
    PaperForm,
    ProcedureForm,
    ScreeningForm,
    paper_form,
    procedure_values,
)
from portal.decisions.models import DecisionRecord
from portal.decisions.papers import PAPERS
from portal.decisions.services import typesetting
from portal.decisions.views.frame import blueprint, pdf
from portal.documents import services as documents


@blueprint.route("/decisions/rounds/<uuid:round_id>/papers", methods=["GET"])
@access(policy.can_read_papers, of=queries.get_record)
def papers(record: DecisionRecord) -> ResponseReturnValue:
    recommendation = queries.find_latest(record.round)
    assert recommendation is not None, "the papers are drafted with the first recommendation"
    decision = recommendation.decision
    signed = decision.record if decision is not None and decision.record is not None else None
    shown = signed or services.sign_draft(record)
    return page(
        "decisions/papers.html",
        record=record,
        round=record.round,
        recommendation=recommendation,
        signed=signed,
        decision=decision,
        shown=shown,
        rows=typesetting.procedure_rows(shown),
        spend=typesetting.spend_rows(shown["spend"]),
        gaps=[] if signed else queries.approval_gaps(record, recommendation, clock.today()),
        published=queries.find_published(record.round),
        may_edit=policy.can_edit_papers(current_person(), record),
        may_publish=bool(policy.can_publish_record(current_person(), record)),
        papers=PAPERS,
        form=ActionForm(),
    )


@blueprint.route("/decisions/rounds/<uuid:round_id>/papers/<name>", methods=["GET", "POST"])
@access(policy.can_edit_papers, of=queries.get_record)
def edit_paper(record: DecisionRecord, name: str) -> ResponseReturnValue:
    paper = PAPERS.get(name)
    if paper is None:
        raise NotFound
    form: PaperForm = paper_form(paper, getattr(record, paper.column), record.version)
    if form.validate_on_submit():
        texts = {section.key: form[section.field].data or "" for section in paper.sections}
        services.save_paper(record, paper, texts, by=current_person(), seen_version=seen_version())
        return done(f"{paper.title} saved.", url_for("decisions.papers", round_id=record.round_id))
    return page(
        "decisions/edit_paper.html",
        form_status(form),
        record=record,
        round=record.round,
        paper=paper,
        form=form,
    )


@blueprint.route("/decisions/rounds/<uuid:round_id>/exempt", methods=["GET", "POST"])
@access(policy.can_edit_papers, of=queries.get_record)
def exempt(record: DecisionRecord) -> ResponseReturnValue:
    form = ExemptForm(
        data={"exempt": record.exempt, "exempt_reason": record.exempt_reason, "version": record.version}
    )
    if form.validate_on_submit():
        try:
            services.save_exempt(
                record,
                text=form.exempt.data or "",
                reason=form.exempt_reason.data or "",
                by=current_person(),
                seen_version=seen_version(),
            )
            return done("Exempt part saved.", url_for("decisions.papers", round_id=record.round_id))
        except Invalid as error:
            beside(form, error)
    return page("decisions/exempt.html", form_status(form), record=record, round=record.round, form=form)


@blueprint.route("/decisions/rounds/<uuid:round_id>/procedure", methods=["GET", "POST"])
@access(policy.can_edit_papers, of=queries.get_record)
def procedure(record: DecisionRecord) -> ResponseReturnValue:
    form = ProcedureForm(data=procedure_values(record))
    if form.validate_on_submit():
        services.save_procedure(
            record, form.procedure(), form.spend(), by=current_person(), seen_version=seen_version()
        )
        return done("Procedure saved.", url_for("decisions.papers", round_id=record.round_id))
    return page("decisions/procedure.html", form_status(form), record=record, round=record.round, form=form)


@blueprint.route("/decisions/rounds/<uuid:round_id>/screening", methods=["GET", "POST"])
@access(policy.can_edit_papers, of=queries.get_record)
def screening(record: DecisionRecord) -> ResponseReturnValue:
    form = ScreeningForm(data={"version": record.version})
    sent = request.files.get("file")
    if request.method == "POST" and (sent is None or not sent.filename):
        form.validate_on_submit()
        form.file.errors = ["Choose a file first"]
    elif sent is not None and form.validate_on_submit():
        try:
            services.attach_screening(
                record,
                original_name=sent.filename or "",
                chunks=documents.pieces(cast(BinaryIO, sent.stream)),
                by=current_person(),
                seen_version=seen_version(),
            )
            return done(
                "The screening is attached. It can be opened once it has been scanned.",
                url_for("decisions.papers", round_id=record.round_id),
            )
        except Invalid as error:
            beside(form, error)
    return page("decisions/screening.html", form_status(form), record=record, round=record.round, form=form)


@blueprint.route("/decisions/rounds/<uuid:round_id>/redraft", methods=["POST"])
@access(policy.can_edit_papers, of=queries.get_record)
def redraft(record: DecisionRecord) -> ResponseReturnValue:
    version = request.form.get("version", type=int)
    services.redraft_papers(record, by=current_person(), seen_version=version)
    return done("Drafted again.", url_for("decisions.papers", round_id=record.round_id))


@blueprint.route("/decisions/rounds/<uuid:round_id>/report/pdf", methods=["GET"])
@access(policy.can_read_papers, of=queries.get_record)
def report_pdf(record: DecisionRecord) -> ResponseReturnValue:
    recommendation = queries.find_latest(record.round)
    assert recommendation is not None, "the papers are drafted with the first recommendation"
    return pdf(
        services.render_report(record, recommendation), f"{record.round.title} recommendation report.pdf"
    )


@blueprint.route("/decisions/rounds/<uuid:round_id>/record/pdf", methods=["GET"])
@access(policy.can_read_papers, of=queries.get_record)
def record_pdf(record: DecisionRecord) -> ResponseReturnValue:
    content = services.render_record(record, queries.find_latest(record.round))
    return pdf(content, f"{record.number or record.round.title} record of decision.pdf")
