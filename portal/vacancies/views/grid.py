"""The grid of households: choosing what to see, changing cells in place, confirming, and undoing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.errors import Invalid, NotFound
from portal.core.web import beside, done, page, page_number, seen_version
from portal.providers.models import Organisation
from portal.providers.queries import get_organisation, list_own_organisations
from portal.vacancies import policy, queries, services
from portal.vacancies.forms import CELLS, GROUPS, cell_form
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.queries import Wanted
from portal.vacancies.states import OPEN, VacancyState
from portal.vacancies.views.frame import (
    asked_change,
    asked_columns,
    blueprint,
    is_fragment,
    list_url,
    row_context,
    show_url,
    told,
)

PAGE_SIZE = 25
# Who asks for all gets all, so many rows at a time: the page opens at once and the rest comes by itself.
ALL_SIZE = 50
# The choices of the list's filter: label, states, only those to confirm.
SHOWN: dict[str, tuple[str, tuple[VacancyState, ...], bool]] = {
    "open": ("Available and held", tuple(sorted(OPEN)), False),
    "current": ("Available, held and filled", (*sorted(OPEN), VacancyState.FILLED), False),
    "to-confirm": ("To confirm", tuple(sorted(OPEN)), True),
    **{state.value: (state.label, (state,), False) for state in VacancyState},
    "all": ("All", tuple(VacancyState), False),
}


@dataclass(frozen=True)
class Asked:
    """What the address of the list asks for."""

    state: str
    wanted: Wanted
    size: int
    number: int

    @property
    def shows_all(self) -> bool:
        return self.size == ALL_SIZE

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def address(self, organisation: Organisation, **changes: Any) -> str:
        """The same list with something else chosen."""
        chosen = {
            "state": self.state,
            "search": self.wanted.search or None,
            "district": self.wanted.district or None,
            "sort": self.wanted.sort if self.wanted.sort != "confirmed" else None,
            "columns": asked_columns(),
            "show": "all" if self.shows_all else None,
        }
        return url_for("vacancies.households", organisation_id=organisation.id, **{**chosen, **changes})


def _asked() -> Asked:
    state = request.args.get("state", "open")
    state = state if state in SHOWN else "open"
    sort = request.args.get("sort", "")
    wanted = Wanted(
        SHOWN[state][1],
        SHOWN[state][2],
        request.args.get("search", "").replace("\0", "").strip()[:40],
        request.args.get("district", "").replace("\0", ""),
        sort if sort in queries.SORTS else "confirmed",
    )
    size = ALL_SIZE if request.args.get("show") == "all" else PAGE_SIZE
    return Asked(state, wanted, size, page_number())


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
        return redirect(url_for("vacancies.households", organisation_id=chosen[0].id))
    return page("vacancies/index.html", organisations=organisations)


@blueprint.get("/organisations/<uuid:organisation_id>/vacancies")
@access(policy.can_list, of=get_organisation)
def households(organisation: Organisation) -> ResponseReturnValue:
    asked = _asked()
    found = queries.list_for_organisation(
        organisation.id, asked.wanted, limit=asked.size + 1, offset=asked.offset
    )
    shown = found[: asked.size]
    if is_fragment():
        return _more_rows(organisation, asked, shown, has_next=len(found) > asked.size)
    counts = queries.count_for_organisation(organisation.id)
    person = current_person()
    return page(
        "vacancies/households.html",
        organisation=organisation,
        vacancies=shown,
        counts=counts,
        asked=asked,
        choices=[(value, label) for value, (label, _, _) in SHOWN.items()],
        district_choices=_district_choices(),
        headings=_headings(organisation, asked),
        groups=[(name, label) for name, (label, _) in GROUPS.items()],
        total=_total(organisation, asked, counts),
        has_next=len(found) > asked.size,
        shown_open=[vacancy for vacancy in shown if vacancy.state in OPEN],
        seen_versions=queries.sum_open_versions(organisation.id),
        changed=told(asked_change(person)),
        **row_context(policy.can_keep(person, organisation), asked_columns(), organisation.id),
    )


def _more_rows(
    organisation: Organisation, asked: Asked, shown: Sequence[Vacancy], *, has_next: bool
) -> ResponseReturnValue:
    """The next rows of a list that shows all."""
    return page(
        "vacancies/_rows.html",
        organisation=organisation,
        vacancies=shown,
        asked=asked,
        has_next=has_next,
        **row_context(policy.can_keep(current_person(), organisation), asked_columns(), organisation.id),
    )


# By which columns the list may be ordered, and how.
ORDERED = {"free_places": ("free", "descending"), "available_from": ("available", "ascending")}


def _headings(organisation: Organisation, asked: Asked) -> list[dict[str, Any]]:
    headings: list[dict[str, Any]] = []
    for name in GROUPS[asked_columns()][1]:
        heading: dict[str, Any] = {"label": CELLS[name].label}
        if name in ORDERED:
            sort, direction = ORDERED[name]
            heading["sort"] = asked.address(organisation, sort=sort)
            heading["sorted"] = direction if asked.wanted.sort == sort else None
        headings.append(heading)
    return headings


def _total(organisation: Organisation, asked: Asked, counts: queries.Counts) -> int:
    if asked.wanted.is_narrowed:
        return queries.count_wanted(organisation.id, asked.wanted)
    if asked.wanted.only_to_confirm:
        return counts.to_confirm
    return sum(counts.states[state] for state in asked.wanted.states)


def _district_choices() -> list[tuple[str, str]]:
    districts = list(queries.labels_of("district_code").items())
    return [("", "Anywhere"), *districts, (queries.OUTSIDE, "Outside Kent and Medway")]


@blueprint.post("/organisations/<uuid:organisation_id>/vacancies/confirm")
@access(policy.can_keep, of=get_organisation)
def confirm_all(organisation: Organisation) -> ResponseReturnValue:
    count = services.confirm_all_vacancies(
        organisation,
        by=current_person(),
        seen_versions=request.form.get("seen_versions", type=int),
        only=_only(request.form.get("only", "")),
    )
    words = "1 household" if count == 1 else f"{count:,} households"
    return done(f"Confirmed: nothing has changed for {words}.", list_url(organisation.id))


def _only(text: str) -> list[uuid.UUID] | None:
    """The households on the page, or None for all of the organisation's."""
    if not text:
        return None
    try:
        return [uuid.UUID(part) for part in text.split(",")]
    except ValueError as error:
        raise Invalid("This form was not complete. Reload the page and try again.") from error


@blueprint.post("/vacancies/<uuid:vacancy_id>/confirm")
@access(policy.can_change, of=queries.get_vacancy)
def confirm(vacancy: Vacancy) -> ResponseReturnValue:
    services.confirm_vacancy(vacancy, by=current_person(), seen_version=seen_version())
    if is_fragment():
        return _row(vacancy, said={"words": "Confirmed: nothing has changed", "change": None})
    return done(
        f"{vacancy.carer_reference} confirmed: nothing has changed.", list_url(vacancy.organisation_id)
    )


@blueprint.route("/vacancies/<uuid:vacancy_id>/cells/<name>", methods=["GET", "POST"])
@access(policy.can_change, of=queries.get_vacancy)
def cell(vacancy: Vacancy, name: str) -> ResponseReturnValue:
    if name not in CELLS:
        raise NotFound
    form = cell_form(vacancy, name, is_sent=request.method == "POST")
    if form.validate_on_submit():
        try:
            change = services.edit_fields(
                vacancy, form.said(CELLS[name].fields), by=current_person(), seen=form.seen_values()
            )
            if is_fragment():
                return _row(vacancy, said=told(change) or {"words": "Confirmed", "change": None})
            return done(f"{vacancy.carer_reference} saved.", list_url(vacancy.organisation_id, change))
        except Invalid as error:
            _beside_a_field(form, error)
    if is_fragment():
        return _row(vacancy, 422 if form.errors else 200, open_cell=(name, form))
    return page(
        "vacancies/cell.html",
        422 if form.errors else 200,
        vacancy=vacancy,
        form=form,
        name=name,
        cell=CELLS[name],
    )


def _beside_a_field(form: Any, error: Invalid) -> None:
    """A rule may speak of a field of another cell: then beside the first of this one, for here it was broken."""
    if error.field not in form:
        first = next(name for name in form.data if name not in ("seen", "csrf_token"))
        error = Invalid(error.message, field=first)
    beside(form, error)


def _row(vacancy: Vacancy, status: int = 200, **said: Any) -> ResponseReturnValue:
    may_change = policy.can_change(current_person(), vacancy)
    context = row_context(may_change, asked_columns(), vacancy.organisation_id)
    return page("vacancies/_row.html", status, vacancy=vacancy, **{**context, **said})


@blueprint.post("/vacancies/changes/<uuid:change_id>/undo")
@access(policy.can_undo, of=queries.get_change)
def undo(change: VacancyChange) -> ResponseReturnValue:
    made = services.undo_change(change, by=current_person())
    vacancy = change.vacancy
    if is_fragment():
        return _row(vacancy, said=told(made))
    to = show_url(vacancy) if request.form.get("back") == "household" else list_url(vacancy.organisation_id)
    return done(f"{vacancy.carer_reference}: undone. It is as it was before.", to)
