"""The evaluator's own pages: what is assigned, one sheet, and one question. No totals, nobody else's."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import queries as applications
from portal.applications.services import record_access
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, page, page_number, seen_version
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, ScoreForm
from portal.evaluations.models import EvaluationSheet, Score
from portal.evaluations.views.frame import blueprint


@blueprint.route("/evaluations", methods=["GET"])
@access(policy.can_list_my_sheets)
def index() -> ResponseReturnValue:
    finished = request.args.get("show") == "finished"
    return page(
        "evaluations/index.html",
        listed=queries.list_my_sheets(current_person(), finished=finished, page=page_number()),
        finished=finished,
    )


@blueprint.route("/evaluations/sheets/<uuid:sheet_id>", methods=["GET"])
@access(policy.can_read_sheet, of=queries.get_sheet)
def sheet(sheet: EvaluationSheet) -> ResponseReturnValue:
    return page(
        "evaluations/sheet.html",
        sheet=sheet,
        scores=queries.list_scores(sheet),
        may_finish=policy.can_finish(current_person(), sheet),
        form=ActionForm(),
    )


@blueprint.route("/evaluations/sheets/<uuid:sheet_id>/finish", methods=["POST"])
@access(policy.can_finish, of=queries.get_sheet)
def finish(sheet: EvaluationSheet) -> ResponseReturnValue:
    services.finish_sheet(sheet, by=current_person())
    name = sheet.application.organisation.legal_name
    return done(f"Finished: your scores on {name} are locked.", url_for("evaluations.index"))


@blueprint.route("/evaluations/scores/<uuid:score_id>", methods=["GET", "POST"])
@access(policy.can_read_score, of=queries.get_score)
def score(score: Score) -> ResponseReturnValue:
    form = ScoreForm(obj=score)
    if form.validate_on_submit():
        try:
            return _save(score, form)
        except Invalid as refused:
            beside(form, refused)
    record_access(score.sheet.application, current_person(), f"question {score.question.number}")
    return _score_page(score, form)


def _save(score: Score, form: ScoreForm) -> ResponseReturnValue:
    then = request.form.get("then")
    if then != "draft" and form.value.data is None:
        raise Invalid("Choose a score, or save a draft.", field="value")
    services.save_score(
        score,
        value=form.value.data,
        reason=form.reason.data or "",
        working_notes=form.working_notes.data or "",
        by=current_person(),
        seen_version=seen_version(),
    )
    if then == "draft":
        return done("Draft saved.", url_for("evaluations.score", score_id=score.id))
    following = queries.next_in_round(score) if then == "next_application" else queries.next_in_sheet(score)
    if following is None:
        return done(_nothing_follows(then), url_for("evaluations.sheet", sheet_id=score.sheet_id))
    return done("Score saved.", url_for("evaluations.score", score_id=following.id))


def _nothing_follows(then: str | None) -> str:
    if then == "next_application":
        return "Score saved. You have scored this question in all your applications."
    return "Score saved. Every question of this application has a score: check them and finish."


def _score_page(score: Score, form: ScoreForm) -> ResponseReturnValue:
    application = score.sheet.application
    submission = applications.latest_submission(application)
    scores = queries.list_scores(score.sheet)
    return page(
        "evaluations/score.html",
        422 if form.errors else 200,
        score=score,
        application=application,
        answer=queries.answer_to(submission, score.question),
        states=applications.list_file_states(submission) if submission else {},
        scores=scores,
        place=[other.id for other in scores].index(score.id) + 1,
        may_score=policy.can_score(current_person(), score),
        form=form,
    )
