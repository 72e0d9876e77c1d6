"""The evaluator's own pages: what is assigned, one sheet, and one question. No totals, nobody else's."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import queries as applications
from portal.applications.services import record_access
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid, Stale
from portal.core.web import beside, done, form_status, page, page_number, seen_version
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, ScoreForm, read_order
from portal.evaluations.models import EvaluationSheet, Score
from portal.evaluations.states import ScoringOrder
from portal.evaluations.views.frame import blueprint

UNREASONED = "The score is saved once it has a reason."


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
        applicant=queries.shown_name(sheet.application),
        is_anonymous=queries.is_anonymous(sheet.application),
        scores=queries.list_scores(sheet),
        unlocking=queries.find_unlocking(sheet),
        may_finish=policy.can_finish(current_person(), sheet),
        form=ActionForm(),
    )


@blueprint.route("/evaluations/sheets/<uuid:sheet_id>/finish", methods=["POST"])
@access(policy.can_finish, of=queries.get_sheet)
def finish(sheet: EvaluationSheet) -> ResponseReturnValue:
    services.finish_sheet(sheet, by=current_person())
    name = queries.shown_name(sheet.application)
    return done(f"Finished: your scores on {name} are locked.", url_for("evaluations.index"))


@blueprint.route("/evaluations/scores/<uuid:score_id>", methods=["GET", "POST"])
@access(policy.can_read_score, of=queries.get_score)
def score(score: Score) -> ResponseReturnValue:
    if request.method == "POST" and request.form.get("keep-score") == "theirs":
        return done("Kept: what was saved elsewhere.", url_for("evaluations.score", score_id=score.id))
    form = ScoreForm(obj=score)
    if form.validate_on_submit():
        try:
            return _save(score, form)
        except Invalid as refused:
            beside(form, refused)
    record_access(score.sheet.application, current_person(), f"question {score.question.number}")
    return _score_page(score, form)


@blueprint.route("/evaluations/scores/<uuid:score_id>/autosave", methods=["POST"])
@access(policy.can_score, of=queries.get_score)
def autosave(score: Score) -> ResponseReturnValue:
    """Score, reason and notes, sent by the page itself while somebody types; what became of them, for their place."""
    form, problem, has_conflict = ScoreForm(), None, False
    # Nothing is wrong yet: whoever chose the score is about to give its reason.
    waits = form.value.data is not None and not (form.reason.data or "").strip()
    try:
        if not waits:
            _store(score, form)
    except Invalid as refused:
        problem = refused.message
        session.rollback()
    except Stale:
        has_conflict = True
        session.rollback()
    return page(
        "evaluations/_score_saved.html",
        409 if has_conflict else 422 if problem else 200,
        score=score,
        problem=UNREASONED if waits else problem,
        has_conflict=has_conflict,
        now=clock.now(),
    )


def _store(score: Score, form: ScoreForm) -> None:
    # Whoever was shown both texts and keeps this one has seen the version that it replaces.
    is_chosen = request.form.get("keep-score") == "mine"
    services.save_score(
        score,
        value=form.value.data,
        reason=form.reason.data or "",
        working_notes=form.working_notes.data or "",
        by=current_person(),
        seen_version=request.form.get("against", type=int) if is_chosen else seen_version(),
    )


def _save(score: Score, form: ScoreForm) -> ResponseReturnValue:
    stays = request.form.get("then") != "next"
    if not stays and form.value.data is None:
        raise Invalid("Choose a score, or save without going on.", field="value")
    _store(score, form)
    follows = read_order(form.follows.data)
    if follows is not None:
        services.choose_order(follows, by=current_person())
    if stays:
        return done("Saved.", url_for("evaluations.score", score_id=score.id))
    return _go_on(score, follows or queries.find_order(current_person()))


def _go_on(score: Score, follows: ScoringOrder) -> ResponseReturnValue:
    sheet = url_for("evaluations.sheet", sheet_id=score.sheet_id)
    if follows == ScoringOrder.APPLICATION:
        following = queries.next_in_sheet(score)
        if following is None:
            said = "Score saved. Every question of this application has a score: check them and finish."
            return done(said, sheet)
    else:
        following = queries.next_in_round(score)
        if following is None:
            said = "Score saved. Every question has a score: check each application and finish it."
            return done(said, url_for("evaluations.index"))
    said = "Score saved."
    if follows == ScoringOrder.QUESTION and following.question_id != score.question_id:
        said = f"Score saved. Question {score.question.number} is scored in all your applications."
    return done(said, url_for("evaluations.score", score_id=following.id))


def _score_page(score: Score, form: ScoreForm) -> ResponseReturnValue:
    application, left = score.sheet.application, queries.count_left(score)
    form.follows.data = form.follows.data or left.follows.value
    submission = applications.latest_submission(application)
    scores = queries.list_scores(score.sheet)
    is_anonymous = queries.is_anonymous(application)
    answer = queries.answer_to(submission, score.question)
    return page(
        "evaluations/score.html",
        form_status(form),
        score=score,
        application=application,
        applicant=queries.shown_name(application),
        is_anonymous=is_anonymous,
        answer=answer,
        states=applications.list_file_states(submission) if submission and answer.files else {},
        requests=applications.list_requests_about(application, [score.question_id]),
        now=clock.now(),
        numbers=queries.number_files(submission) if is_anonymous else {},
        scores=scores,
        place=[other.id for other in scores].index(score.id) + 1,
        left=left,
        counted_to=queries.COUNTED_TO,
        left_here=sum(1 for other in scores if other.value is None),
        may_score=policy.takes_score(score),
        form=form,
    )
