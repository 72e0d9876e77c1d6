"""Pages that mailed links lead to. Opening one changes nothing, since mail scanners do; its button does."""

from __future__ import annotations

from functools import wraps

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import services
from portal.accounts.forms import AcceptForm, ConfirmForm, NewPasswordForm, PressForm
from portal.accounts.views.edge import begin, blueprint, device, show_beside, source
from portal.core.access import View, current_person, public
from portal.core.db import session
from portal.core.errors import Invalid, Throttled
from portal.core.web import done, keep_writes, page


def spent_link_page(view: View) -> View:
    """A link that is used, expired or replaced leads to a page that says so and what to do."""

    @wraps(view)
    def shown(**values: str) -> ResponseReturnValue:
        try:
            return view(**values)
        except services.LinkSpent as error:
            session.rollback()  # found out at the last moment, when a rival had used it: nothing may stay
            return page(
                "accounts/spent_link.html", error.status, reason=error.message, endpoint=request.endpoint
            )

    return shown


@blueprint.route("/confirm-email/<secret>", methods=["GET", "POST"])
@public
@spent_link_page
def confirm_email(secret: str) -> ResponseReturnValue:
    link = services.find_confirmation(secret)
    person = current_person()
    form = PressForm() if person is not None else ConfirmForm()
    if not form.validate_on_submit():
        return page("accounts/confirm_email.html", 422 if form.errors else 200, form=form, link=link)
    try:
        by = person or services.check_sign_in(link.email, form.password.text, source(), device())
    except (Invalid, Throttled) as error:
        keep_writes()  # the try counts
        show_beside(form, error)
        return page("accounts/confirm_email.html", error.status, form=form, link=link)
    services.confirm_email(secret, by=by)
    return begin(by, url_for("home.start"))


@blueprint.route("/new-password/<secret>", methods=["GET", "POST"])
@public
@spent_link_page
def reset_password(secret: str) -> ResponseReturnValue:
    link = services.find_reset(secret)
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return page("accounts/reset_password.html", 422 if form.errors else 200, form=form, link=link)
    try:
        services.reset_password(secret, form.password.text)
    except (Invalid, Throttled) as error:
        show_beside(form, error)
        return page("accounts/reset_password.html", error.status, form=form, link=link)
    return done("Your password is changed. Sign in with it now.", url_for("accounts.sign_in"))


@blueprint.route("/invitations/<secret>", methods=["GET", "POST"])
@public
@spent_link_page
def accept_invitation(secret: str) -> ResponseReturnValue:
    invitation = services.find_invitation(secret)
    if services.needs_account(invitation):
        return _accept_with_new_account(secret)
    form = PressForm()
    if current_person() is None or not form.validate_on_submit():
        return page("accounts/accept_invitation.html", invitation=invitation, form=form, secret=secret)
    services.accept_invitation_as(secret, by=current_person())
    return done("You can now act for this organisation.", url_for("home.start"))


def _accept_with_new_account(secret: str) -> ResponseReturnValue:
    invitation = services.find_invitation(secret)
    form = AcceptForm(full_name=invitation.person.full_name if invitation.person else None)
    template = "accounts/accept_invitation_new.html"
    if not form.validate_on_submit():
        return page(template, 422 if form.errors else 200, form=form, invitation=invitation)
    try:
        person = services.accept_invitation(secret, form.full_name.text, form.password.text)
    except (Invalid, Throttled) as error:
        show_beside(form, error)
        return page(template, error.status, form=form, invitation=invitation)
    return begin(person, url_for("home.start"))
