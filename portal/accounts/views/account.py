"""A person's own account."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import policy, queries, services
from portal.accounts.forms import ChangePasswordForm
from portal.accounts.views.edge import blueprint, show_beside, source
from portal.core import session
from portal.core.access import access, current_person
from portal.core.errors import Invalid, Throttled
from portal.core.web import done, keep_writes, page


@blueprint.route("/account", methods=["GET"])
@access(policy.is_signed_in)
def account() -> ResponseReturnValue:
    return page("accounts/account.html", grants=queries.list_grants(current_person()))


@blueprint.route("/account/password", methods=["GET", "POST"])
@access(policy.is_signed_in)
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return page("accounts/change_password.html", 422 if form.errors else 200, form=form)
    person = current_person()
    try:
        services.change_password(form.current_password.text, form.password.text, source(), by=person)
    except (Invalid, Throttled) as error:
        keep_writes()  # the try counts
        show_beside(form, error)
        return page("accounts/change_password.html", error.status, form=form)
    session.begin(person)
    return done("Your password is changed. Your other devices are signed out.", url_for("accounts.account"))


@blueprint.route("/account/sign-out-everywhere", methods=["POST"])
@access(policy.is_signed_in)
def sign_out_everywhere() -> ResponseReturnValue:
    services.sign_out_everywhere(by=current_person())
    session.end()
    flash("You are signed out on every device.", "success")
    return redirect(url_for("accounts.sign_in"), 303)
