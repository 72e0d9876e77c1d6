"""Checking, declaring, submitting, the receipt, and withdrawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import ConfirmForm, DeclarationForm
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.applications.views.drafting import is_open, may_edit_now
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import DomainError, Invalid
from portal.core.web import done, page
from portal.frameworks import queries as frameworks
from portal.frameworks.states import QuestionKind


@blueprint.route("/applications/<uuid:application_id>/check", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def check(application: Application) -> ResponseReturnValue:
    return page(
        "applications/check.html",
        application=application,
        progress=queries.get_progress(application),
        kinds=QuestionKind,
        may_edit=may_edit_now(application),
        is_open=is_open(application),
        has_working_copy=services.has_working_copy(application),
    )


@blueprint.route("/applications/<uuid:application_id>/declaration", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def declaration(application: Application) -> ResponseReturnValue:
    form = DeclarationForm(data={"version": _version_shown(application), "name": current_person().full_name})
    if form.validate_on_submit():
        try:
            services.declare(
                application,
                name=form.name.data or "",
                position=form.position.data or "",
                by=current_person(),
                seen_version=_version(form),
            )
        except Invalid as error:
            if error.field is None:
                raise
            form[error.field].errors = [error.message]
        else:
            return done("Declaration signed.", url_for("applications.submit", application_id=application.id))
    return page(
        "applications/declaration.html",
        422 if form.errors else 200,
        application=application,
        form=form,
        gaps=queries.get_progress(application).gaps,
        text=services.declaration_text(frameworks.list_sections(application.round)),
        may_edit=may_edit_now(application),
    )


@blueprint.route("/applications/<uuid:application_id>/submit", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def submit(application: Application) -> ResponseReturnValue:
    form = ConfirmForm(data={"version": _version_shown(application)})
    if form.validate_on_submit():
        with late_attempts_on_record(application):
            services.submit_application(application, by=current_person(), seen_version=_version(form))
            # What only the commit would notice belongs inside too.
            session.flush()
        return redirect(url_for("applications.receipt", application_id=application.id), 303)
    return page(
        "applications/submit.html",
        application=application,
        form=form,
        gaps=queries.get_progress(application).gaps,
        standing=queries.latest_submission(application),
        has_working_copy=services.has_working_copy(application),
        is_open=is_open(application),
    )


@contextmanager
def late_attempts_on_record(application: Application) -> Iterator[None]:
    """A submission refused as late leaves a record, in a transaction of its own after the rollback."""
    person = current_person()
    try:
        yield
    except DomainError as error:
        if not services.is_late(error):
            raise
        session.rollback()
        services.record_late_attempt(application, by=person)
        session.commit()
        if isinstance(error, services.DeadlinePassed):
            raise
        raise services.DeadlinePassed(error.message) from error


@blueprint.route("/applications/<uuid:application_id>/receipt", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def receipt(application: Application) -> ResponseReturnValue:
    submission = queries.get_submission(application, request.args.get("number", type=int))
    return page(
        "applications/receipt.html",
        application=application,
        submission=submission,
        submissions=queries.list_submissions(application),
        prices=queries.list_submitted_prices(submission),
        cells=queries.list_asked_cells(application.round),
        file_states=queries.list_file_states(submission),
        is_open=is_open(application),
        has_working_copy=services.has_working_copy(application),
    )


@blueprint.route("/applications/<uuid:application_id>/withdraw", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def withdraw(application: Application) -> ResponseReturnValue:
    form = ConfirmForm(data={"version": _version_shown(application)})
    if form.validate_on_submit():
        services.withdraw_application(application, by=current_person(), seen_version=_version(form))
        return done(
            f"Application {application.reference} withdrawn.",
            url_for("applications.show", application_id=application.id),
        )
    return page(
        "applications/withdraw.html", application=application, form=form, is_open=is_open(application)
    )


def _version_shown(application: Application) -> int | None:
    """The version for a form, while it counts edits; later it would count the councils' steps and so tell them."""
    return application.version if is_open(application) else None


def _version(form: ConfirmForm | DeclarationForm) -> int | None:
    text = str(form.version.data or "")
    return int(text) if text.isdigit() else None
