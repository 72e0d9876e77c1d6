"""Signing in and out, and keeping a session that is about to end."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import policy, services
from portal.accounts.forms import EmailForm, RegisterForm, SignInForm
from portal.accounts.views.edge import begin, blueprint, device, safe_next, show_beside, source
from portal.core import session
from portal.core.access import access, current_person, public
from portal.core.errors import AlreadyDone, Invalid, Throttled
from portal.core.web import keep_writes, page


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=request.args.get("next", ""))
    back_to = safe_next(form.next.data)
    if request.method == "GET" and current_person() is not None:
        return redirect(back_to, 303)
    if not form.validate_on_submit():
        return page("accounts/sign_in.html", 422 if form.errors else 200, form=form)
    try:
        person = services.check_sign_in(form.email.text, form.password.text, source(), device())
    except (Invalid, Throttled) as error:
        keep_writes()  # the try counts
        show_beside(form, error)
        return page("accounts/sign_in.html", error.status, form=form)
    return begin(person, back_to)


@blueprint.route("/sign-out", methods=["POST"])
@public
def sign_out() -> ResponseReturnValue:
    session.end()
    return redirect(url_for("accounts.signed_out", by="you"), 303)


@blueprint.route("/signed-out", methods=["GET"])
@public
def signed_out() -> ResponseReturnValue:
    # The page's own clock brings people here a moment before the server's: the session ends all the same.
    if current_person() is not None:
        session.end()
    back_to = request.args.get("next")
    return page(
        "accounts/signed_out.html",
        on_purpose=request.args.get("by") == "you",
        sign_in_again=url_for("accounts.sign_in", next=safe_next(back_to) if back_to else None),
    )


@blueprint.route("/session", methods=["POST"])
@access(policy.is_signed_in)
def extend_session() -> ResponseReturnValue:
    # That the request arrived has already put off the sign-out.
    return "", 204


@blueprint.route("/register", methods=["GET", "POST"])
@public
def register() -> ResponseReturnValue:
    if request.method == "GET" and current_person() is not None:
        return redirect(url_for("home.start"), 303)
    form = RegisterForm()
    if not form.validate_on_submit():
        return page("accounts/register.html", 422 if form.errors else 200, form=form)
    try:
        services.register_person(
            form.full_name.text, form.email.text, form.password.text, source(), once_token=form.once.data
        )
    except AlreadyDone:
        pass  # the first of the two was answered by the same page
    except (Invalid, Throttled) as error:
        show_beside(form, error)
        return page("accounts/register.html", error.status, form=form)
    return redirect(url_for("accounts.check_email", about="registration"), 303)


@blueprint.route("/check-your-email", methods=["GET"])
@public
def check_email() -> ResponseReturnValue:
    return page("accounts/check_email.html", about=request.args.get("about"))


@blueprint.route("/forgotten-password", methods=["GET", "POST"])
@public
def forgotten_password() -> ResponseReturnValue:
    form = EmailForm()
    if not form.validate_on_submit():
        return page("accounts/forgotten_password.html", 422 if form.errors else 200, form=form)
    try:
        services.request_password_reset(form.email.text, source())
    except Throttled as error:
        show_beside(form, error)
        return page("accounts/forgotten_password.html", error.status, form=form)
    return redirect(url_for("accounts.check_email", about="password"), 303)


@blueprint.route("/confirm-your-email", methods=["GET"])
@access(policy.is_signed_in)
def unconfirmed() -> ResponseReturnValue:
    if current_person().email_confirmed_at is not None:
        return redirect(url_for("home.start"), 303)
    return page("accounts/unconfirmed.html", navigation=())


@blueprint.route("/confirm-your-email", methods=["POST"])
@access(policy.is_signed_in)
def resend_confirmation() -> ResponseReturnValue:
    services.resend_confirmation(by=current_person())
    flash("We have sent you a new email. Links in earlier ones no longer work.", "success")
    return redirect(url_for("accounts.unconfirmed"), 303)
