"""Which column is which: the words that providers write over their columns, and finding the row they stand in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from portal.vacancies.services.checks import FIELDS
from portal.vacancies.states.lists import WORDS

# One column that says both ends, such as "5 to 12".
AGES = "ages"
TARGETS = (*FIELDS, AGES)
# What a provider says of a column that is not for us.
NOT_OURS = ""
LOOKED_AT_ROWS = 30
LEAST_KNOWN = 2

SYNONYMS = {
    "carer_reference": (
        "ref, our reference, your reference, carer reference, carer ref, carers reference, household, household ref,"
        " household reference, carer id, household id, foster carer reference, foster carer ref, fc ref, id,"
        " reference number, ref no, carer code, your reference for this household, carer household"
    ),
    "approved_places": (
        "approved, approved places, places approved for, approved number, number approved, approval number, capacity,"
        " approved capacity, max placements, registered places, total places, places approved, no of places"
    ),
    "placed_now": (
        "placed, children placed, children placed now, currently placed, current placements, placements, in placement,"
        " children in placement, occupied, occupancy, number placed, places filled, no placed"
    ),
    "free_places": (
        "free, free places, places free, vacancies, vacancies now, vacant, vacant places, available places, vacancy,"
        " number of vacancies, no of vacancies, beds free, available beds, places available, spaces"
    ),
    "available_from": (
        "available, date available, available date, from, from when, vacancy date, vacant from, start date,"
        " availability, date vacant, available on"
    ),
    "siblings_together": (
        "siblings, sibling group, siblings together, brothers and sisters together up to, sibling placements,"
        " sibling group size, max siblings, siblings up to"
    ),
    "bedrooms": "beds, rooms, spare rooms, no of bedrooms, bedrooms for fostered children, number of bedrooms",
    "over_usual_limit": (
        "exemption, reason for more than 3, why there may be more than 3, exemption type, usual limit,"
        " why there may be more than 3 if approved for more"
    ),
    "over_usual_limit_from": (
        "exemption date, exemption from, since when there may be more than 3, date of exemption, exempt since"
    ),
    "age_from": "age from, from age, min age, minimum age, lowest age, age min, ages from, youngest",
    "age_to": "age to, to age, max age, maximum age, highest age, age max, ages to, oldest",
    AGES: "age, ages, age range, approved ages, age group, ages approved, age range approved",
    "gender": "sex, gender preference, approved gender, gender of child, who can be placed here, who, boys or girls",
    "placement_types": (
        "type, types, placement type, type of placement, types of placement, placement, approved placement types,"
        " placements offered"
    ),
    "need_categories": (
        "needs, need, need category, need categories, level of need, category of need, levels of need the carers can"
        " meet, complexity, need level"
    ),
    "is_solo_only": "solo, solo only, solo placement, single placement, one child only, solo placement only",
    "no_younger_child": "no younger, no younger children, no child younger than those who live here, must be youngest",
    "district_code": "area, local authority, location, borough, district council, town, lives in, council area",
    "outward_postcode": (
        "postcode, postcode area, outward postcode, outward code, post code, postcode district, partial postcode,"
        " postcode first part, first half of postcode"
    ),
    "other_children": (
        "own children, birth children, children at home, carers own children, other children, household children,"
        " ages of the carers own children at home, birth children ages"
    ),
    "pets": "pet, animals, dogs, any pets, animals at home",
    "smoking": "smoker, smokers, smoke, smokes, smoking household, does anybody here smoke or vape, vaping",
    "accessibility": "accessible, adaptations, adapted, disability access, wheelchair access, accessibility",
    "carers": "number of carers, no of carers, single or couple, one or two carers, carer count",
    "is_driver": "drives, drivers, car, does a carer drive, carer drives, transport, can drive",
    "school_run_miles": (
        "school run, school run miles, school run up to, school run radius, miles, distance to school, travel radius,"
        " max school run"
    ),
    "ethnicity": "ethnic group, ethnic origin, ethnicity of the carers, carer ethnicity, ethnic background",
    "religion": "faith, carer religion, religion of the carers, faith religion, religious belief",
    "languages": "language, languages spoken, languages besides english, other languages, language spoken",
    "skills": "skill, experience, training, specialisms, skills and experience, expertise",
}


@dataclass(frozen=True)
class Heading:
    """The row of headings, from 0, and what its columns are: ours by column, and the words of the others.

    `repeated`: the words of columns that say what another said before.
    """

    row: int
    columns: dict[int, str]
    unknown: dict[int, str] = field(default_factory=dict)
    repeated: dict[int, str] = field(default_factory=dict)

    @property
    def is_enough(self) -> bool:
        """Households are known by reference, and something has to be said of them."""
        return "carer_reference" in self.columns.values() and len(self.columns) >= LEAST_KNOWN


@lru_cache(maxsize=4096)
def heading_key(text: str) -> str:
    """A heading as it is compared: without case, spaces or punctuation."""
    return re.sub(r"[^a-z0-9]+", "", text.casefold().replace("&", "and").replace("number of", "no of"))


KNOWN = {
    **{heading_key(one): target for target, listed in SYNONYMS.items() for one in listed.split(",")},
    **{heading_key(name): name for name in FIELDS},
    **{heading_key(WORDS[name]): name for name in FIELDS},
}


def find_heading(rows: Sequence[Sequence[Any]], saved: Mapping[str, str]) -> Heading:
    """The row with the most headings we know among the first; `saved` is what this provider said of its own.

    Where none is known, the first row that has words in two cells.
    """
    best = Heading(0, {})
    fullest, most = 0, 0
    for number, row in enumerate(rows[:LOOKED_AT_ROWS]):
        found = _read(number, row, saved)
        if len(found.columns) > len(best.columns):
            best = found
        words = sum(isinstance(value, str) and value.strip() != "" for value in row)
        if words > most and words >= LEAST_KNOWN and not most:
            fullest, most = number, words
    return best if best.columns else _read(fullest, rows[fullest] if rows else [], saved)


def as_mapped(row: int, cells: Sequence[Any], chosen: Mapping[int, str]) -> Heading:
    """The headings as a person said what they are, column by column."""
    columns = {number: target for number, target in sorted(chosen.items()) if target in TARGETS}
    unknown = {
        number: str(value).strip()
        for number, value in enumerate(cells)
        if number not in columns and str(value).strip()
    }
    return Heading(row, columns, unknown)


def _read(number: int, row: Sequence[Any], saved: Mapping[str, str]) -> Heading:
    columns: dict[int, str] = {}
    unknown: dict[int, str] = {}
    repeated: dict[int, str] = {}
    for place, value in enumerate(row):
        words = str(value).strip() if isinstance(value, str | int) else ""
        if not words:
            continue
        target = saved.get(heading_key(words), KNOWN.get(heading_key(words)))
        if not target:
            unknown[place] = words
        elif target in columns.values():
            repeated[place] = words
        else:
            columns[place] = target
    return Heading(number, columns, unknown, repeated)
