"""Three hundred carer households over the districts, last confirmed on different days.

The mixture comes from a fixed seed, so that every load offers the same households.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from portal.accounts.models import Person
from portal.core.db import session
from portal.demo.services.people import placements_lead_of
from portal.demo.services.story import Story
from portal.vacancies import queries
from portal.vacancies.models import Vacancy
from portal.vacancies.services import Household, add_vacancy, fill_vacancy, hold_vacancy
from portal.vacancies.states import Accessibility, Ethnicity, Gender, Language, Pet, Religion, Skill, Smoking

# How many households each provider keeps here, and the letters of its references.
HOUSEHOLDS = {
    "ragstone": (105, "RFC"),
    "samphire": (75, "SAM"),
    "tidewell": (60, "TW"),
    "lanternfield": (40, "LF"),
    "cobnut": (20, "CF"),
}

# Days from today on which households were added or last confirmed, and how many of every hundred.
CONFIRMED = {-23: 8, -11: 20, -6: 26, -3: 28, -1: 18}

# Outward postcodes of each district, by GSS code; None is outside Kent and Medway.
OUTWARDS: dict[str | None, tuple[str, ...]] = {
    "E06000035": ("ME1", "ME2", "ME4", "ME5", "ME7", "ME8"),
    "E07000105": ("TN23", "TN24", "TN25", "TN26"),
    "E07000106": ("CT1", "CT2", "CT4", "CT5", "CT6"),
    "E07000107": ("DA1", "DA2", "DA9"),
    "E07000108": ("CT14", "CT15", "CT16", "CT17"),
    "E07000109": ("DA11", "DA12", "DA13"),
    "E07000110": ("ME14", "ME15", "ME16", "ME17"),
    "E07000111": ("TN13", "TN14", "TN15", "BR8"),
    "E07000112": ("CT18", "CT19", "CT20", "CT21"),
    "E07000113": ("ME9", "ME10", "ME11", "ME12", "ME13"),
    "E07000114": ("CT7", "CT8", "CT9", "CT10", "CT11", "CT12"),
    "E07000115": ("TN9", "TN10", "TN11", "ME6", "ME19", "ME20"),
    "E07000116": ("TN1", "TN2", "TN3", "TN4", "TN12", "TN17"),
    None: ("BN8", "DA8", "RH19", "TN22", "TN31"),
}
AGES = ((0, 4), (0, 10), (0, 17), (3, 12), (5, 10), (5, 15), (8, 17), (11, 15), (11, 17), (13, 17), (16, 18))
HELD, FILLED = 14, 9
BANDS = ("0_4", "5_10", "11_15", "16_17", "18_plus")
# Ethnicity, religion and languages of the carers of a household, and how many of every hundred.
BACKGROUNDS: dict[tuple[str | None, str | None, tuple[str, ...]], int] = {
    (Ethnicity.WHITE_BRITISH, Religion.NONE, ()): 34,
    (Ethnicity.WHITE_BRITISH, Religion.CHRISTIAN, ()): 24,
    (Ethnicity.WHITE_OTHER, Religion.CHRISTIAN, (Language.POLISH,)): 4,
    (Ethnicity.WHITE_OTHER, Religion.CHRISTIAN, (Language.ROMANIAN,)): 3,
    (Ethnicity.AFRICAN, Religion.CHRISTIAN, (Language.YORUBA,)): 6,
    (Ethnicity.AFRICAN, Religion.MUSLIM, (Language.SOMALI, Language.ARABIC)): 3,
    (Ethnicity.CARIBBEAN, Religion.CHRISTIAN, ()): 4,
    (Ethnicity.INDIAN, Religion.SIKH, (Language.PUNJABI,)): 4,
    (Ethnicity.PAKISTANI, Religion.MUSLIM, (Language.URDU, Language.PUNJABI)): 3,
    (Ethnicity.ASIAN_OTHER, Religion.MUSLIM, (Language.DARI, Language.PASHTO)): 2,
    (Ethnicity.WHITE_ASIAN, Religion.NONE, ()): 2,
    (Ethnicity.CARERS_DIFFER, Religion.NONE, (Language.PORTUGUESE,)): 4,
    (None, None, ()): 7,
}


def tell(story: Story) -> None:
    """Placements leads add their households day by day; some are held and some filled."""
    chance = random.Random(2022)
    for provider, (count, letters) in HOUSEHOLDS.items():
        days = chance.choices(list(CONFIRMED), list(CONFIRMED.values()), k=count)
        who = placements_lead_of(provider)
        for day in CONFIRMED:
            numbers = [number for number, of in enumerate(days, 101) if of == day]
            references = [f"{letters}-{number:04}" for number in numbers]
            seed = chance.random()
            story.add(day, "08:20", who, partial(_add, story, provider, references, seed))
    for provider in ("ragstone", "samphire", "tidewell"):
        story.add(-1, "16:40", placements_lead_of(provider), partial(_hold_and_fill, story, provider))


def _add(story: Story, provider: str, references: list[str], seed: float, by: Person) -> None:
    organisation = story.organisation(provider)
    for household in _households(story, references, random.Random(seed)):
        add_vacancy(organisation, household, by=by)


def _hold_and_fill(story: Story, provider: str, by: Person) -> None:
    found = list(queries.list_for_organisation(story.ids[provider], limit=HOUSEHOLDS[provider][0]))
    for vacancy in _every(found, len(found) // (HELD // 3 + 1)):
        hold_vacancy(vacancy, until=story.today + timedelta(days=3), by=by)
    for vacancy in _every(found[1:], len(found) // (FILLED // 3)):
        fill_vacancy(vacancy, by=by)


def _every(found: list[Vacancy], step: int) -> list[Vacancy]:
    return [session.merge(vacancy, load=False) for vacancy in found[step // 2 :: step]]


def _households(story: Story, references: list[str], chance: random.Random) -> Iterator[Household]:
    for reference in references:
        district = chance.choices(list(OUTWARDS), [3, *[2] * 12, 1])[0]
        youngest, oldest = chance.choice(AGES)
        approved = chance.choices([1, 2, 3], [3, 5, 4])[0]
        placed = chance.randrange(approved)
        alone = approved == 1 and placed == 0 and chance.random() < 0.3
        own_bands = [band for band in BANDS if chance.random() < 0.15]
        yield Household(
            carer_reference=reference,
            approved_places=approved,
            placed_now=placed,
            free_places=chance.randint(1, approved - placed),
            age_from=youngest,
            age_to=oldest,
            gender=chance.choices(list(Gender), [7, 2, 1])[0],
            placement_types=_types(youngest, oldest, approved, chance),
            need_categories=["standard", "enhanced", "complex"][: chance.choices([1, 2, 3], [4, 4, 2])[0]],
            available_from=story.day(-1) + timedelta(days=chance.choice([0, 0, 0, 0, 3, 7, 14, 21])),
            district_code=district,
            outward_postcode=chance.choice(OUTWARDS[district]),
            siblings_together=chance.randint(1, approved),
            is_solo_only=alone,
            no_younger_child=placed > 0 and chance.random() < 0.1,
            bedrooms=chance.randint(approved - approved // 3, approved),
            other_children=own_bands,
            **_home(chance),
            **_carers(chance),
        )


def _home(chance: random.Random) -> dict[str, Any]:
    """What a child would find there."""
    return {
        "pets": _some(chance, {Pet.DOG: 0.35, Pet.CAT: 0.25, Pet.SMALL: 0.1, Pet.HORSES: 0.03}),
        "smoking": chance.choices(list(Smoking), [16, 3, 1])[0],
        "accessibility": _some(
            chance,
            {
                Accessibility.STEP_FREE: 0.2,
                Accessibility.GROUND_FLOOR_BEDROOM: 0.15,
                Accessibility.GROUND_FLOOR_BATHROOM: 0.15,
                Accessibility.WHEELCHAIR: 0.05,
                Accessibility.VEHICLE: 0.03,
            },
        ),
    }


def _carers(chance: random.Random) -> dict[str, Any]:
    """Who the carers are, as far as matching asks; some providers leave it unsaid."""
    drives = chance.choices([True, False, None], [17, 2, 1])[0]
    kind = chance.choices(list(BACKGROUNDS), list(BACKGROUNDS.values()))[0]
    ethnicity, religion, languages = kind
    return {
        "carers": chance.choices([1, 2, None], [4, 7, 1])[0],
        "ethnicity": ethnicity,
        "religion": religion,
        "languages": list(languages),
        "is_driver": drives,
        "school_run_miles": chance.choice([3, 5, 8, 10, 15]) if drives else None,
        "skills": chance.sample(sorted(Skill), chance.randrange(5)),
    }


def _some(chance: random.Random, likely: Mapping[str, float]) -> list[str]:
    return [str(code) for code, share in likely.items() if chance.random() < share]


def _types(youngest: int, oldest: int, approved: int, chance: random.Random) -> list[str]:
    """What a household like this may be approved for; always standard."""
    may = {
        "parent_and_child": youngest == 0 and approved > 1,
        "uasc": oldest >= 15,
        "disability": True,
        "short_breaks": True,
        "siblings": approved > 1,
        "emergency": True,
        "step_down": oldest >= 15,
    }
    likely = {"siblings": 0.7, "uasc": 0.45, "emergency": 0.3, "parent_and_child": 0.3}
    return [
        "standard",
        *(kind for kind, can in may.items() if can and chance.random() < likely.get(kind, 0.15)),
    ]
