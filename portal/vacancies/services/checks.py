"""What is said of one carer household, and whether it fits together: the same for screens, files and machines.

Pure: whoever checks ten thousand rows reads the lists once (`queries.get_lists`) and asks nothing per row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.core.errors import Invalid
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import Lists
from portal.vacancies.services.references import clean_outward, clean_reference
from portal.vacancies.states import (
    CODE_LISTS,
    Ethnicity,
    Gender,
    OverUsualLimit,
    Religion,
    Smoking,
)

USUAL_LIMIT = 3
MOST_PLACES = 12
MOST_BEDROOMS = 12
FARTHEST_SCHOOL = 50
YOUNGEST, OLDEST = 0, 21
OLDEST_START = 18


@dataclass(frozen=True)
class Household:
    """What a placements lead says of one carer household. Ages are whole years, both ends included.

    `district_code` None means outside Kent and Medway; a household approved for more than three children
    says why in `over_usual_limit`, and since when in `over_usual_limit_from`. `other_children` are the age
    bands of the carers' own children. None, or an empty list, means that nothing is said.
    """

    carer_reference: str
    approved_places: int
    placed_now: int
    free_places: int
    age_from: int
    age_to: int
    gender: Gender
    placement_types: Sequence[str]
    need_categories: Sequence[str]
    available_from: date
    district_code: str | None
    outward_postcode: str
    siblings_together: int = 1
    is_solo_only: bool = False
    no_younger_child: bool = False
    over_usual_limit: OverUsualLimit | None = None
    over_usual_limit_from: date | None = None
    bedrooms: int | None = None
    carers: int | None = None
    ethnicity: str | None = None
    religion: str | None = None
    languages: Sequence[str] = ()
    pets: Sequence[str] = ()
    smoking: Smoking = Smoking.NO
    other_children: Sequence[str] = ()
    is_driver: bool | None = None
    school_run_miles: int | None = None
    accessibility: Sequence[str] = ()
    skills: Sequence[str] = ()


# As tuples, for going through an enum ten thousand times takes a second.
_CODES = {name: tuple(codes) for name, codes in CODE_LISTS.items()}
_ETHNICITIES, _RELIGIONS = tuple(Ethnicity), tuple(Religion)
FIELDS = tuple(field.name for field in dataclasses.fields(Household))


def household_of(vacancy: Vacancy) -> Household:
    """What is on record of a household."""
    return Household(**{name: getattr(vacancy, name) for name in FIELDS})


Problems = Iterator[tuple[str, str]]


def check_household(household: Household, lists: Lists) -> dict[str, str]:
    """What is wrong, by field, in plain words; nothing when the household can be kept as it is."""
    problems: dict[str, str] = {}
    for check in (_texts, _places, _children, _home):
        for field, message in check(household):
            problems.setdefault(field, message)
    for field, message in _chosen(household, lists):
        problems.setdefault(field, message)
    return problems


def clean_household(household: Household, lists: Lists) -> dict[str, Any]:
    """The columns of a household that was checked: trimmed, in capitals, each list once and in its order."""
    values = {name: getattr(household, name) for name in FIELDS}
    values["carer_reference"] = clean_reference(household.carer_reference)
    values["outward_postcode"] = clean_outward(household.outward_postcode)
    for name, codes in _lists_of_codes(lists).items():
        chosen = values[name]
        values[name] = [str(code) for code in codes if code in chosen] if chosen else []
    return values


def require_sound(household: Household, lists: Lists) -> dict[str, Any]:
    """The columns to keep, or `Invalid` with the first field that is wrong."""
    for field, message in check_household(household, lists).items():
        raise Invalid(message, field=field)
    return clean_household(household, lists)


def _lists_of_codes(lists: Lists) -> dict[str, Sequence[str]]:
    return {
        "placement_types": lists.placement_types,
        "need_categories": lists.need_categories,
        "other_children": lists.age_bands,
        **_CODES,
    }


def _texts(household: Household) -> Problems:
    cleaners: tuple[tuple[str, Callable[[str], str], str], ...] = (
        ("carer_reference", clean_reference, household.carer_reference),
        ("outward_postcode", clean_outward, household.outward_postcode),
    )
    for field, clean, text in cleaners:
        try:
            clean(text)
        except Invalid as error:
            yield field, error.message


def _places(household: Household) -> Problems:
    approved, placed = household.approved_places, household.placed_now
    if not 1 <= approved <= MOST_PLACES:
        yield "approved_places", f"Approved places must be from 1 to {MOST_PLACES}"
        return
    yield from _over_usual_limit(household)
    if not 0 <= placed <= approved:
        yield "placed_now", "Children placed now cannot be more than the approved places"
        return
    if not 0 <= household.free_places <= approved - placed:
        yield (
            "free_places",
            f"With {placed} of {approved} places taken, at most {approved - placed} can be free",
        )
    if not 1 <= household.siblings_together <= approved:
        yield "siblings_together", "Siblings together must be from 1 to the approved places"


def _over_usual_limit(household: Household) -> Problems:
    why, since = household.over_usual_limit, household.over_usual_limit_from
    if household.approved_places > USUAL_LIMIT and why is None and since is None:
        yield (
            "over_usual_limit_from",
            "More than 3 places needs an exemption, unless all are brothers and sisters. Enter its date",
        )
    elif why is None and since is not None:
        yield "over_usual_limit", "Choose why there may be more than 3 children"
    elif since is None and why is not None:
        yield "over_usual_limit_from", "Enter the date since when there may be more than 3 children"


def _children(household: Household) -> Problems:
    if not YOUNGEST <= household.age_from <= OLDEST_START:
        yield "age_from", f"The youngest age must be from {YOUNGEST} to {OLDEST_START}"
    elif not household.age_from <= household.age_to <= OLDEST:
        yield "age_to", f"The oldest age must be from the youngest age to {OLDEST}"
    if household.is_solo_only and household.siblings_together > 1:
        yield "siblings_together", "A household for one child alone cannot take siblings together"
    if household.is_solo_only and household.placed_now > 0 and household.free_places > 0:
        yield "free_places", "A household for one child alone has no free place while a child lives there"


def _home(household: Household) -> Problems:
    if household.bedrooms is not None and not 1 <= household.bedrooms <= MOST_BEDROOMS:
        yield "bedrooms", f"Bedrooms must be from 1 to {MOST_BEDROOMS}"
    if household.carers not in (None, 1, 2):
        yield "carers", "Enter 1 or 2 carers"
    miles = household.school_run_miles
    if miles is not None and not 0 <= miles <= FARTHEST_SCHOOL:
        yield "school_run_miles", f"The school run must be from 0 to {FARTHEST_SCHOOL} miles"
    elif miles is not None and household.is_driver is False:
        yield "school_run_miles", "Leave the school run empty where no carer drives"


def _chosen(household: Household, lists: Lists) -> Problems:
    for field, codes, wrong in (
        ("placement_types", lists.placement_types, "Choose at least one placement type"),
        ("need_categories", lists.need_categories, "Choose at least one level of need"),
    ):
        chosen = getattr(household, field)
        if not chosen or not _all_in(chosen, codes):
            yield field, wrong
    if household.district_code is not None and household.district_code not in lists.districts:
        yield "district_code", "Choose a district, or outside Kent and Medway"
    if not _all_in(household.other_children, lists.age_bands):
        yield "other_children", "Choose age bands from the list"
    for field, known in _CODES.items():
        if not _all_in(getattr(household, field), known):
            yield field, "Choose from the list"
    yield from _one_of("ethnicity", household.ethnicity, _ETHNICITIES)
    yield from _one_of("religion", household.religion, _RELIGIONS)


def _all_in(chosen: Iterable[str], codes: Sequence[str]) -> bool:
    return all(code in codes for code in chosen)


def _one_of(field: str, chosen: str | None, known: Sequence[str]) -> Problems:
    if chosen is not None and chosen not in known:
        yield field, "Choose from the list"
