"""The whole application as one page to print, and as a Word file to draft in and to share."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.core import clock
from portal.core.access import access
from portal.core.downloads import attachment
from portal.core.web import page
from portal.documents import services as documents
from portal.frameworks.states import QuestionKind

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@blueprint.route("/applications/<uuid:application_id>/print", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def print_view(application: Application) -> ResponseReturnValue:
    return page(
        "applications/print_view.html",
        application=application,
        progress=queries.get_progress(application),
        kinds=QuestionKind,
        ofsted=queries.ofsted_facts(application),
        now=clock.now(),
    )


@blueprint.route("/applications/<uuid:application_id>/word", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def word_file(application: Application) -> ResponseReturnValue:
    file = services.compose_word_file(application, queries.get_progress(application))
    return attachment(documents.pieces(file), name=f"{application.reference}.docx", media_type=WORD)
