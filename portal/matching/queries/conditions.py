"""What a household must be approved for, each need as a condition of its own, by the name of the need."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from portal.core import clock
from portal.matching.needs import Child, Needs
from portal.matching.queries.wishes import asked_of
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import is_free_on
from portal.vacancies.states import Gender

# What a household is approved for is never given up; a child's needs and wishes can be.
APPROVALS = frozenset({"places", "ages", "gender"})


@dataclass(frozen=True)
class Condition:
    """One need as the database judges it. `words` say it where a household falls short; a preference only ranks.

    `holds` is NULL where nobody has said: as a filter that is no, and indexes serve it as it is.
    """

    name: str
    holds: sa.ColumnElement[bool]
    words: str
    is_must: bool = True

    @property
    def judged(self) -> sa.ColumnElement[bool]:
        """As an answer to show or to count: what is not known of a household is not met."""
        return sa.func.coalesce(self.holds, False)


def list_conditions(needs: Needs, type_words: str = "", category_words: str = "") -> list[Condition]:
    """Everything that a household is judged by, must-haves and preferences, in the order of the page."""
    together = needs.together
    return [
        Condition("places", _has_places(together), _places_words(together)),
        Condition("ages", _takes(needs, _takes_age), "Not approved for this age"),
        Condition("gender", _takes(needs, _takes_gender), "Not approved for this gender"),
        Condition(
            "placement_type",
            sa.any_(Vacancy.placement_types) == needs.placement_type,
            f"Does not offer {type_words.lower() or 'this type of'} placements",
        ),
        Condition(
            "need_category",
            sa.any_(Vacancy.need_categories) == needs.need_category,
            f"Cannot meet {category_words.lower() or 'this level of'} need",
        ),
        *(
            Condition(
                wish.name,
                wish.condition(value),
                f"{wish.label}: not {wish.asked(value)}",
                is_must,
            )
            for wish, value, is_must in asked_of(needs)
        ),
    ]


def is_offered() -> sa.ColumnElement[bool]:
    """Open, and not held for somebody today."""
    return is_free_on(clock.today())


def _places_words(together: int) -> str:
    return "No free place" if together == 1 else f"No {together} places for brothers and sisters together"


def _has_places(together: int) -> sa.ColumnElement[bool]:
    free = Vacancy.free_places >= together
    return free if together == 1 else sa.and_(free, Vacancy.siblings_together >= together)


def _takes_age(child: Child) -> sa.ColumnElement[bool]:
    return sa.and_(Vacancy.age_from <= child.age, Vacancy.age_to >= child.age)


def _takes_gender(child: Child) -> sa.ColumnElement[bool]:
    return Vacancy.gender.in_({Gender.ANY, child.gender})


def _takes(needs: Needs, takes: object) -> sa.ColumnElement[bool]:
    """Every child where they live together; where they may live apart, any one of them."""
    each = [takes(child) for child in dict.fromkeys(needs.children)]  # type: ignore[operator]
    return sa.or_(*each) if needs.apart else sa.and_(*each)
