"""A provider's own files: preview, download, and another try at a scan that could not read one."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.downloads import attachment, picture
from portal.core.web import done, page
from portal.documents import policy, queries, services
from portal.documents.models import Document

blueprint = Blueprint("documents", __name__)


@blueprint.route("/documents/<uuid:document_id>", methods=["GET"])
@access(policy.can_download, of=queries.get_document)
def download(document: Document) -> ResponseReturnValue:
    return attachment(
        services.open_content(document),
        name=document.original_name,
        media_type=document.kind.media_type,
        size=document.size,
    )


@blueprint.route("/documents/<uuid:document_id>/preview", methods=["GET"])
@access(policy.can_download, of=queries.get_document)
def show(document: Document) -> ResponseReturnValue:
    return page("documents/show.html", document=document)


@blueprint.route("/documents/<uuid:document_id>/pages/<int:number>", methods=["GET"])
@access(policy.can_download, of=queries.get_document)
def page_picture(document: Document, number: int) -> ResponseReturnValue:
    return picture(services.open_picture(document, number))


@blueprint.route("/documents/<uuid:document_id>/scan-again", methods=["POST"])
@access(policy.can_retry_scan, of=queries.get_document)
def scan_again(document: Document) -> ResponseReturnValue:
    services.retry_scan(document, by=current_person())
    before = request.referrer or ""
    here = before.startswith(request.host_url)
    return done("The file is being scanned again.", before if here else url_for("home.start"))
