"""A child's needs in words: for the search itself, for the providers that are asked, and for the record."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.ui import plural
from portal.frameworks.queries import list_need_categories, list_placement_types
from portal.matching.models import Placement
from portal.matching.needs import Child, Needs
from portal.matching.queries.wishes import asked_of, either
from portal.vacancies.states import Gender

CHILD = {Gender.FEMALE: "girl", Gender.MALE: "boy", Gender.ANY: "child"}


@dataclass(frozen=True)
class Need:
    """One line: what is needed, and whether it is a must-have (None: it goes without saying)."""

    label: str
    words: str
    is_must: bool | None = None


def child_words(child: Child) -> str:
    """`girl of 8`."""
    return f"{CHILD[child.gender]} of {child.age}"


def children_words(needs: Needs) -> str:
    """`A girl of 8`, or `Three brothers and sisters together: a girl of 8, a boy of 5 and a boy of 3`."""
    each = [f"a {child_words(child)}" for child in needs.children]
    if len(each) == 1:
        return f"A{each[0][1:]}"
    how = "who may live apart" if needs.apart else "together"
    return f"{plural(len(each), 'child', 'children')} {how}: {either(each, 'and')}"


def summary_words(needs: Needs) -> str:
    """One line that says whom a search is for."""
    return f"{children_words(needs)}. {type_words(needs)}, {category_words(needs).lower()} need"


def type_words(needs: Needs | Placement) -> str:
    """The label of the placement type."""
    return _label(list_placement_types(), needs.placement_type)


def category_words(needs: Needs | Placement) -> str:
    """The label of the need category."""
    return _label(list_need_categories(), needs.need_category)


def list_needs(needs: Needs) -> list[Need]:
    """Every need as a line, in the order of the form."""
    return [
        Need("Children" if len(needs.children) > 1 else "Child", children_words(needs)),
        Need("Type of placement", type_words(needs)),
        Need("Level of need", category_words(needs)),
        *(Need(wish.label, wish.asked(value), is_must) for wish, value, is_must in asked_of(needs)),
    ]


def _label(choices: object, code: str) -> str:
    return next((one.label for one in choices if one.code == code), code)  # type: ignore[attr-defined]
