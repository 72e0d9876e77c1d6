"""What may matter beside a child's age, gender and needs: each wish as a condition, and in words.

A wish that is a must-have filters; any other counts one point where a household meets it. What nobody has said of
a household counts as not met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from portal.core.ui import plural, uk_date
from portal.matching.needs import Needs
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import list_districts, list_outwards_within
from portal.vacancies.states import Accessibility, Coded, Ethnicity, Language, Pet, Religion, Skill, Smoking

# So near that no school run is needed worth the name.
WALKING_MILES = 2
# The furthest school run that a household can be on record with.
FURTHEST_SCHOOL_RUN = 50
NOT_SAID = "not said"


@dataclass(frozen=True)
class Wish:
    """`condition` judges a household in the database; `asked` says the wish, `has` what the household has."""

    name: str
    label: str
    condition: Callable[[Any], sa.ColumnElement[bool]]
    asked: Callable[[Any], str]
    has: Callable[[Vacancy], str]


def either(words: Sequence[str], last: str = "or") -> str:
    """`a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def labels_of(kind: type[Coded], codes: Sequence[str]) -> list[str]:
    """The words of these codes, in the order of their list; codes that are no longer in it are left out."""
    return [member.label for member in kind if member.value in codes]


@lru_cache(maxsize=256)
def _within(outward: str, miles: int) -> dict[str, float]:
    return list_outwards_within(outward, miles)


def _texts(values: Sequence[str]) -> sa.ColumnElement[Any]:
    return sa.literal(list(values), sa.ARRAY(sa.Text()))


def _has_any(column: Any, codes: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.type_coerce(column.op("&&")(_texts(codes)), sa.Boolean())


def _has_all(column: Any, codes: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.type_coerce(column.op("@>")(_texts(codes)), sa.Boolean())


def miles_from(outward: str, miles: int, column: Any) -> sa.ColumnElement[int]:
    """About how far the centre of the outward postcode in `column` is from this one; NULL beyond `miles`."""
    known = {other: round(far) for other, far in _within(outward, miles).items()}
    return sa.cast(sa.literal(known, JSONB())[column].astext, sa.Integer)


def _is_near(near: Sequence[Any]) -> sa.ColumnElement[bool]:
    return Vacancy.outward_postcode == sa.any_(_texts(list(_within(near[0], near[1]))))


def _takes_to_school(outward: str) -> sa.ColumnElement[bool]:
    """Within walking distance, or within the school run that the carers will do."""
    run = miles_from(outward, FURTHEST_SCHOOL_RUN, Vacancy.outward_postcode)
    return sa.or_(run <= WALKING_MILES, run <= Vacancy.school_run_miles)


def _school_run(vacancy: Vacancy) -> str:
    if vacancy.school_run_miles is not None:
        return f"{vacancy.outward_postcode}, drives up to {plural(vacancy.school_run_miles, 'mile')}"
    return f"{vacancy.outward_postcode}, school run {NOT_SAID}"


def _named_districts(codes: Sequence[str]) -> str:
    return either([one.name for one in list_districts() if one.gss_code in codes])


def _list_of(column: Any, kind: type[Coded], nothing: str) -> Callable[[Vacancy], str]:
    return lambda vacancy: either(labels_of(kind, getattr(vacancy, column.key)), "and") or nothing


def _one_of(column: Any, kind: type[Coded]) -> Callable[[Vacancy], str]:
    return lambda vacancy: "".join(labels_of(kind, [getattr(vacancy, column.key) or ""])) or NOT_SAID


def _carers(vacancy: Vacancy) -> str:
    return NOT_SAID if vacancy.carers is None else plural(vacancy.carers, "carer")


def _alone(vacancy: Vacancy) -> str:
    return f"{plural(vacancy.placed_now, 'child', 'children')} placed there now"


ALL = (
    Wish(
        "districts",
        "District",
        Vacancy.district_code.in_,
        _named_districts,
        lambda vacancy: vacancy.district.name if vacancy.district else "outside Kent and Medway",
    ),
    Wish(
        "near",
        "Distance",
        _is_near,
        lambda near: f"within {plural(near[1], 'mile')} of {near[0]}",
        lambda vacancy: vacancy.outward_postcode,
    ),
    Wish(
        "needed_from",
        "Free in time",
        lambda day: Vacancy.available_from <= date.fromisoformat(day),
        lambda day: f"by {uk_date(day)}",
        lambda vacancy: f"from {uk_date(vacancy.available_from)}",
    ),
    Wish("school", "School run", _takes_to_school, lambda outward: f"to a school in {outward}", _school_run),
    Wish(
        "languages",
        "Language",
        lambda codes: _has_any(Vacancy.languages, codes),
        lambda codes: either(labels_of(Language, codes)),
        _list_of(Vacancy.languages, Language, "none besides English on record"),
    ),
    Wish(
        "religion",
        "Religion",
        lambda code: Vacancy.religion == code,
        lambda code: "".join(labels_of(Religion, [code])),
        _one_of(Vacancy.religion, Religion),
    ),
    Wish(
        "ethnicity",
        "Ethnicity",
        lambda code: Vacancy.ethnicity == code,
        lambda code: "".join(labels_of(Ethnicity, [code])),
        _one_of(Vacancy.ethnicity, Ethnicity),
    ),
    Wish(
        "accessibility",
        "Accessibility",
        lambda codes: _has_all(Vacancy.accessibility, codes),
        lambda codes: either(labels_of(Accessibility, codes), "and"),
        _list_of(Vacancy.accessibility, Accessibility, "nothing on record"),
    ),
    Wish(
        "skills",
        "Carers’ skills",
        lambda codes: _has_all(Vacancy.skills, codes),
        lambda codes: either(labels_of(Skill, codes), "and"),
        _list_of(Vacancy.skills, Skill, "nothing on record"),
    ),
    Wish(
        "solo",
        "The only child",
        lambda _: Vacancy.placed_now == 0,
        lambda _: "nobody else placed there",
        _alone,
    ),
    Wish(
        "no_other_children",
        "Other children",
        lambda _: Vacancy.other_children == sa.literal([], sa.ARRAY(sa.Text())),
        lambda _: "no other children at home",
        lambda vacancy: "children live there" if vacancy.other_children else "none on record",
    ),
    Wish(
        "avoid_pets",
        "Animals",
        lambda codes: sa.not_(_has_any(Vacancy.pets, codes)),
        lambda codes: f"no {either([label.split(',')[0].lower() for label in labels_of(Pet, codes)])}",
        _list_of(Vacancy.pets, Pet, "none on record"),
    ),
    Wish(
        "smoke_free",
        "Smoke-free home",
        lambda _: Vacancy.smoking == Smoking.NO,
        lambda _: "nobody smokes or vapes",
        lambda vacancy: f"smoking: {vacancy.smoking.label.lower()}",
    ),
    Wish("two_carers", "Two carers", lambda _: Vacancy.carers == 2, lambda _: "two carers", _carers),
    Wish(
        "driver",
        "A driver",
        lambda _: Vacancy.is_driver.is_(True),
        lambda _: "at least one carer drives",
        lambda vacancy: {True: "drives", False: "nobody drives", None: NOT_SAID}[vacancy.is_driver],
    ),
)
WISHES: dict[str, Wish] = {wish.name: wish for wish in ALL}


def asked_of(needs: Needs) -> list[tuple[Wish, Any, bool]]:
    """The wishes of a search in their order, each with its value and whether it is a must-have."""
    return [
        (wish, needs.wishes[wish.name], wish.name in needs.musts) for wish in ALL if wish.name in needs.wishes
    ]


def list_facts(vacancy: Vacancy) -> list[tuple[str, str]]:
    """What is on record of the home and the carers, each as label and words."""
    told = [wish for wish in ALL if wish.name not in ("districts", "near", "needed_from", "solo")]
    return [(wish.label, wish.has(vacancy)) for wish in told]
