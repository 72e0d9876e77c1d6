"""Page pictures of a submitted file, for auditors. Looking at a file is one read, however many its pages."""

from __future__ import annotations

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.core.access import access, current_person
from portal.core.downloads import picture
from portal.core.web import page
from portal.documents import services as documents

FILE = "/received-applications/<uuid:application_id>/files/<uuid:document_id>"


@blueprint.route(f"{FILE}/preview", methods=["GET"])
@access(policy.can_read_received, of=queries.get_application)
def received_preview(application: Application, document_id: uuid.UUID) -> ResponseReturnValue:
    document = queries.get_submitted_document(queries.get_submission(application), document_id)
    services.record_preview(application, current_person(), document)
    return page(
        "applications/received_preview.html",
        application=application,
        document=document,
        download=url_for(
            "applications.received_file", application_id=application.id, document_id=document.id
        ),
    )


@blueprint.route(f"{FILE}/pages/<int:number>", methods=["GET"])
@access(policy.can_read_received, of=queries.get_application)
def received_page(application: Application, document_id: uuid.UUID, number: int) -> ResponseReturnValue:
    document = queries.get_submitted_document(queries.get_submission(application), document_id)
    content = documents.open_picture(document, number)
    services.record_preview(application, current_person(), document)
    return picture(content)
