"""The compliance check of one application: the sheet, a second officer's review, and the conclusion."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import queries as applications
from portal.applications.models import Application
from portal.applications.services import record_access
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import beside, done, page, seen_version
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, ConclusionForm, ReviewForm, read_findings
from portal.evaluations.queries import CheckLine
from portal.evaluations.states import CheckState
from portal.evaluations.views.frame import blueprint


@blueprint.route("/evaluations/applications/<uuid:application_id>/check", methods=["GET", "POST"])
@access(policy.can_read_check, of=queries.get_application)
def check(application: Application) -> ResponseReturnValue:
    """Saves every finding that was changed; one that cannot be saved keeps the rest from being lost."""
    error: Invalid | None = None
    if ActionForm().validate_on_submit():
        try:
            _save_findings(application)
            return done("Findings saved.", _sheet(application))
        except Invalid as refused:
            session.rollback()
            error = refused
    return _check_page(application, ConclusionForm(formdata=None), error)


@blueprint.route("/evaluations/applications/<uuid:application_id>/conclude", methods=["POST"])
@access(policy.can_check, of=queries.get_application)
def conclude(application: Application) -> ResponseReturnValue:
    form = ConclusionForm()
    if form.validate_on_submit():
        try:
            services.conclude_compliance(
                application,
                is_compliant=form.outcome.data == "compliant",
                reasons=form.reasons.data or "",
                by=current_person(),
            )
            to = url_for("evaluations.compliance", round_id=application.round_id)
            return done(f"Concluded: {application.organisation.legal_name}.", to)
        except Invalid as refused:
            beside(form, refused)
    return _check_page(application, form, None)


@blueprint.route(
    "/evaluations/applications/<uuid:application_id>/findings/<uuid:question_id>/review",
    methods=["GET", "POST"],
)
@access(policy.can_check, of=queries.get_application)
def review(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    """The second officer confirms a fail, or turns it back."""
    finding = queries.get_finding(application, question_id)
    form = ReviewForm(data={"version": finding.version})
    if form.validate_on_submit():
        try:
            services.review_finding(
                application,
                finding,
                is_confirmed=form.outcome.data == "confirm",
                reason=form.reason.data or "",
                by=current_person(),
                seen_version=seen_version(),
            )
            return done(
                "Confirmed: the fail stands." if form.outcome.data == "confirm" else "Turned back.",
                _sheet(application),
            )
        except Invalid as refused:
            beside(form, refused)
    return _review_page(application, question_id, form)


def _save_findings(application: Application) -> None:
    questions = {question.id: question for question in queries.list_pass_fail_questions(application.round)}
    for question_id, typed in read_findings(request.form, questions).items():
        try:
            services.record_finding(
                application,
                questions[question_id],
                typed.finding,
                typed.reason,
                evidence_considered=typed.evidence,
                by=current_person(),
                seen_version=typed.version,
            )
        except Invalid as refused:
            raise Invalid(refused.message, field=f"{refused.field}-{question_id}") from refused


def _check_page(application: Application, form: ConclusionForm, error: Invalid | None) -> ResponseReturnValue:
    person = current_person()
    submission = applications.latest_submission(application)
    lines = queries.check_lines(application)
    record_access(application, person, "compliance answers")
    return page(
        "evaluations/check.html",
        422 if error or form.errors else 200,
        application=application,
        sections=_by_section(lines),
        lines=lines,
        unsettled=[line for line in lines if not line.state.is_settled],
        to_confirm=[line for line in lines if line.state == CheckState.TO_CONFIRM],
        register=queries.compare_register(application, submission),
        states=applications.list_file_states(submission) if submission else {},
        requests=applications.list_requests(application),
        now=clock.now(),
        conclusion=queries.find_conclusion(application),
        may_check=policy.can_check(person, application),
        typed=request.form,
        error=error,
        form=form,
    )


def _review_page(application: Application, question_id: uuid.UUID, form: ReviewForm) -> ResponseReturnValue:
    submission = applications.latest_submission(application)
    line = next(one for one in queries.check_lines(application) if one.question.id == question_id)
    record_access(application, current_person(), f"question {line.question.number}, to confirm a fail")
    return page(
        "evaluations/review.html",
        422 if form.errors else 200,
        application=application,
        line=line,
        states=applications.list_file_states(submission) if submission else {},
        form=form,
    )


def _by_section(lines: list[CheckLine]) -> dict[str, list[CheckLine]]:
    sections: dict[str, list[CheckLine]] = {}
    for line in lines:
        sections.setdefault(line.question.section.title, []).append(line)
    return sections


def _sheet(application: Application) -> str:
    return url_for("evaluations.check", application_id=application.id)
