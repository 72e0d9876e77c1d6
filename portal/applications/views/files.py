"""Files of an application, for the provider: add several, replace, describe, remove, or promise for the award."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import flash, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from portal.applications import policy, queries, services
from portal.applications.forms import FileDetailsForm
from portal.applications.models import Application, Evidence
from portal.applications.views import blueprint
from portal.applications.views.drafting import may_edit_now
from portal.applications.views.showing_files import about_files
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import DomainError, Invalid, Refused
from portal.core.web import done, keep_writes, page, seen_version
from portal.documents import services as documents
from portal.frameworks.models import Question
from portal.frameworks.states import EvidenceKind, QuestionKind

QUESTION = "/applications/<uuid:application_id>/questions/<uuid:question_id>"
EVIDENCE = "/applications/<uuid:application_id>/evidence/<uuid:evidence_id>"


@dataclass
class Taken:
    """What became of the files of one request: those kept, and why others could not be."""

    names: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@blueprint.route(f"{QUESTION}/files", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def files(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    return _files_page(application, queries.get_question(application, question_id))


@blueprint.route(f"{QUESTION}/file-list", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def file_list(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    return _file_list(application, queries.get_question(application, question_id))


@blueprint.route(f"{QUESTION}/files", methods=["POST"])
@access(policy.can_edit, of=queries.get_application)
def upload_file(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    question = queries.get_question(application, question_id)
    if _is_by_script():
        return _upload_by_script(application, question)
    taken = _take(application, question)
    for message in _told(taken):
        flash(message, "success")
    if taken.problems:
        keep_writes()
        return _files_page(application, question, taken.problems)
    return done(_received(taken.names), _files_address(application, question))


@blueprint.route(f"{EVIDENCE}/replace", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_application)
def replace_file(application: Application, evidence_id: uuid.UUID) -> ResponseReturnValue:
    evidence, question = _found(application, evidence_id)
    problems: list[str] = []
    if request.method == "POST":
        name = evidence.document.original_name
        taken = _take(application, question, evidence)
        problems = taken.problems + [f"{one} is the same file as one that is here." for one in taken.repeated]
        if not problems:
            return _replaced(name, taken.names[0], _files_address(application, question))
        if _is_by_script():
            return jsonify(message=" ".join(problems)), 422
    return page(
        "applications/replace_file.html",
        422 if problems else 200,
        application=application,
        question=question,
        evidence=evidence,
        problems=problems,
        may_edit=may_edit_now(application),
        back=_files_address(application, question),
        **about_files(application),
    )


@blueprint.route(f"{EVIDENCE}/details", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_application)
def file_details(application: Application, evidence_id: uuid.UUID) -> ResponseReturnValue:
    evidence, question = _found(application, evidence_id)
    document = evidence.document
    form = FileDetailsForm(obj=document)
    if form.validate_on_submit():
        try:
            services.describe_document(
                evidence,
                kind=EvidenceKind(form.evidence_kind.data),
                issued_on=form.issued_on.data,
                expires_on=form.expires_on.data,
                by=current_person(),
                seen_version=seen_version(),
            )
        except Invalid as error:
            if error.field is None:
                raise
            form[error.field].errors = [error.message]
        else:
            return done(f"{document.original_name}: saved.", _files_address(application, question))
    return page(
        "applications/file_details.html",
        422 if form.errors else 200,
        application=application,
        question=question,
        document=document,
        form=form,
        may_edit=may_edit_now(application),
        back=_files_address(application, question),
    )


@blueprint.route(f"{EVIDENCE}/remove", methods=["POST"])
@access(policy.can_edit, of=queries.get_application)
def remove_file(application: Application, evidence_id: uuid.UUID) -> ResponseReturnValue:
    evidence, question = _found(application, evidence_id)
    name = evidence.document.original_name
    services.remove_document(evidence, by=current_person())
    return done(f"{name} removed.", _files_address(application, question))


@blueprint.route(f"{QUESTION}/obtained-on-award", methods=["POST"])
@access(policy.can_edit, of=queries.get_application)
def promise_on_award(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    question = queries.get_question(application, question_id)
    promised = request.form.get("promised") == "yes"
    services.promise_on_award(application, question, promised, by=current_person())
    message = "Saved: you will obtain this on award." if promised else "Saved: you will upload this now."
    return done(message, _files_address(application, question))


def _upload_by_script(application: Application, question: Question) -> ResponseReturnValue:
    """One file at a time: the list as it now stands, or why not. A retry of what is here already is no fault."""
    try:
        taken = _take(application, question)
    except DomainError as error:
        session.rollback()
        return jsonify(message=error.message), error.status
    problems = taken.problems + _under_other_names(application, question, taken.repeated)
    if problems:
        return jsonify(message=" ".join(problems)), 422
    return _file_list(application, question)


def _under_other_names(application: Application, question: Question, repeated: Sequence[str]) -> list[str]:
    """What to say of files whose content is here under another name: the list would not show them."""
    answer = queries.find_answer(application, question) if repeated else None
    here = {one.document.original_name for one in answer.evidence} if answer is not None else set()
    return [
        f"{name} is the same as a file that is here already, so it was not added."
        for name in repeated
        if name not in here
    ]


def _take(application: Application, question: Question, replacing: Evidence | None = None) -> Taken:
    """Keep what can be kept of the files sent; each stands or falls by itself."""
    uploads = [one for _, one in request.files.items(multi=True) if one.filename]
    taken = Taken(problems=[] if uploads else ["Choose a file."])
    for upload in uploads[:1] if replacing is not None else uploads:
        name = upload.filename or ""
        try:
            _attach(application, question, upload, replacing)
        except services.AlreadyAttached:
            taken.repeated.append(name)
        except (Invalid, documents.NoRoom) as error:
            taken.problems.append(error.message if len(uploads) == 1 else f"{name}: {error.message}")
        else:
            taken.names.append(name)
    return taken


def _attach(
    application: Application, question: Question, upload: FileStorage, replacing: Evidence | None
) -> None:
    with session.begin_nested():
        services.attach_document(
            application,
            question,
            original_name=upload.filename or "",
            chunks=documents.pieces(upload.stream),  # type: ignore[arg-type]
            by=current_person(),
            replacing=replacing,
        )


def _told(taken: Taken) -> list[str]:
    """What to say besides the page's own message."""
    repeated = [f"{one} is here already, so it was not added twice." for one in taken.repeated]
    kept = [_received(taken.names)] if taken.problems and taken.names else []
    return repeated + kept


def _received(names: Sequence[str]) -> str:
    if not names:
        return "Nothing new was added."
    return "File received." if len(names) == 1 else f"{len(names)} files received."


def _replaced(before: str, after: str, address: str) -> ResponseReturnValue:
    message = f"{before} replaced by {after}." if before != after else f"{after} replaced."
    if not _is_by_script():
        return done(message, address)
    flash(message, "success")
    answer = make_response("", 200)
    answer.headers["HX-Redirect"] = address
    return answer


def _found(application: Application, evidence_id: uuid.UUID) -> tuple[Evidence, Question]:
    evidence = queries.get_evidence(application, evidence_id)
    if evidence.replaced_by_id is not None:
        raise Refused("This file has been replaced by a newer one.")
    return evidence, queries.get_question(application, evidence.answer.question_id)


def _files_page(
    application: Application, question: Question, problems: Sequence[str] = ()
) -> ResponseReturnValue:
    return page(
        "applications/files.html",
        422 if problems else 200,
        application=application,
        question=question,
        answer=queries.find_answer(application, question),
        problems=problems,
        may_edit=may_edit_now(application),
        **about_files(application),
    )


def _file_list(application: Application, question: Question) -> ResponseReturnValue:
    return page(
        "applications/_files.html",
        application=application,
        question=question,
        answer=queries.find_answer(application, question),
        may_edit=may_edit_now(application),
        **about_files(application),
    )


def _files_address(application: Application, question: Question) -> str:
    """Back to the section's page where it holds nothing but files, else to the question's own page."""
    shown = queries.get_section(application, question.section_id)
    if all(one.kind == QuestionKind.FILE for one in shown.questions):
        address = url_for("applications.section", application_id=application.id, section_id=shown.id)
        return f"{address}#question-{question.id}"
    return url_for("applications.files", application_id=application.id, question_id=question.id)


def _is_by_script() -> bool:
    return bool(request.headers.get("HX-Request"))
