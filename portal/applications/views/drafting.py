"""The provider's list of applications, starting one, and its task list."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.applications import policy, queries, services
from portal.applications.forms import ConfirmForm
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import done, page
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round
from portal.providers.models import Organisation


@blueprint.route("/applications", methods=["GET"])
@access(policy.can_list_own)
def index() -> ResponseReturnValue:
    person = current_person()
    mine = queries.list_own_applications(person)
    begun = {(one.round_id, one.organisation_id) for one in mine}
    organisations = queries.list_own_organisations(person)
    return page(
        "applications/index.html",
        applications=mine,
        open_rounds=[
            (round_, organisation, policy.can_start(person, organisation))
            for round_ in frameworks.list_open_rounds()
            for organisation in organisations
            if (round_.id, organisation.id) not in begun
        ],
        now=clock.now(),
        has_working_copy=services.has_working_copy,
    )


@blueprint.route("/rounds/<uuid:round_id>/apply", methods=["GET", "POST"])
@access(policy.can_see_start, of=frameworks.get_round)
def start(round_: Round) -> ResponseReturnValue:
    person: Person = current_person()
    organisations = queries.list_own_organisations(person)
    form = ConfirmForm()
    if request.method == "POST":
        chosen = _chosen(organisations, request.form.get("organisation_id"))
        application = services.start_application(round_, chosen, by=person)
        onward = "carry_over" if queries.list_earlier(person, application) else "show"
        return done(
            f"Your application has the reference {application.reference}.",
            url_for(f"applications.{onward}", application_id=application.id),
        )
    return page(
        "applications/start.html",
        round=round_,
        form=form,
        choices=[
            (one, policy.can_start(person, one), queries.find_application(round_.id, one.id))
            for one in organisations
        ],
        wanted=request.args.get("organisation_id"),
        is_accepting=frameworks.is_accepting(round_, clock.now()),
    )


@blueprint.route("/applications/<uuid:application_id>", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def show(application: Application) -> ResponseReturnValue:
    person: Person = current_person()
    editing = is_open(application) and bool(policy.can_edit(person, application))
    return page(
        "applications/show.html",
        application=application,
        progress=queries.survey(application),
        open_comments=queries.count_open_comments(application),
        has_earlier=editing and queries.has_earlier(person, application),
        standing=queries.latest_submission(application) if application.submitted_at else None,
        has_working_copy=services.has_working_copy(application),
        instruction=queries.find_instruction(application),
        requests=queries.list_requests(application) if application.round.opened_at else (),
        is_open=is_open(application),
        may_write=bool(policy.can_write(person, application)),
        now=clock.now(),
    )


def _chosen(organisations: Sequence[Organisation], wanted: str | None) -> Organisation:
    found = next((one for one in organisations if str(one.id) == wanted), None)
    if found is None:
        raise Invalid("Choose the organisation that applies.")
    return found


def is_open(application: Application) -> bool:
    """Does the round still take changes, as far as this page can tell?"""
    return frameworks.is_accepting(application.round, clock.now())


def may_edit_now(application: Application) -> bool:
    """Show fields to fill in, or only what was filled in?"""
    return is_open(application) and bool(policy.can_edit(current_person(), application))
