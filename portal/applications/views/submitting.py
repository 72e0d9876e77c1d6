"""Checking, declaring, submitting now or at the deadline, going back to what was submitted, and withdrawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import ConfirmForm, DeclarationForm, WithdrawForm
from portal.applications.models import Application, LateAttempt, Submission
from portal.applications.views import blueprint
from portal.applications.views.drafting import is_open, may_edit_now
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import DomainError, Invalid
from portal.core.web import done, keep_writes, page, seen_version
from portal.frameworks import queries as frameworks
from portal.frameworks.states import QuestionKind


@blueprint.route("/applications/<uuid:application_id>/check", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def check(application: Application) -> ResponseReturnValue:
    progress = queries.get_progress(application)
    return page(
        "applications/check.html",
        application=application,
        progress=progress,
        kinds=QuestionKind,
        may_edit=may_edit_now(application),
        **_about_standing(application, progress),
    )


@blueprint.route("/applications/<uuid:application_id>/declaration", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def declaration(application: Application) -> ResponseReturnValue:
    progress = queries.get_progress(application)
    form = DeclarationForm(
        data={
            "version": _version_shown(application),
            "seen": services.content_mark(progress),
            "name": current_person().full_name,
        }
    )
    edits: Sequence[services.Edit] | None = None
    if form.validate_on_submit():
        sign = _sign_and_submit if request.form.get("then") == "submit" else _sign
        try:
            return sign(application, form)
        except services.ChangedSinceShown as error:
            edits = error.edits
            _ask_again(application, form, error.mark)
        except Invalid as error:
            if error.field is None:
                raise
            form[error.field].errors = [error.message]
    return page(
        "applications/declaration.html",
        409 if edits is not None else 422 if form.errors else 200,
        application=application,
        form=form,
        edits=edits,
        gaps=queries.get_progress(application).gaps,
        text=services.declaration_text(frameworks.list_sections(application.round)),
        may_edit=may_edit_now(application),
        instruction=queries.find_instruction(application),
    )


def _ask_again(application: Application, form: DeclarationForm, mark: str) -> None:
    """Whoever signs now has been told what changed; name and position stay as typed, the promise is made anew."""
    form.seen.data, form.agrees.data = mark, False
    form.version.process_data(_version_shown(application))


def _sign(application: Application, form: DeclarationForm) -> ResponseReturnValue:
    services.declare(application, **_signature(form))
    return done(
        "Declaration signed. The application is not submitted yet.",
        url_for("applications.submit", application_id=application.id),
    )


def _sign_and_submit(application: Application, form: DeclarationForm) -> ResponseReturnValue:
    return _in_time(
        application,
        lambda: _to_receipt(application, services.sign_and_submit(application, **_signature(form))),
    )


def _signature(form: DeclarationForm) -> dict[str, Any]:
    return {
        "name": form.name.data or "",
        "position": form.position.data or "",
        "by": current_person(),
        "seen": form.seen.data,
        "seen_version": seen_version(),
    }


@blueprint.route("/applications/<uuid:application_id>/submit", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def submit(application: Application) -> ResponseReturnValue:
    form = ConfirmForm(data={"version": _version_shown(application)})
    if form.validate_on_submit():
        return _in_time(application, lambda: _submit(application, form))
    progress = queries.get_progress(application)
    return page(
        "applications/submit.html",
        application=application,
        form=form,
        gaps=progress.gaps,
        **_about_standing(application, progress),
    )


def _submit(application: Application, form: ConfirmForm) -> ResponseReturnValue:
    submission = services.submit_application(application, by=current_person(), seen_version=seen_version())
    return _to_receipt(application, submission)


def _to_receipt(application: Application, submission: Submission) -> ResponseReturnValue:
    # What only the commit would notice belongs inside too.
    session.flush()
    if submission.created_at < clock.now():
        flash("It had been submitted already. This is the receipt; nothing was done twice.", "notice")
    return redirect(url_for("applications.receipt", application_id=application.id), 303)


@blueprint.route("/applications/<uuid:application_id>/standing-instruction", methods=["POST"])
@access(policy.can_write, of=queries.get_application)
def instruct(application: Application) -> ResponseReturnValue:
    def give() -> ResponseReturnValue:
        services.instruct(application, by=current_person(), seen_version=seen_version())
        session.flush()
        return done(
            "Your instruction is recorded.", url_for("applications.submit", application_id=application.id)
        )

    return _in_time(application, give)


@blueprint.route("/applications/<uuid:application_id>/standing-instruction/cancel", methods=["POST"])
@access(policy.can_write, of=queries.get_application)
def cancel_instruction(application: Application) -> ResponseReturnValue:
    services.cancel_instruction(application, by=current_person())
    return done(
        "It will no longer be submitted by itself.",
        url_for("applications.submit", application_id=application.id),
    )


@blueprint.route("/applications/<uuid:application_id>/discard-changes", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def discard_changes(application: Application) -> ResponseReturnValue:
    form = ConfirmForm(data={"version": _version_shown(application)})
    if form.validate_on_submit():
        services.discard_changes(application, by=current_person(), seen_version=seen_version())
        return done(
            "Your changes are discarded. The application is as you submitted it.",
            url_for("applications.show", application_id=application.id),
        )
    return page(
        "applications/discard_changes.html",
        application=application,
        form=form,
        **_about_standing(application, queries.get_progress(application)),
    )


@blueprint.route("/applications/<uuid:application_id>/withdraw", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def withdraw(application: Application) -> ResponseReturnValue:
    form = WithdrawForm(data={"version": _version_shown(application)})
    if form.validate_on_submit():
        try:
            services.withdraw_application(
                application,
                reason=form.reason.data or "",
                by=current_person(),
                seen_version=seen_version(),
            )
        except Invalid as error:
            if error.field is None:
                raise
            form[error.field].errors = [error.message]
        else:
            return done(
                f"Application {application.reference} withdrawn.",
                url_for("applications.show", application_id=application.id),
            )
    return page(
        "applications/withdraw.html",
        422 if form.errors else 200,
        application=application,
        form=form,
        is_open=is_open(application),
    )


@blueprint.route("/applications/<uuid:application_id>/late", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def late(application: Application) -> ResponseReturnValue:
    return _late_page(application, queries.get_late_attempt(application), 200)


def _in_time(application: Application, action: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """Do it, or refuse it as late and keep what was tried, after the rollback, with a page that says so."""
    person = current_person()
    try:
        return action()
    except DomainError as error:
        if not services.is_late(error):
            raise
        session.rollback()
        attempt = services.record_late_attempt(application, by=person)
        keep_writes()
        return _late_page(application, attempt, 409)


def _late_page(application: Application, attempt: LateAttempt, status: int) -> ResponseReturnValue:
    return page(
        "applications/late.html",
        status,
        application=application,
        attempt=attempt,
        attempted=services.to_the_second(attempt.created_at),
        standing=queries.latest_submission(application),
    )


def _about_standing(application: Application, progress: queries.Progress) -> dict[str, Any]:
    """What was submitted, what has changed since, and what will happen by itself."""
    standing = queries.latest_submission(application)
    has_working_copy = services.has_working_copy(application)
    changes = (
        queries.list_changes(standing, queries.list_submitted_prices(standing), progress)
        if standing is not None and has_working_copy
        else []
    )
    return {
        "standing": standing,
        "has_working_copy": has_working_copy,
        "changes": changes,
        "instruction": queries.find_instruction(application),
        "is_open": is_open(application),
    }


def _version_shown(application: Application) -> int | None:
    """The version for a form, while it counts edits; later it would count the councils' steps and so tell them."""
    return application.version if is_open(application) else None
