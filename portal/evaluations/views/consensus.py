"""The moderator's pages: evaluators' scores side by side, and the agreed score."""

from __future__ import annotations

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.applications import queries as applications
from portal.applications.models import Application
from portal.applications.services import record_access
from portal.core.access import access, current_person
from portal.core.errors import Invalid, NotFound
from portal.core.web import beside, done, page, page_number, seen_version
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, ConsensusForm
from portal.evaluations.queries import ConsensusLine
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>/consensus", methods=["GET"])
@access(policy.can_see_round, of=get_round)
def consensus(round_: Round) -> ResponseReturnValue:
    person = current_person()
    return page(
        "evaluations/consensus.html",
        round=round_,
        is_open=round_.state in policy.CONSENSUS_SHOWN,
        listed=queries.list_consensus_progress(round_, page_number()),
        progress=queries.count_progress(round_),
        may_lock=policy.can_lock(person, round_),
        form=ActionForm(),
    )


@blueprint.route("/evaluations/applications/<uuid:application_id>/consensus", methods=["GET"])
@access(policy.can_read_consensus, of=queries.get_application)
def application_consensus(application: Application) -> ResponseReturnValue:
    record_access(application, current_person(), "evaluators’ scores")
    void_sheets = queries.list_void_sheets(application)
    return page(
        "evaluations/application_consensus.html",
        application=application,
        lines=_lines_shown(application),
        may_moderate=policy.can_moderate(current_person(), application),
        void_sheets=void_sheets,
        void_scores=queries.list_void_scores(void_sheets) if policy.audits(current_person()) else {},
        void_consensus=queries.list_void_consensus(application),
    )


@blueprint.route(
    "/evaluations/applications/<uuid:application_id>/consensus/<uuid:question_id>", methods=["GET", "POST"]
)
@access(policy.can_read_consensus, of=queries.get_application)
def agree(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    lines = _lines_shown(application)
    line = next((line for line in lines if line.question.id == question_id), None)
    if line is None:
        raise NotFound
    form = ConsensusForm(obj=line.agreed) if line.agreed else ConsensusForm()
    if form.validate_on_submit():
        try:
            return _save(application, line, lines, form)
        except Invalid as refused:
            beside(form, refused)
    record_access(application, current_person(), f"question {line.question.number}, all scores")
    submission = applications.latest_submission(application)
    return page(
        "evaluations/agree.html",
        422 if form.errors else 200,
        application=application,
        line=line,
        answer=queries.answer_to(submission, line.question),
        states=applications.list_file_states(submission) if submission else {},
        may_moderate=policy.can_moderate(current_person(), application),
        form=form,
    )


def _lines_shown(application: Application) -> list[ConsensusLine]:
    """All questions for moderators and auditors; an evaluator keeps to those assigned (rule 3)."""
    lines, person = queries.consensus_lines(application), current_person()
    if policy.reads_whole(person):
        return lines
    assigned = set(queries.list_assigned_questions(person, application))
    return [line for line in lines if line.question.id in assigned]


def _save(
    application: Application, line: ConsensusLine, lines: list[ConsensusLine], form: ConsensusForm
) -> ResponseReturnValue:
    services.save_consensus(
        application,
        line.question,
        value=-1 if form.value.data is None else form.value.data,
        reason=form.reason.data or "",
        attended=form.attended.data or "",
        by=current_person(),
        seen_version=seen_version(),
    )
    here = lines.index(line)
    following = next((other for other in lines[here + 1 :] + lines[:here] if other.agreed is None), None)
    if following is None:
        to = url_for("evaluations.application_consensus", application_id=application.id)
        return done("Saved. Every question of this application is agreed.", to)
    to = url_for("evaluations.agree", application_id=application.id, question_id=following.question.id)
    return done(f"Agreed score on question {line.question.number} saved.", to)
