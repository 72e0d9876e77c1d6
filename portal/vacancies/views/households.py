"""One household: adding or copying it, showing it with its history, and changing all that is said of it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.web import beside, done, page, seen_version
from portal.providers.models import Organisation
from portal.providers.queries import get_organisation
from portal.vacancies import policy, queries, services
from portal.vacancies.forms import HouseholdForm, filled_in
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import words_of_value
from portal.vacancies.states import OPEN, Gender, VacancyState
from portal.vacancies.views.frame import WHO, asked_change, blueprint, list_url, show_url, told
from portal.vacancies.workflow import VACANCY


@blueprint.route("/organisations/<uuid:organisation_id>/vacancies/add", methods=["GET", "POST"])
@access(policy.can_keep, of=get_organisation)
def add(organisation: Organisation) -> ResponseReturnValue:
    copied = _copied(organisation)
    form = _new_form(copied)
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            vacancy = services.add_vacancy(organisation, form.household(), by=current_person())
            return done(f"{vacancy.carer_reference} added.", list_url(organisation.id))
        except Invalid as error:
            beside(form, error)
    status = 422 if form.errors else 200
    return page("vacancies/add.html", status, form=form, organisation=organisation, copied=copied)


def _copied(organisation: Organisation) -> Vacancy | None:
    """The household that the new one starts from, if the address names one of this organisation."""
    asked = request.args.get("copy")
    if asked is None:
        return None
    try:
        vacancy = queries.get_vacancy(current_person(), uuid.UUID(asked))
    except ValueError as error:
        raise NotFound from error
    if vacancy.organisation_id != organisation.id:
        raise NotFound
    return vacancy


def _new_form(copied: Vacancy | None) -> HouseholdForm:
    if request.method == "POST":
        return HouseholdForm()
    form = HouseholdForm() if copied is None else filled_in(copied)
    form.once.data = str(uuid.uuid4())
    form.available_from.data = clock.today()
    if copied is None:
        form.gender.data, form.siblings_together.data = Gender.ANY.value, 1
    else:
        form.carer_reference.data = ""
    return form


@blueprint.get("/vacancies/<uuid:vacancy_id>")
@access(policy.can_read, of=queries.get_vacancy)
def show(vacancy: Vacancy) -> ResponseReturnValue:
    person = current_person()
    return page(
        "vacancies/show.html",
        vacancy=vacancy,
        actions={transition.name for transition in VACANCY.available(person, vacancy)},
        may_keep=policy.can_change(person, vacancy),
        is_open=vacancy.state in OPEN,
        fresh=queries.freshness(vacancy.confirmed_at, clock.now()),
        today=clock.today(),
        who=WHO[vacancy.gender],
        code_words=lambda field: _code_words(vacancy, field),
        history=queries.list_history(vacancy),
        changed=told(asked_change(person)),
    )


def _code_words(vacancy: Vacancy, field: str) -> str:
    """What is said in a column of codes."""
    said: Any = getattr(vacancy, field)
    if said is None:
        return "Not said"
    return words_of_value(field, said) if said else "None"


@blueprint.route("/vacancies/<uuid:vacancy_id>/edit", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def edit(vacancy: Vacancy) -> ResponseReturnValue:
    if vacancy.state == VacancyState.WITHDRAWN:
        raise Refused("This household was withdrawn. Add it again to offer its places.")
    form = HouseholdForm() if request.method == "POST" else filled_in(vacancy)
    if form.validate_on_submit():
        try:
            change = services.edit_vacancy(
                vacancy, form.household(), by=current_person(), seen_version=seen_version()
            )
            return done(f"{vacancy.carer_reference} saved and confirmed.", show_url(vacancy, change))
        except Invalid as error:
            beside(form, error)
    return page("vacancies/edit.html", 422 if form.errors else 200, form=form, vacancy=vacancy)
