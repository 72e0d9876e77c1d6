"""The pages on which a published round is corrected: choose questions, word them, check, publish."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import done, page, seen_version
from portal.frameworks import policy, queries, services
from portal.frameworks.forms import AmendmentForm
from portal.frameworks.models import Question, Round
from portal.frameworks.views.frame import blueprint


@blueprint.route("/rounds/<uuid:round_id>/amend", methods=["GET", "POST"])
@access(policy.can_amend, of=queries.get_round)
def amend_round(round_: Round) -> ResponseReturnValue:
    asked = _chosen(round_)
    if not asked:
        return page(
            "frameworks/amend_round_choose.html",
            422 if request.method == "POST" or "chosen" in request.args else 200,
            round=round_,
            sections=queries.list_sections(round_),
            none_chosen="chosen" in request.args,
            is_accepting=queries.is_accepting(round_, clock.now()),
        )
    form = AmendmentForm.of(asked)
    if request.method == "POST" and form.read(request.form):
        try:
            return _check_or_publish(round_, form)
        except Invalid as error:
            session.rollback()
            form.errors[error.field or "form"] = error.message
    return _words(round_, form)


def _check_or_publish(round_: Round, form: AmendmentForm) -> ResponseReturnValue:
    then = request.form.get("then")
    if then == "edit":
        return _words(round_, form)
    if then != "publish":
        return _check(round_, form)
    try:
        amendment = services.publish_amendment(
            round_,
            form.wordings(),
            summary=form.typed["summary"],
            by=current_person(),
            extended_to=form.extended_to(),
            seen_version=seen_version(),
        )
    except Invalid as error:
        if error.field != "extension_date":
            raise
        session.rollback()
        form.errors["extension_date"] = error.message
        return _check(round_, form)
    return done(
        f"Amendment {amendment.number} is published. Every applicant who has begun is being told.",
        url_for("frameworks.show", round_id=round_.id),
    )


def _check(round_: Round, form: AmendmentForm) -> ResponseReturnValue:
    changes = services.draft_amendment(round_, form.wordings())
    needed = queries.deadline_needed(round_, clock.now())
    if needed is not None:
        form.propose_deadline(needed)
    return page(
        "frameworks/amend_round_check.html",
        422 if form.errors else 200,
        form=form,
        round=round_,
        changes=changes,
        needed=needed,
        working_days=queries.WORKING_DAYS_LEFT,
        rewords_choices=any(
            one["choices"] != other["choices"][: len(one["choices"])] for _, one, other in changes
        ),
        version=_version(round_),
    )


def _words(round_: Round, form: AmendmentForm) -> ResponseReturnValue:
    return page(
        "frameworks/amend_round.html",
        422 if form.errors else 200,
        form=form,
        round=round_,
        version=_version(round_),
        has_errors=bool(form.errors),
    )


def _version(round_: Round) -> int:
    return seen_version() or round_.version


def _chosen(round_: Round) -> list[Question]:
    wanted = set(request.values.getlist("question"))
    return [question for question in queries.list_questions(round_) if str(question.id) in wanted]
