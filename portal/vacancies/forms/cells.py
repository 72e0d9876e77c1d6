"""The cells of the grid: what stands in each, and the small form that changes it in place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import HiddenField

from portal.vacancies.forms.households import HouseholdForm, as_typed
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import as_json


@dataclass(frozen=True)
class Cell:
    """A column of the grid. What belongs together is changed together; `is_typed` cells are always open."""

    label: str
    fields: tuple[str, ...]
    is_typed: bool = False


CELLS = {
    "placed_now": Cell("Placed now", ("placed_now",), is_typed=True),
    "free_places": Cell("Places free", ("free_places",), is_typed=True),
    "available_from": Cell("Available from", ("available_from",), is_typed=True),
    "week": Cell("This week", ("placed_now", "free_places", "available_from")),
    "approved": Cell("Approved for", ("approved_places", "over_usual_limit", "over_usual_limit_from")),
    "siblings_together": Cell("Siblings together", ("siblings_together",)),
    "ages": Cell("Ages", ("age_from", "age_to")),
    "who": Cell("Who", ("gender", "is_solo_only", "no_younger_child")),
    "placement_types": Cell("Placement types", ("placement_types",)),
    "need_categories": Cell("Levels of need", ("need_categories",)),
    "where": Cell("Where", ("district_code", "outward_postcode")),
    "bedrooms": Cell("Bedrooms", ("bedrooms",)),
    "other_children": Cell("Own children", ("other_children",)),
    "pets": Cell("Animals", ("pets",)),
    "smoking": Cell("Smoking", ("smoking",)),
    "accessibility": Cell("Access", ("accessibility",)),
    "carers": Cell("Carers", ("carers",)),
    "driving": Cell("Driver", ("is_driver", "school_run_miles")),
    "ethnicity": Cell("Ethnicity", ("ethnicity",)),
    "religion": Cell("Religion", ("religion",)),
    "languages": Cell("Languages", ("languages",)),
    "skills": Cell("Skills", ("skills",)),
}
# Thirty columns would be a wall: they are shown by what one thinks about at a time.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "places": ("Places", ("placed_now", "free_places", "available_from", "approved", "ages")),
    "children": (
        "Children",
        ("ages", "who", "siblings_together", "placement_types", "need_categories"),
    ),
    "home": ("Home", ("where", "bedrooms", "other_children", "pets", "smoking", "accessibility")),
    "carers": ("Carers", ("carers", "driving", "ethnicity", "religion", "languages", "skills")),
}


class CellForm(HouseholdForm):
    """The fields of one cell. `seen`: what stood there when it was shown, as JSON by field."""

    seen = HiddenField()

    def keep_only(self, cell: Cell, vacancy: Vacancy) -> None:
        """Leave the fields of this cell, with ids of their own household."""
        for name in list(self._fields):
            if name not in (*cell.fields, "seen", "csrf_token"):
                del self[name]
            elif name in cell.fields:
                self[name].id = f"{name}-{vacancy.id}"

    def seen_values(self) -> dict[str, Any] | None:
        """What this person saw, or None where the form does not say."""
        try:
            seen = json.loads(self.seen.data or "null")
        except ValueError:
            return None
        return seen if isinstance(seen, dict) else None


def cell_form(vacancy: Vacancy, name: str, *, is_sent: bool) -> CellForm:
    """The form of a cell, filled in from what is on record unless it was sent."""
    cell = CELLS[name]
    data = {} if is_sent else {**as_typed(vacancy), "seen": json.dumps(seen_in(vacancy, cell))}
    form = CellForm(data=data)
    form.keep_only(cell, vacancy)
    return form


def seen_in(vacancy: Vacancy, cell: Cell) -> Mapping[str, Any]:
    """What stands in a cell now, as a form carries it."""
    return {name: as_json(getattr(vacancy, name)) for name in cell.fields}
