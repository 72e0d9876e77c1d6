"""Council staff's accounts, kept by system administrators."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import policy, queries, services
from portal.accounts.forms import CouncilAccountForm, CouncilRolesForm
from portal.accounts.models import Person
from portal.accounts.states import Council
from portal.accounts.views.edge import blueprint, show_beside
from portal.core.access import access, current_person
from portal.core.errors import Invalid, Refused
from portal.core.web import done, page, page_number


@blueprint.route("/council-accounts", methods=["GET"])
@access(policy.is_system_administrator)
def council_accounts() -> ResponseReturnValue:
    text = request.args.get("q", "")
    people = queries.list_council_accounts(text, page_number())
    return page("accounts/council_accounts.html", people=people, text=text)


@blueprint.route("/council-accounts/new", methods=["GET", "POST"])
@access(policy.is_system_administrator)
def council_account_new() -> ResponseReturnValue:
    form = CouncilAccountForm()
    if not form.validate_on_submit():
        return page("accounts/council_account_new.html", 422 if form.errors else 200, form=form)
    try:
        services.create_council_account(
            form.email.text,
            form.full_name.text,
            Council(form.council.data),
            form.roles.chosen,
            current_person(),
            once_token=form.once.data,
        )
    except Invalid as error:
        show_beside(form, error)
        return page("accounts/council_account_new.html", error.status, form=form)
    return done(f"The account is made. We have sent an invitation to {form.email.text}.", _list())


@blueprint.route("/council-accounts/<uuid:person_id>", methods=["GET", "POST"])
@access(policy.can_manage_council_account, of=queries.get_council_account)
def council_account(account: Person) -> ResponseReturnValue:
    held = [grant.role for grant in account.grants]
    form = CouncilRolesForm(roles=held, version=account.version)
    if not form.validate_on_submit():
        return page("accounts/council_account.html", 422 if form.errors else 200, form=form, account=account)
    try:
        services.change_roles(
            account,
            form.roles.chosen,
            council=account.council,
            by=current_person(),
            seen_version=form.version.seen,
        )
    except (Invalid, Refused) as error:
        show_beside(form, error)
        return page("accounts/council_account.html", error.status, form=form, account=account)
    return done(f"The roles of {account.full_name} are changed.", _list())


@blueprint.route("/council-accounts/<uuid:person_id>/invite-again", methods=["POST"])
@access(policy.can_manage_council_account, of=queries.get_council_account)
def council_account_invite_again(account: Person) -> ResponseReturnValue:
    services.resend_council_invitation(account, by=current_person())
    return done(f"We have sent a new invitation to {account.email}.", _of(account))


@blueprint.route("/council-accounts/<uuid:person_id>/disable", methods=["POST"])
@access(policy.can_manage_council_account, of=queries.get_council_account)
def council_account_disable(account: Person) -> ResponseReturnValue:
    services.disable_account(account, by=current_person(), seen_version=request.form.get("version", type=int))
    return done(f"The account of {account.full_name} is closed.", _of(account))


@blueprint.route("/council-accounts/<uuid:person_id>/enable", methods=["POST"])
@access(policy.can_manage_council_account, of=queries.get_council_account)
def council_account_enable(account: Person) -> ResponseReturnValue:
    services.enable_account(account, by=current_person(), seen_version=request.form.get("version", type=int))
    return done(f"The account of {account.full_name} is open again.", _of(account))


def _list() -> str:
    return url_for("accounts.council_accounts")


def _of(account: Person) -> str:
    return url_for("accounts.council_account", person_id=account.id)
