"""Files beside the answers, for those who check and score: page pictures to read, and the download."""

from __future__ import annotations

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.applications import queries as applications
from portal.applications.models import Application
from portal.applications.services import record_access, record_preview
from portal.core.access import access, current_person
from portal.core.downloads import attachment, picture
from portal.core.web import page
from portal.documents.models import Document
from portal.documents.services import open_content, open_picture
from portal.evaluations import policy, queries
from portal.evaluations.views.frame import blueprint

FILE = "/evaluations/applications/<uuid:application_id>/files/<uuid:document_id>"


@blueprint.route(FILE, methods=["GET"])
@access(policy.can_read_files, of=queries.get_application)
def file(application: Application, document_id: uuid.UUID) -> ResponseReturnValue:
    document = _document(application, document_id)
    content = open_content(document)
    record_access(application, current_person(), f"file {document.id}")
    return attachment(
        content, name=_name(application, document), media_type=document.kind.media_type, size=document.size
    )


@blueprint.route(f"{FILE}/preview", methods=["GET"])
@access(policy.can_read_files, of=queries.get_application)
def preview(application: Application, document_id: uuid.UUID) -> ResponseReturnValue:
    document = _document(application, document_id)
    record_preview(application, current_person(), document)
    return page(
        "evaluations/preview.html",
        application=application,
        document=document,
        name=_name(application, document),
        is_anonymous=_is_anonymous(application),
        download=url_for("evaluations.file", application_id=application.id, document_id=document.id),
    )


@blueprint.route(f"{FILE}/pages/<int:number>", methods=["GET"])
@access(policy.can_read_files, of=queries.get_application)
def page_picture(application: Application, document_id: uuid.UUID, number: int) -> ResponseReturnValue:
    document = _document(application, document_id)
    content = open_picture(document, number)
    record_preview(application, current_person(), document)
    return picture(content)


def _is_anonymous(application: Application) -> bool:
    """Whether whoever looks is to see no name: an evaluator of a round with numbered applicants."""
    return queries.is_anonymous(application) and not policy.reads_whole(current_person())


def _name(application: Application, document: Document) -> str:
    if not _is_anonymous(application):
        return document.original_name
    submission = applications.get_submission(application)
    return queries.shown_file_name(submission, document.id, document.kind.value)


def _document(application: Application, document_id: uuid.UUID) -> Document:
    """A file of the standing submission; for an evaluator, of the questions assigned (rule 3)."""
    person = current_person()
    submission = applications.get_submission(application)
    questions = None if policy.reads_whole(person) else queries.list_assigned_questions(person, application)
    return applications.get_submitted_document(submission, document_id, questions=questions)
