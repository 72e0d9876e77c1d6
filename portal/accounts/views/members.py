"""The people of an organisation: its administrators invite them and give and take their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts import policy, queries, services
from portal.accounts.forms import InviteForm, MemberRolesForm
from portal.accounts.models import AccountLink
from portal.accounts.queries import Member
from portal.accounts.views.edge import blueprint, show_beside
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid, Refused, Throttled
from portal.core.web import done, page, page_number

if TYPE_CHECKING:
    from portal.providers.models import Organisation


@blueprint.route("/organisations/<uuid:organisation_id>/people", methods=["GET"])
@access(policy.can_see_people, of=queries.get_own_organisation)
def members(organisation: Organisation) -> ResponseReturnValue:
    person = current_person()
    return page(
        "accounts/members.html",
        organisation=organisation,
        people=queries.list_members(person, organisation, page_number()),
        invitations=queries.list_invitations(person, organisation),
        may_manage=policy.can_manage_people(person, organisation),
        now=clock.now(),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/people/invite", methods=["GET", "POST"])
@access(policy.can_manage_people, of=queries.get_own_organisation)
def invite(organisation: Organisation) -> ResponseReturnValue:
    form = InviteForm()
    if not form.validate_on_submit():
        return page("accounts/invite.html", 422 if form.errors else 200, form=form, organisation=organisation)
    try:
        services.invite_colleague(
            organisation.id, form.email.text, form.roles.chosen, current_person(), once_token=form.once.data
        )
    except (Invalid, Throttled) as error:
        show_beside(form, error)
        return page("accounts/invite.html", error.status, form=form, organisation=organisation)
    return done(f"We have sent an invitation to {form.email.text}.", _people_of(organisation.id))


@blueprint.route(
    "/organisations/<uuid:organisation_id>/invitations/<uuid:invitation_id>/resend", methods=["POST"]
)
@access(policy.can_manage_invitation, of=queries.get_invitation)
def resend_invitation(invitation: AccountLink) -> ResponseReturnValue:
    services.resend_invitation(invitation, by=current_person())
    return done(
        f"We have sent the invitation to {invitation.email} again.", _people_of(invitation.organisation_id)
    )


@blueprint.route(
    "/organisations/<uuid:organisation_id>/invitations/<uuid:invitation_id>/cancel", methods=["POST"]
)
@access(policy.can_manage_invitation, of=queries.get_invitation)
def cancel_invitation(invitation: AccountLink) -> ResponseReturnValue:
    services.cancel_invitation(invitation, by=current_person())
    return done(f"The invitation to {invitation.email} is cancelled.", _people_of(invitation.organisation_id))


@blueprint.route("/organisations/<uuid:organisation_id>/people/<uuid:person_id>", methods=["GET", "POST"])
@access(policy.can_manage_member, of=queries.get_member)
def edit_member(member: Member) -> ResponseReturnValue:
    form = MemberRolesForm(roles=member.roles, version=member.person.version)
    if not form.validate_on_submit():
        return page("accounts/edit_member.html", 422 if form.errors else 200, form=form, member=member)
    try:
        services.change_roles(
            member.person,
            form.roles.chosen,
            organisation_id=member.organisation.id,
            by=current_person(),
            seen_version=form.version.seen,
        )
    except Refused as error:
        show_beside(form, error)
        return page("accounts/edit_member.html", error.status, form=form, member=member)
    return done(f"The roles of {member.person.full_name} are changed.", _people_of(member.organisation.id))


@blueprint.route("/organisations/<uuid:organisation_id>/people/<uuid:person_id>/remove", methods=["POST"])
@access(policy.can_manage_member, of=queries.get_member)
def remove_member(member: Member) -> ResponseReturnValue:
    services.change_roles(member.person, [], organisation_id=member.organisation.id, by=current_person())
    to = _people_of(member.organisation.id)
    if member.person.id == current_person().id:
        to = url_for("home.start")
    return done(f"{member.person.full_name} no longer acts for {member.organisation.name}.", to)


def _people_of(organisation_id: object) -> str:
    return url_for("accounts.members", organisation_id=organisation_id)
