"""What the vacancy pages share: the blueprint, the words of a row, and where a person goes back to."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, request, url_for

from portal.core import clock
from portal.core.errors import NotFound
from portal.vacancies import queries
from portal.vacancies.forms import CELLS, GROUPS, cell_form
from portal.vacancies.forms.cells import seen_in
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.queries import words_of_value
from portal.vacancies.states import Gender

blueprint = Blueprint("vacancies", __name__)

# What a row leads to, beside its cells.
ROW_PAGES = ("show", "hold", "fill", "reopen", "edit", "withdraw")
WHO = {Gender.ANY: "Any child", Gender.FEMALE: "Girls only", Gender.MALE: "Boys only"}


def asked_columns() -> str:
    """The group of columns that the address asks for."""
    columns = request.args.get("columns", "places")
    return columns if columns in GROUPS else "places"


def row_context(may_keep: Any, columns: str, organisation_id: uuid.UUID) -> dict[str, Any]:
    """What one organisation's rows need to draw themselves: cells, their words, addresses, how fresh each is."""
    now = clock.now()
    districts = queries.labels_of("district_code")
    labels = {name: queries.labels_of(name) for name in _coded(columns)}
    return {
        "columns": columns,
        "cells": [(name, CELLS[name]) for name in GROUPS[columns][1]],
        "may_keep": may_keep,
        "freshness_of": lambda vacancy: queries.freshness(vacancy.confirmed_at, now),
        "today": clock.today(),
        "district_of": lambda vacancy: districts.get(vacancy.district_code, "Outside Kent and Medway"),
        "words_of": lambda vacancy, name: _words(vacancy, name, labels, districts),
        "seen_in": lambda vacancy, name: json.dumps(seen_in(vacancy, CELLS[name])),
        "addresses_of": _addresses(columns, organisation_id),
        "open_cell": None,
        "said": None,
        "cell_form": cell_form,
    }


def _addresses(columns: str, organisation_id: uuid.UUID) -> Callable[[Vacancy], dict[str, str]]:
    """Where a row leads, by endpoint and by cell. The router is asked once a page, not seventeen times a row."""
    anyone = uuid.UUID(int=0)
    patterns = {
        **{name: url_for(f"vacancies.{name}", vacancy_id=anyone) for name in ROW_PAGES},
        **{
            name: url_for("vacancies.cell", vacancy_id=anyone, name=name, columns=columns)
            for name in GROUPS[columns][1]
        },
        "week": url_for("vacancies.cell", vacancy_id=anyone, name="week"),
        "confirm": url_for("vacancies.confirm", vacancy_id=anyone, columns=columns),
        "copy": url_for("vacancies.add", organisation_id=organisation_id, copy=anyone),
    }
    split = [(name, *pattern.split(str(anyone))) for name, pattern in patterns.items()]

    def addresses_of(vacancy: Vacancy) -> dict[str, str]:
        own = str(vacancy.id)
        return {name: f"{before}{own}{after}" for name, before, after in split}

    return addresses_of


def _coded(columns: str) -> list[str]:
    fields = [field for name in GROUPS[columns][1] for field in CELLS[name].fields]
    coded = {"placement_types", "need_categories", "other_children", "pets", "accessibility", "languages"}
    return [field for field in fields if field in coded | {"skills", "ethnicity", "religion"}]


def _words(vacancy: Vacancy, name: str, labels: dict[str, dict[str, str]], districts: dict[str, str]) -> str:
    """What stands in a cell, as people read it."""
    if name == "ages":
        return f"{vacancy.age_from} to {vacancy.age_to}"
    if name == "approved":
        why = f" ({vacancy.over_usual_limit.label.lower()})" if vacancy.over_usual_limit else ""
        return f"{vacancy.approved_places}{why}"
    if name == "where":
        return f"{districts.get(vacancy.district_code or '', 'Outside Kent and Medway')}, {vacancy.outward_postcode}"
    if name in ("who", "driving"):
        return _who(vacancy) if name == "who" else _driving(vacancy)
    if name in labels:
        return _codes(getattr(vacancy, name), labels[name])
    said = getattr(vacancy, name)
    return "Not said" if said is None else words_of_value(name, queries.as_json(said))


def _codes(said: Any, labels: dict[str, str]) -> str:
    codes = said if isinstance(said, list) else [said]
    words = ", ".join(str(labels.get(code, code)) for code in codes if code is not None)
    return words or ("None" if isinstance(said, list) else "Not said")


def _who(vacancy: Vacancy) -> str:
    more = [
        "one child alone" if vacancy.is_solo_only else "",
        "none younger than those here" if vacancy.no_younger_child else "",
    ]
    return ", ".join([WHO[vacancy.gender], *filter(None, more)])


def _driving(vacancy: Vacancy) -> str:
    if vacancy.is_driver is None:
        return "Not said"
    if not vacancy.is_driver:
        return "No"
    miles = vacancy.school_run_miles
    return "Yes" if miles is None else f"Yes, {miles} mile{'' if miles == 1 else 's'}"


def is_fragment() -> bool:
    """Is a part of the page asked for, by script?"""
    return "HX-Request" in request.headers


def told(change: VacancyChange | None) -> dict[str, Any] | None:
    """A change in words, and the change itself, for the message that offers to undo it."""
    if change is None:
        return None
    words = "Undone" if change.undoes_id else queries.words_of_change(change)
    return {"words": words, "change": None if change.undoes_id else change}


def asked_change(person: Any) -> VacancyChange | None:
    """The change that the page before made, named in the address; None for what this person may not see."""
    try:
        return queries.get_change(person, uuid.UUID(request.args.get("changed", "")))
    except (ValueError, NotFound):
        return None


def list_url(organisation_id: uuid.UUID, change: VacancyChange | None = None) -> str:
    """The list as the person left it, or as it opens; it offers to undo what was just done."""
    plain = url_for("vacancies.households", organisation_id=organisation_id)
    before = urlsplit(request.referrer or "")
    if before.path != plain or change is not None:
        return url_for("vacancies.households", organisation_id=organisation_id, changed=_id(change))
    kept = "&".join(part for part in before.query.split("&") if not part.startswith("changed="))
    return f"{plain}?{kept}" if kept else plain


def show_url(vacancy: Vacancy, change: VacancyChange | None = None) -> str:
    """A household's own page."""
    return url_for("vacancies.show", vacancy_id=vacancy.id, changed=_id(change))


def _id(change: VacancyChange | None) -> uuid.UUID | None:
    return change.id if change is not None else None
