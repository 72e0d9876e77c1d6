"""Comments among an applicant's colleagues about one answer."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import CommentForm
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.core import once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import done, page
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind

COMMENT = "/applications/<uuid:application_id>/comments/<uuid:comment_id>"


@blueprint.route(
    "/applications/<uuid:application_id>/questions/<uuid:question_id>/comments", methods=["GET", "POST"]
)
@access(policy.can_read, of=queries.get_application)
def comments(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    question = queries.get_question(application, question_id)
    form = CommentForm(data={"once": str(uuid.uuid4())})
    if form.validate_on_submit():
        try:
            services.add_comment(application, question, form.text.data or "", by=current_person())
        except Invalid as error:
            form.text.errors = [error.message]
        else:
            once.claim(form.once.data)
            return done("Comment added.", _address(application, question))
    return page(
        "applications/comments.html",
        422 if form.errors else 200,
        application=application,
        question=question,
        answer=queries.find_answer(application, question),
        comments=queries.list_comments(application, [question]).get(question.id, []),
        form=form,
        back=_back(application, question),
    )


@blueprint.route(f"{COMMENT}/resolve", methods=["POST"])
@access(policy.can_read, of=queries.get_application)
def resolve_comment(application: Application, comment_id: uuid.UUID) -> ResponseReturnValue:
    comment = queries.get_comment(application, comment_id)
    if request.form.get("again"):
        services.reopen_comment(application, comment, by=current_person())
        message = "Comment open again."
    else:
        services.resolve_comment(application, comment, by=current_person())
        message = "Comment settled."
    return done(message, _address(application, queries.get_question(application, comment.question_id)))


def _address(application: Application, question: Question) -> str:
    return url_for("applications.comments", application_id=application.id, question_id=question.id)


def _back(application: Application, question: Question) -> str:
    if question.kind == QuestionKind.PRICE_SCHEDULE:
        return url_for("applications.prices", application_id=application.id)
    return url_for(
        "applications.section",
        application_id=application.id,
        section_id=question.section_id,
        _anchor=f"question-{question.id}",
    )
