"""Questions to the chair: the evaluator's page about one question, and the commissioners' list and answers."""

from __future__ import annotations

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.applications.services import record_access
from portal.core import once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page, page_number
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import AnswerForm, AskForm
from portal.evaluations.models import ChairQuestion, Score
from portal.evaluations.states import Audience
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route(
    "/evaluations/sheets/<uuid:sheet_id>/questions/<uuid:question_id>/chair", methods=["GET", "POST"]
)
@access(policy.can_read_score, of=queries.get_score_of)
def chair(score: Score) -> ResponseReturnValue:
    form = AskForm()
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            services.ask_chair(score, form.text.data or "", by=current_person())
            return done("Your question has gone to the chair.", _page_of(score))
        except Invalid as refused:
            beside(form, refused)
    form.once.data = form.once.data or str(uuid.uuid4())
    return page(
        "evaluations/chair.html",
        form_status(form),
        score=score,
        applicant=queries.shown_name(score.sheet.application),
        heard=queries.list_heard(score),
        may_ask=policy.can_ask(current_person(), score),
        form=form,
    )


@blueprint.route("/evaluations/rounds/<uuid:round_id>/chair-questions", methods=["GET"])
@access(policy.can_list_chair_questions, of=get_round)
def chair_questions(round_: Round) -> ResponseReturnValue:
    person = current_person()
    return page(
        "evaluations/chair_questions.html",
        round=round_,
        listed=queries.list_chair_questions(person, round_, page_number()),
        undeclared=0 if policy.audits(person) else queries.count_undeclared(person, [round_.id]),
    )


@blueprint.route("/evaluations/chair-questions/<uuid:chair_question_id>", methods=["GET", "POST"])
@access(policy.can_read_chair_question, of=queries.get_chair_question)
def chair_question(asked: ChairQuestion) -> ResponseReturnValue:
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            return _answer(asked, form)
        except Invalid as refused:
            beside(form, refused)
    record_access(asked.application, current_person(), f"question to the chair on {asked.question.number}")
    return page(
        "evaluations/chair_question.html",
        form_status(form),
        asked=asked,
        may_answer=policy.can_answer_chair(current_person(), asked),
        form=form,
    )


def _answer(asked: ChairQuestion, form: AnswerForm) -> ResponseReturnValue:
    if form.audience.data not in set(Audience):
        raise Invalid("Choose who reads your answer.", field="audience")
    services.answer_chair(
        asked,
        form.text.data or "",
        audience=Audience(form.audience.data),
        wording=form.wording.data or "",
        by=current_person(),
    )
    to = url_for("evaluations.chair_questions", round_id=asked.application.round_id)
    return done("Your answer is on record, and everybody it is for has been told.", to)


def _page_of(score: Score) -> str:
    return url_for("evaluations.chair", sheet_id=score.sheet_id, question_id=score.question_id)
