"""The placement officer's search, and a household as a placement officer sees it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.web import page, page_number
from portal.matching import policy, queries
from portal.matching.forms import NeedsForm
from portal.matching.queries import MOST_COUNTED, PAGE_SIZE, Needs
from portal.pricing.modifiers import nightly
from portal.vacancies.models import Vacancy
from portal.vacancies.states import OPEN, Gender

blueprint = Blueprint("matching", __name__)

LAST_PAGE = MOST_COUNTED // PAGE_SIZE


@blueprint.get("/find-a-placement")
@access(policy.can_search)
def search() -> ResponseReturnValue:
    asked = "age" in request.args
    form = NeedsForm(request.args if asked else None)
    is_partial = request.headers.get("HX-Request-Type") == "partial"
    template = "matching/_search.html" if is_partial else "matching/search.html"
    if not asked or not form.validate():
        return page(template, 422 if form.errors else 200, form=form, needs=None)
    needs = form.needs()
    number = min(page_number(), LAST_PAGE)
    matches = queries.search(needs, offset=(number - 1) * PAGE_SIZE)
    return page(
        template,
        form=form,
        needs=needs,
        summary=_summary(form, needs),
        matches=matches,
        totals=queries.count(needs),
        relaxations=[] if matches else _relaxations(needs),
        asked=_arguments(needs),
        number=number,
        offset=(number - 1) * PAGE_SIZE,
        last_page=LAST_PAGE,
        page_size=PAGE_SIZE,
        today=clock.today(),
    )


@blueprint.get("/find-a-placement/households/<uuid:vacancy_id>")
@access(policy.can_read, of=queries.get_match)
def show(vacancy: Vacancy) -> ResponseReturnValue:
    form = NeedsForm(request.args)
    needs = form.needs() if "age" in request.args and form.validate() else None
    return page(
        "matching/show.html",
        match=queries.describe(vacancy, needs),
        vacancy=vacancy,
        needs=needs,
        summary=_summary(form, needs) if needs else "",
        asked=_arguments(needs) if needs else {},
        is_free=vacancy.state in OPEN and (vacancy.held_until is None or vacancy.held_until < clock.today()),
        type_words=_labels(form.placement_type, vacancy.placement_types),
        need_words=_labels(form.need_category, vacancy.need_categories),
        nightly=nightly,
        today=clock.today(),
        person=current_person(),
    )


def _relaxations(needs: Needs) -> list[tuple[queries.Relaxation, str | None]]:
    """What nearly fits, each with the address of that search; None where a choice must be made first."""
    return [
        (one, None if one.needs == needs else url_for("matching.search", **_arguments(one.needs)))
        for one in queries.list_relaxations(needs)
    ]


def _arguments(needs: Needs) -> dict[str, Any]:
    """A search as the arguments of its address."""
    return {
        "age": needs.age,
        "gender": needs.gender.value,
        "placement_type": needs.placement_type,
        "need_category": needs.need_category,
        "children": needs.children,
        "districts": list(needs.districts),
        "outward_postcode": needs.outward_postcode or "",
    }


def _summary(form: NeedsForm, needs: Needs) -> str:
    child = {Gender.FEMALE: "girl", Gender.MALE: "boy", Gender.ANY: "child"}[needs.gender]
    parts = [
        f"A {child} of {needs.age}",
        f"{_labels(form.placement_type, [needs.placement_type])} placement",
        f"{_labels(form.need_category, [needs.need_category]).lower()} need",
    ]
    if needs.children > 1:
        parts.append(f"{needs.children} children together")
    parts.append(_labels(form.districts, needs.districts) or "any district")
    return f"{parts[0]}. {', '.join(parts[1:])}"


def _labels(field: Any, codes: Any) -> str:
    return ", ".join(choice.label for choice in field.choices if choice.value in codes)
