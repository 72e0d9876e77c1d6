"""A provider's keys: the list, making one, revoking one. A secret is shown once, in answer to making it."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page, page_number
from portal.keys import policy, queries, services
from portal.keys.forms import KeyForm
from portal.keys.models import ApiKey
from portal.keys.states import KeyStanding, Scope
from portal.keys.views.frame import blueprint
from portal.providers.models import Organisation
from portal.providers.queries import get_organisation

PAGE_SIZE = 25


@blueprint.get("/organisations/<uuid:organisation_id>/keys")
@access(policy.can_keep_keys, of=get_organisation)
def index(organisation: Organisation) -> ResponseReturnValue:
    number, now = page_number(), clock.now()
    offset = (number - 1) * PAGE_SIZE
    found = queries.list_keys(organisation.id, limit=PAGE_SIZE + 1, offset=offset)
    return page(
        "keys/index.html",
        organisation=organisation,
        rows=[(key, queries.standing_of(key, now)) for key in found[:PAGE_SIZE]],
        unrevoked={KeyStanding.IN_FORCE, KeyStanding.EXPIRED, KeyStanding.WITHOUT_ROLE},
        label_of=lambda scope: Scope(scope).label,
        number=number,
        offset=offset,
        has_next=len(found) > PAGE_SIZE,
    )


@blueprint.route("/organisations/<uuid:organisation_id>/keys/make", methods=["GET", "POST"])
@access(policy.can_keep_keys, of=get_organisation)
def make(organisation: Organisation) -> ResponseReturnValue:
    form = KeyForm()
    form.offer(policy.scopes_for(current_person(), organisation.id))
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            key, secret = services.make_key(
                organisation,
                name=form.name.data or "",
                scopes=form.chosen,
                days=int(form.days.data),
                by=current_person(),
            )
            return page("keys/make_made.html", 201, key=key, secret=secret, organisation=organisation)
        except Invalid as error:
            beside(form, error)
    return page("keys/make.html", form_status(form), form=form, organisation=organisation)


@blueprint.post("/organisations/<uuid:organisation_id>/keys/<uuid:key_id>/revoke")
@access(policy.can_revoke, of=queries.get_key)
def revoke(key: ApiKey) -> ResponseReturnValue:
    services.revoke_key(key, by=current_person())
    return done(
        f"The key {key.name} is revoked: it works no more.",
        url_for("keys.index", organisation_id=key.organisation_id),
    )
