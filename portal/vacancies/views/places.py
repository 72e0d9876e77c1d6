"""What becomes of one household's free places: held, released, filled, withdrawn, offered again."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, page, seen_version
from portal.vacancies import policy, queries, services
from portal.vacancies.forms import HoldForm, ReopenForm
from portal.vacancies.models import Vacancy
from portal.vacancies.views.frame import blueprint, list_url, show_url


@blueprint.route("/vacancies/<uuid:vacancy_id>/hold", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def hold(vacancy: Vacancy) -> ResponseReturnValue:
    form = HoldForm(version=vacancy.version)
    if form.validate_on_submit():
        until = cast(date, form.until.data)
        if until >= clock.today():
            change = services.hold_vacancy(
                vacancy, until=until, by=current_person(), seen_version=seen_version()
            )
            return done(f"{vacancy.carer_reference} is held.", show_url(vacancy, change))
        form.until.errors = ["The last day of the hold must be today or later"]
    return page("vacancies/hold.html", 422 if form.errors else 200, form=form, vacancy=vacancy)


@blueprint.post("/vacancies/<uuid:vacancy_id>/release")
@access(policy.can_change, of=queries.get_vacancy)
def release(vacancy: Vacancy) -> ResponseReturnValue:
    change = services.release_vacancy(vacancy, by=current_person(), seen_version=seen_version())
    return done(f"{vacancy.carer_reference} is available again.", show_url(vacancy, change))


@blueprint.route("/vacancies/<uuid:vacancy_id>/fill", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def fill(vacancy: Vacancy) -> ResponseReturnValue:
    if request.method == "POST":
        change = services.fill_vacancy(vacancy, by=current_person(), seen_version=seen_version())
        return done(f"{vacancy.carer_reference} is filled.", show_url(vacancy, change))
    return page("vacancies/fill.html", vacancy=vacancy)


@blueprint.route("/vacancies/<uuid:vacancy_id>/withdraw", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def withdraw(vacancy: Vacancy) -> ResponseReturnValue:
    if request.method == "POST":
        change = services.withdraw_vacancy(vacancy, by=current_person(), seen_version=seen_version())
        return done(f"{vacancy.carer_reference} is withdrawn.", list_url(vacancy.organisation_id, change))
    return page("vacancies/withdraw.html", vacancy=vacancy)


@blueprint.route("/vacancies/<uuid:vacancy_id>/reopen", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def reopen(vacancy: Vacancy) -> ResponseReturnValue:
    form = ReopenForm(version=vacancy.version, free_places=1, available_from=clock.today())
    if form.validate_on_submit():
        try:
            change = services.reopen_vacancy(
                vacancy,
                free_places=cast(int, form.free_places.data),
                available_from=cast(date, form.available_from.data),
                by=current_person(),
                seen_version=seen_version(),
            )
            return done(f"{vacancy.carer_reference} is available again.", show_url(vacancy, change))
        except Invalid as error:
            beside(form, error)
    return page("vacancies/reopen.html", 422 if form.errors else 200, form=form, vacancy=vacancy)
