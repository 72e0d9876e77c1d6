"""The receipt as page, PDF and manifest for the applicant, and the public page that says whether one is true."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import VerifyForm
from portal.applications.models import Application, Submission
from portal.applications.views import blueprint
from portal.applications.views.drafting import is_open
from portal.core.access import access, public
from portal.core.downloads import attachment
from portal.core.web import page


@blueprint.route("/applications/<uuid:application_id>/receipt", methods=["GET"])
@blueprint.route("/applications/<uuid:application_id>/receipt/<int:number>", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def receipt(application: Application, number: int | None = None) -> ResponseReturnValue:
    submission = queries.get_submission(application, number)
    return page(
        "applications/receipt.html",
        application=application,
        submission=submission,
        received=services.to_the_second(submission.submitted_at),
        submissions=queries.list_submissions(application),
        prices=queries.list_submitted_prices(submission),
        cells=queries.list_asked_cells(application.round),
        file_states=queries.list_file_states(submission),
        is_open=is_open(application),
        has_working_copy=services.has_working_copy(application),
    )


@blueprint.route("/applications/<uuid:application_id>/receipt/<int:number>/pdf", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def receipt_pdf(application: Application, number: int) -> ResponseReturnValue:
    submission = queries.get_submission(application, number)
    content = services.render_receipt(application, submission)
    return attachment(
        [content],
        name=_name(application, submission, "pdf"),
        media_type="application/pdf",
        size=len(content),
    )


@blueprint.route("/applications/<uuid:application_id>/receipt/<int:number>/manifest", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def manifest(application: Application, number: int) -> ResponseReturnValue:
    submission = queries.get_submission(application, number)
    content = services.write_manifest(application, submission).encode()
    return attachment(
        [content],
        name=_name(application, submission, "json"),
        media_type="application/json",
        size=len(content),
    )


@blueprint.route("/verify-a-receipt", methods=["GET", "POST"])
@public
def verify_receipt() -> ResponseReturnValue:
    form = VerifyForm(
        data={
            "reference": request.args.get("reference", ""),
            "fingerprint": request.args.get("fingerprint", ""),
        }
    )
    checked, found = False, None
    if form.validate_on_submit():
        checked = True
        found = services.verify_receipt(
            form.reference.data or "", form.fingerprint.data or "", source=request.remote_addr or "unknown"
        )
    return page(
        "applications/verify_receipt.html",
        422 if form.errors else 200,
        form=form,
        checked=checked,
        found=found,
        received=services.to_the_second(found.received_at) if found is not None else None,
    )


def _name(application: Application, submission: Submission, ending: str) -> str:
    return f"{application.reference} receipt {submission.number}.{ending}"
