"""The compliance check of one application, and the files beside its answers."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import queries as applications
from portal.applications.models import Application
from portal.applications.services import record_access
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.downloads import attachment
from portal.core.errors import Invalid
from portal.core.web import done, page
from portal.documents.services import open_content
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, ConclusionForm, read_findings
from portal.evaluations.views.frame import beside, blueprint


@blueprint.route("/evaluations/applications/<uuid:application_id>/check", methods=["GET", "POST"])
@access(policy.can_read_check, of=queries.get_application)
def check(application: Application) -> ResponseReturnValue:
    """Saves every finding that was changed; one that cannot be saved keeps the rest from being lost."""
    error: Invalid | None = None
    if ActionForm().validate_on_submit():
        try:
            _save_findings(application)
            return done("Findings saved.", url_for("evaluations.check", application_id=application.id))
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
            session.rollback()
    return _check_page(application, form, None)


@blueprint.route("/evaluations/applications/<uuid:application_id>/files/<uuid:document_id>", methods=["GET"])
@access(policy.can_read_files, of=queries.get_application)
def file(application: Application, document_id: uuid.UUID) -> ResponseReturnValue:
    person = current_person()
    submission = applications.get_submission(application)
    questions = None if policy.reads_whole(person) else queries.list_assigned_questions(person, application)
    document = applications.get_submitted_document(submission, document_id, questions=questions)
    content = open_content(document)
    record_access(application, person, f"file {document.id}")
    return attachment(
        content, name=document.original_name, media_type=document.kind.media_type, size=document.size
    )


def _save_findings(application: Application) -> None:
    questions = {question.id: question for question in queries.list_pass_fail_questions(application.round)}
    before = queries.list_findings(application)
    for question_id, typed in read_findings(request.form, questions).items():
        found = before.get(question_id)
        if found is not None and (found.finding, found.reason) == (typed.finding, typed.reason):
            continue
        try:
            services.record_finding(
                application,
                questions[question_id],
                typed.finding,
                typed.reason,
                by=current_person(),
                seen_version=typed.version,
            )
        except Invalid as refused:
            raise Invalid(refused.message, field=f"reason-{question_id}") from refused


def _check_page(application: Application, form: ConclusionForm, error: Invalid | None) -> ResponseReturnValue:
    person = current_person()
    submission = applications.latest_submission(application)
    answers = queries.list_answers(submission)
    sections: dict[str, list[object]] = {}
    for question in queries.list_pass_fail_questions(application.round):
        sections.setdefault(question.section.title, []).append(question)
    record_access(application, person, "compliance answers")
    return page(
        "evaluations/check.html",
        422 if error or form.errors else 200,
        application=application,
        sections=sections,
        answers=answers,
        states=applications.list_file_states(submission) if submission else {},
        findings=queries.list_findings(application),
        conclusion=queries.find_conclusion(application),
        may_check=policy.can_check(person, application),
        typed=request.form,
        error=error,
        form=form,
    )
