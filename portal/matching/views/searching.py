"""The placement officer's search, why others were left out, and a household as a placement officer sees it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import NotFound
from portal.core.web import page, page_number
from portal.frameworks.queries import list_need_categories, list_placement_types
from portal.matching import policy, queries
from portal.matching.forms import NeedsForm, arguments
from portal.matching.forms.needs import MUSTS_AT_FIRST
from portal.matching.models import Search
from portal.matching.needs import Needs
from portal.matching.queries import MOST_RANKED, PAGE_SIZE
from portal.matching.views.frame import asked_needs, blueprint, search_address
from portal.vacancies.models import Vacancy
from portal.vacancies.states import OPEN

LAST_PAGE = MOST_RANKED // PAGE_SIZE


@blueprint.get("/find-a-placement")
@access(policy.can_search)
def search() -> ResponseReturnValue:
    is_asked = "age" in request.args
    form = NeedsForm(request.args) if is_asked else NeedsForm(None, data={"must": MUSTS_AT_FIRST})
    is_partial = request.headers.get("HX-Request-Type") == "partial"
    template = "matching/_search.html" if is_partial else "matching/search.html"
    saved = _saved()
    if not is_asked or not form.validate():
        return page(template, 422 if form.errors else 200, form=form, needs=None, saved=saved)
    needs = form.needs()
    number = min(page_number(), LAST_PAGE)
    found = queries.search(needs, offset=(number - 1) * PAGE_SIZE)
    return page(
        template,
        form=form,
        needs=needs,
        saved=saved,
        summary=queries.summary_words(needs),
        asked=queries.list_needs(needs)[3:],
        found=found,
        stale=queries.count_stale(needs),
        relaxations=[] if found.matches else _relaxations(needs),
        arguments=arguments(needs),
        number=number,
        offset=(number - 1) * PAGE_SIZE,
        last_page=LAST_PAGE,
        most_ranked=MOST_RANKED,
        page_size=PAGE_SIZE,
        today=clock.today(),
    )


@blueprint.get("/find-a-placement/left-out")
@access(policy.can_search)
def left_out() -> ResponseReturnValue:
    needs = asked_needs()
    if needs is None:
        raise NotFound
    is_partial = request.headers.get("HX-Request-Type") == "partial"
    return page(
        "matching/_left_out.html" if is_partial else "matching/left_out.html",
        needs=needs,
        summary=queries.summary_words(needs),
        left_out=queries.explain_left_out(needs),
        arguments=arguments(needs),
        today=clock.today(),
    )


@blueprint.get("/find-a-placement/households/<uuid:vacancy_id>")
@access(policy.can_read, of=queries.get_match)
def show(vacancy: Vacancy) -> ResponseReturnValue:
    needs = asked_needs()
    return page(
        "matching/show.html",
        match=queries.describe(vacancy, needs),
        vacancy=vacancy,
        needs=needs,
        summary=queries.summary_words(needs) if needs else "",
        arguments=arguments(needs) if needs else {},
        facts=queries.list_facts(vacancy),
        types=_labels(list_placement_types(), vacancy.placement_types),
        categories=_labels(list_need_categories(), vacancy.need_categories),
        is_free=vacancy.state in OPEN and (vacancy.held_until is None or vacancy.held_until < clock.today()),
        today=clock.today(),
    )


def _labels(choices: Any, codes: list[str]) -> str:
    return ", ".join(choice.label for choice in choices if choice.code in codes)


def _saved() -> Search | None:
    """The saved search that these needs may replace, when the address names one of this council's."""
    text = request.args.get("saved", "")
    try:
        return queries.get_search(current_person(), uuid.UUID(text))
    except (ValueError, NotFound):
        return None


def _relaxations(needs: Needs) -> list[tuple[Any, str | None]]:
    """What nearly fits, each with the address of that search; None where a choice must be made first."""
    return [
        (one, None if one.needs is None else search_address(one.needs))
        for one in queries.list_relaxations(needs)
    ]
