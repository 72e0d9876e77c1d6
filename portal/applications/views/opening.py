"""The councils' pages: opening a round, the list of applications, and an auditor's reading."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.applications import policy, queries, services
from portal.applications.forms import ConfirmForm
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.downloads import attachment
from portal.core.web import done, page, page_number
from portal.documents import services as documents
from portal.frameworks import policy as round_policy
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round

PAGE_SIZE = 25


@blueprint.route("/rounds/<uuid:round_id>/opening", methods=["GET"])
@access(policy.can_see_opening, of=frameworks.get_round)
def opening(round_: Round) -> ResponseReturnValue:
    person = current_person()
    asked_by = session.get(Person, round_.open_requested_by_id) if round_.open_requested_by_id else None
    opened_by = session.get(Person, round_.opened_by_id) if round_.opened_by_id else None
    return page(
        "applications/opening.html",
        round=round_,
        form=ConfirmForm(),
        count=queries.count_submitted(round_),
        asked_by=asked_by,
        opened_by=opened_by,
        has_record=queries.has_opening_record(round_),
        waiting=queries.count_waiting_since_opening(round_),
        is_closed=frameworks.is_closed(round_, clock.now()),
        may_ask=round_policy.can_request_opening(person, round_),
        may_confirm=round_policy.can_confirm_opening(person, round_),
    )


@blueprint.route("/rounds/<uuid:round_id>/opening/request", methods=["POST"])
@access(round_policy.can_request_opening, of=frameworks.get_round)
def request_opening(round_: Round) -> ResponseReturnValue:
    services.request_opening(round_, by=current_person(), seen_version=request.form.get("version", type=int))
    return done(
        "You have asked for this round to be opened. Another commissioner must now confirm it.",
        url_for("applications.opening", round_id=round_.id),
    )


@blueprint.route("/rounds/<uuid:round_id>/opening/confirm", methods=["POST"])
@access(round_policy.can_confirm_opening, of=frameworks.get_round)
def confirm_opening(round_: Round) -> ResponseReturnValue:
    services.confirm_opening(round_, by=current_person(), seen_version=request.form.get("version", type=int))
    return done("The round is open.", url_for("applications.received", round_id=round_.id))


@blueprint.route("/rounds/<uuid:round_id>/applications", methods=["GET"])
@access(policy.can_list_received, of=frameworks.get_round)
def received(round_: Round) -> ResponseReturnValue:
    number = page_number()
    person = current_person()
    found = queries.list_received(person, round_, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    return page(
        "applications/received.html",
        round=round_,
        applications=found,
        free_of_conflict=queries.list_free_of_conflict(found),
        total=queries.count_received(person, round_),
        number=number,
        size=PAGE_SIZE,
        can_read=lambda application: bool(policy.can_read_received(person, application)),
    )


@blueprint.route("/received-applications/<uuid:application_id>", methods=["GET"])
@access(policy.can_read_received, of=queries.get_application)
def read(application: Application) -> ResponseReturnValue:
    submission = queries.get_submission(application)
    services.record_access(application, current_person(), f"submission {submission.number}")
    return page(
        "applications/read.html",
        application=application,
        submission=submission,
        file_states=queries.list_file_states(submission),
        requests=queries.list_requests(application),
        now=clock.now(),
    )


@blueprint.route("/received-applications/<uuid:application_id>/files/<uuid:document_id>", methods=["GET"])
@access(policy.can_read_received, of=queries.get_application)
def received_file(application: Application, document_id: uuid.UUID) -> ResponseReturnValue:
    document = queries.get_submitted_document(queries.get_submission(application), document_id)
    content = documents.open_content(document)
    services.record_access(application, current_person(), f"file {document.id}")
    return attachment(
        content, name=document.original_name, media_type=document.kind.media_type, size=document.size
    )
