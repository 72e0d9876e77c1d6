"""A provider's own vacancies: the list, one household, and what can be done with it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.errors import Invalid, Refused
from portal.core.web import beside, done, page, page_number, seen_version
from portal.frameworks.queries import list_need_categories, list_placement_types
from portal.providers.models import Organisation
from portal.providers.queries import get_organisation, list_own_organisations
from portal.vacancies import policy, queries, services
from portal.vacancies.forms import HoldForm, HouseholdForm, ReopenForm, filled_in
from portal.vacancies.models import Vacancy
from portal.vacancies.states import OPEN, Gender, VacancyState
from portal.vacancies.workflow import VACANCY

blueprint = Blueprint("vacancies", __name__)

PAGE_SIZE = 25
# The choices of the list's filter: label, states, only those to confirm.
SHOWN: dict[str, tuple[str, tuple[VacancyState, ...], bool]] = {
    "open": ("Available and held", tuple(sorted(OPEN)), False),
    "to-confirm": ("To confirm", tuple(sorted(OPEN)), True),
    **{state.value: (state.label, (state,), False) for state in VacancyState},
    "all": ("All", tuple(VacancyState), False),
}


@blueprint.get("/vacancies")
@access(policy.can_begin)
def index() -> ResponseReturnValue:
    organisations = [
        organisation
        for organisation in list_own_organisations(current_person())
        if policy.can_list(current_person(), organisation)
    ]
    asked = request.args.get("organisation_id", "")
    chosen = [one for one in organisations if str(one.id) == asked] or organisations
    if len(chosen) == 1:
        return redirect(_list(chosen[0].id))
    return page("vacancies/index.html", organisations=organisations)


@blueprint.get("/organisations/<uuid:organisation_id>/vacancies")
@access(policy.can_list, of=get_organisation)
def households(organisation: Organisation) -> ResponseReturnValue:
    shown = request.args.get("state", "open")
    shown = shown if shown in SHOWN else "open"
    _, states, only_to_confirm = SHOWN[shown]
    number = page_number()
    offset = (number - 1) * PAGE_SIZE
    found = queries.list_for_organisation(
        organisation.id, states=states, only_to_confirm=only_to_confirm, limit=PAGE_SIZE + 1, offset=offset
    )
    counts = queries.count_for_organisation(organisation.id)
    return page(
        "vacancies/households.html",
        organisation=organisation,
        vacancies=found[:PAGE_SIZE],
        counts=counts,
        shown=shown,
        choices=[(value, label) for value, (label, _, _) in SHOWN.items()],
        number=number,
        offset=offset,
        total=counts.to_confirm if only_to_confirm else sum(counts.states[state] for state in states),
        has_next=len(found) > PAGE_SIZE,
        seen_versions=queries.sum_open_versions(organisation.id),
        may_keep=policy.can_keep(current_person(), organisation),
        **_row_words(),
    )


@blueprint.post("/organisations/<uuid:organisation_id>/vacancies/confirm")
@access(policy.can_keep, of=get_organisation)
def confirm_all(organisation: Organisation) -> ResponseReturnValue:
    count = services.confirm_all_vacancies(
        organisation, by=current_person(), seen_versions=request.form.get("seen_versions", type=int)
    )
    households = "1 household" if count == 1 else f"{count:,} households"
    return done(f"Confirmed: nothing has changed for {households}.", _list(organisation.id))


@blueprint.route("/organisations/<uuid:organisation_id>/vacancies/add", methods=["GET", "POST"])
@access(policy.can_keep, of=get_organisation)
def add(organisation: Organisation) -> ResponseReturnValue:
    form = HouseholdForm()
    if not form.is_submitted():
        form.once.data = str(uuid.uuid4())
        form.gender.data, form.siblings_together.data = Gender.ANY.value, 1
        form.available_from.data = clock.today()
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            vacancy = services.add_vacancy(organisation, form.household(), by=current_person())
            return done(f"{vacancy.carer_reference} added.", _list(organisation.id))
        except Invalid as error:
            beside(form, error)
    return page("vacancies/add.html", 422 if form.errors else 200, form=form, organisation=organisation)


@blueprint.get("/vacancies/<uuid:vacancy_id>")
@access(policy.can_read, of=queries.get_vacancy)
def show(vacancy: Vacancy) -> ResponseReturnValue:
    person, words = current_person(), _row_words()
    return page(
        "vacancies/show.html",
        vacancy=vacancy,
        actions={transition.name for transition in VACANCY.available(person, vacancy)},
        may_keep=policy.can_change(person, vacancy),
        is_open=vacancy.state in OPEN,
        type_words=_words(vacancy.placement_types, words["type_labels"]),
        need_words=_words(vacancy.need_categories, words["need_labels"]),
        code_words=lambda field: _code_words(vacancy, field),
        **words,
    )


@blueprint.route("/vacancies/<uuid:vacancy_id>/edit", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def edit(vacancy: Vacancy) -> ResponseReturnValue:
    if vacancy.state == VacancyState.WITHDRAWN:
        raise Refused("This household was withdrawn. Add it again to offer its places.")
    form = HouseholdForm() if request.method == "POST" else filled_in(vacancy)
    if form.validate_on_submit():
        try:
            services.edit_vacancy(vacancy, form.household(), by=current_person(), seen_version=seen_version())
            return done(f"{vacancy.carer_reference} saved and confirmed.", _show(vacancy))
        except Invalid as error:
            beside(form, error)
    return page("vacancies/edit.html", 422 if form.errors else 200, form=form, vacancy=vacancy)


@blueprint.post("/vacancies/<uuid:vacancy_id>/confirm")
@access(policy.can_change, of=queries.get_vacancy)
def confirm(vacancy: Vacancy) -> ResponseReturnValue:
    services.confirm_vacancy(vacancy, by=current_person(), seen_version=seen_version())
    if request.headers.get("HX-Request"):
        return render_template("vacancies/_row.html", vacancy=vacancy, may_keep=True, **_row_words())
    return done(f"{vacancy.carer_reference} confirmed: nothing has changed.", _list(vacancy.organisation_id))


@blueprint.route("/vacancies/<uuid:vacancy_id>/hold", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def hold(vacancy: Vacancy) -> ResponseReturnValue:
    form = HoldForm(version=vacancy.version)
    if form.validate_on_submit():
        until = cast(date, form.until.data)
        if until >= clock.today():
            services.hold_vacancy(vacancy, until=until, by=current_person(), seen_version=seen_version())
            return done(f"{vacancy.carer_reference} is held.", _show(vacancy))
        form.until.errors = ["The last day of the hold must be today or later"]
    return page("vacancies/hold.html", 422 if form.errors else 200, form=form, vacancy=vacancy)


@blueprint.post("/vacancies/<uuid:vacancy_id>/release")
@access(policy.can_change, of=queries.get_vacancy)
def release(vacancy: Vacancy) -> ResponseReturnValue:
    services.release_vacancy(vacancy, by=current_person(), seen_version=seen_version())
    return done(f"{vacancy.carer_reference} is available again.", _show(vacancy))


@blueprint.route("/vacancies/<uuid:vacancy_id>/fill", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def fill(vacancy: Vacancy) -> ResponseReturnValue:
    if request.method == "POST":
        services.fill_vacancy(vacancy, by=current_person(), seen_version=seen_version())
        return done(f"{vacancy.carer_reference} is filled.", _show(vacancy))
    return page("vacancies/fill.html", vacancy=vacancy)


@blueprint.route("/vacancies/<uuid:vacancy_id>/withdraw", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def withdraw(vacancy: Vacancy) -> ResponseReturnValue:
    if request.method == "POST":
        services.withdraw_vacancy(vacancy, by=current_person(), seen_version=seen_version())
        return done(f"{vacancy.carer_reference} is withdrawn.", _list(vacancy.organisation_id))
    return page("vacancies/withdraw.html", vacancy=vacancy)


@blueprint.route("/vacancies/<uuid:vacancy_id>/reopen", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def reopen(vacancy: Vacancy) -> ResponseReturnValue:
    form = ReopenForm(version=vacancy.version, free_places=1, available_from=clock.today())
    if form.validate_on_submit():
        try:
            services.reopen_vacancy(
                vacancy,
                free_places=cast(int, form.free_places.data),
                available_from=cast(date, form.available_from.data),
                by=current_person(),
                seen_version=seen_version(),
            )
            return done(f"{vacancy.carer_reference} is available again.", _show(vacancy))
        except Invalid as error:
            beside(form, error)
    return page("vacancies/reopen.html", 422 if form.errors else 200, form=form, vacancy=vacancy)


def _row_words() -> dict[str, Any]:
    """What a row needs to draw itself: labels of codes, and how fresh each is."""
    now = clock.now()
    return {
        "freshness_of": lambda vacancy: queries.freshness(vacancy.confirmed_at, now),
        "type_labels": {kind.code: kind.label for kind in list_placement_types()},
        "need_labels": {kind.code: kind.label for kind in list_need_categories()},
        "today": clock.today(),
    }


def _words(codes: list[str], labels: dict[str, str]) -> str:
    return ", ".join(label for code, label in labels.items() if code in codes)


def _code_words(vacancy: Vacancy, field: str) -> str:
    """What is said in a column of codes."""
    said = getattr(vacancy, field)
    codes = said if isinstance(said, list) else [said]
    return _words(codes, queries.labels_of(field)) or ("None" if isinstance(said, list) else "Not said")


def _list(organisation_id: uuid.UUID) -> str:
    return url_for("vacancies.households", organisation_id=organisation_id)


def _show(vacancy: Vacancy) -> str:
    return url_for("vacancies.show", vacancy_id=vacancy.id)
