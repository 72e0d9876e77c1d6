"""Registration, an organisation's own page, and the councils' list of organisations."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.accounts.states import Role
from portal.core import once
from portal.core.access import access, current_person
from portal.core.errors import AlreadyDone, Invalid
from portal.core.web import beside, done, form_status, page, page_number, seen_version
from portal.providers import policy, queries, services, workflow
from portal.providers.forms import (
    AnswerForm,
    ByHandForm,
    ContactForm,
    JoinForm,
    RegistrationForm,
    VerificationForm,
    agency_values,
    contact_values,
)
from portal.providers.models import JoinRequest, OfstedAgency, Organisation
from portal.providers.states import OrganisationState

PAGE_SIZE = 25

blueprint = Blueprint("providers", __name__)


@blueprint.get("/registration")
@access(policy.can_register)
def find() -> ResponseReturnValue:
    text = request.args.get("q", "").strip()
    agencies, urn = queries.search_agencies(text) if text else [], queries.clean_urn(text)
    return page(
        "providers/find.html",
        text=text,
        agencies=agencies,
        # Whoever browses names is not told which rivals are here (rule 9); a URN is what one registers with.
        registered=queries.list_registered_urns([urn] if urn else []),
        most=queries.MOST_FOUND,
    )


@blueprint.route("/registration/agencies/<urn>", methods=["GET", "POST"])
@access(policy.can_register_agency, of=queries.get_agency)
def register_agency(agency: OfstedAgency) -> ResponseReturnValue:
    if request.method == "GET" and queries.find_organisation_by_urn(agency.urn) is not None:
        return redirect(url_for("providers.ask_to_join", urn=agency.urn), 303)
    form = RegistrationForm(data=agency_values(agency) | {"once": str(uuid.uuid4())})
    if form.validate_on_submit():
        try:
            return _register(form, agency.urn)
        except Invalid as error:
            beside(form, error)
    return page("providers/register_agency.html", form_status(form), form=form, agency=agency)


@blueprint.route("/registration/by-hand", methods=["GET", "POST"])
@access(policy.can_register)
def register_by_hand() -> ResponseReturnValue:
    form = ByHandForm(data={"once": str(uuid.uuid4())})
    taken = None
    if form.validate_on_submit():
        try:
            return _register(form, form.urn.data)
        except Invalid as error:
            beside(form, error)
            urn = queries.clean_urn(form.urn.data or "")
            taken = queries.find_organisation_by_urn(urn) if urn else None
    return page("providers/register_by_hand.html", form_status(form), form=form, taken=taken)


def _register(form: Any, urn: str | None) -> ResponseReturnValue:
    person = current_person()
    try:
        once.claim(form.once.data or "")
    except AlreadyDone:
        return redirect(url_for("providers.own_organisations"), 303)
    made = services.register_organisation(form.details(), urn=urn, by=person)
    return done(
        f"{made.name} is registered. An officer will verify it.",
        url_for("providers.show", organisation_id=made.id),
    )


@blueprint.route("/registration/agencies/<urn>/join", methods=["GET", "POST"])
@access(policy.can_register_agency, of=queries.get_registered_agency)
def ask_to_join(organisation: Organisation) -> ResponseReturnValue:
    person = current_person()
    if person.acts_for(organisation.id):
        return redirect(url_for("providers.show", organisation_id=organisation.id), 303)
    form = JoinForm()
    if form.validate_on_submit():
        services.ask_to_join(organisation, by=person)
        return done(
            "We have asked the administrator to let you in. You will get an email when they answer.",
            url_for("providers.ask_to_join", urn=organisation.urn),
        )
    asked = queries.find_join_request(organisation, person)
    return page("providers/ask_to_join.html", form=form, organisation=organisation, asked=asked)


@blueprint.route("/join-requests/<uuid:request_id>", methods=["GET", "POST"])
@access(policy.can_answer, of=queries.get_join_request)
def answer_request(join_request: JoinRequest) -> ResponseReturnValue:
    form = AnswerForm()
    organisation_page = url_for("providers.show", organisation_id=join_request.organisation_id)
    if form.validate_on_submit():
        accept = form.accept.data == "yes"
        roles = [Role(value) for value in form.roles.data or []]
        try:
            services.answer_join_request(join_request, accept=accept, roles=roles, by=current_person())
            return done(
                "They can act for you now." if accept else "The request is declined.", organisation_page
            )
        except Invalid as error:
            beside(form, error)
    asker, organisation = queries.get_asker(join_request)
    return page(
        "providers/answer_request.html",
        form_status(form),
        form=form,
        join_request=join_request,
        asker=asker,
        organisation=organisation,
    )


@blueprint.get("/organisations/yours")
@access(policy.can_see_own)
def own_organisations() -> ResponseReturnValue:
    return page(
        "providers/own_organisations.html", organisations=queries.list_own_organisations(current_person())
    )


@blueprint.get("/organisations")
@access(policy.can_list_organisations)
def index() -> ResponseReturnValue:
    text, number = request.args.get("q", "").strip(), page_number()
    wanted = request.args.get("state", "")
    state = OrganisationState(wanted) if wanted in list(OrganisationState) else None
    return page(
        "providers/index.html",
        organisations=queries.list_organisations(
            state=state, text=text, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
        ),
        total=queries.count_organisations(state=state, text=text),
        text=text,
        state=state,
        states=OrganisationState,
        number=number,
        size=PAGE_SIZE,
    )


@blueprint.get("/organisations/<uuid:organisation_id>")
@access(policy.can_read, of=queries.get_organisation)
def show(organisation: Organisation) -> ResponseReturnValue:
    person = current_person()
    administers = bool(policy.can_administer(person, organisation))
    return page(
        "providers/show.html",
        organisation=organisation,
        agency=queries.find_agency(organisation.urn) if organisation.urn else None,
        people=queries.list_people(organisation),
        join_requests=queries.list_join_requests(organisation) if administers else [],
        administers=administers,
        may_verify=bool(workflow.ORGANISATION.available(person, organisation)),
        for_council=person.is_council,
    )


@blueprint.route("/organisations/<uuid:organisation_id>/details", methods=["GET", "POST"])
@access(policy.can_administer, of=queries.get_organisation)
def edit_details(organisation: Organisation) -> ResponseReturnValue:
    form = ContactForm(data=contact_values(organisation))
    if form.validate_on_submit():
        try:
            services.edit_contact(
                organisation, form.contact(), by=current_person(), seen_version=seen_version()
            )
            return done("Contact details saved.", url_for("providers.show", organisation_id=organisation.id))
        except Invalid as error:
            beside(form, error)
    return page("providers/edit_details.html", form_status(form), form=form, organisation=organisation)


@blueprint.route("/organisations/<uuid:organisation_id>/verification", methods=["GET", "POST"])
@access(policy.can_verify, of=queries.get_organisation)
def verification(organisation: Organisation) -> ResponseReturnValue:
    form = VerificationForm(data={"version": organisation.version})
    available = workflow.ORGANISATION.available(current_person(), organisation)
    form.finding.choices = [SelectChoice(transition.name, WORDS[transition.name]) for transition in available]
    if form.validate_on_submit():
        decide = DECISIONS[form.finding.data]
        try:
            decide(
                organisation, by=current_person(), seen_version=seen_version(), reason=form.reason.data or ""
            )
            return done(
                f"{organisation.name}: {organisation.state.label.lower()}.",
                url_for("providers.show", organisation_id=organisation.id),
            )
        except Invalid as error:
            beside(form, error)
    agency = queries.find_agency(organisation.urn) if organisation.urn else None
    return page(
        "providers/verification.html", form_status(form), form=form, organisation=organisation, agency=agency
    )


WORDS = {"verify": "Yes, verify it", "refuse": "No, do not verify it"}
DECISIONS = {"verify": services.verify_organisation, "refuse": services.refuse_organisation}
