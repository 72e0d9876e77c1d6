"""What the API takes and gives of households, in the words of the screens. What fits together, services say."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError, WrapValidator

from portal.core.rest.edge import field_messages
from portal.core.rest.schemas import FieldError, PageQuery, Strict
from portal.vacancies import models, services
from portal.vacancies.services import Outcome, RowOutcome
from portal.vacancies.states import (
    AGEING_DAYS,
    FRESH_DAYS,
    Accessibility,
    Ethnicity,
    Freshness,
    Gender,
    Language,
    OverUsualLimit,
    Pet,
    Religion,
    Skill,
    Smoking,
    VacancyState,
)

MOST_ROWS = 2000
EXAMPLE: dict[str, Any] = {
    "approved_places": 2,
    "placed_now": 1,
    "free_places": 1,
    "age_from": 5,
    "age_to": 12,
    "gender": "any",
    "placement_types": ["standard"],
    "need_categories": ["standard", "enhanced"],
    "available_from": "2027-01-11",
    "district_code": "E07000113",
    "outward_postcode": "ME10",
    "siblings_together": 1,
    "languages": ["polish"],
    "is_driver": True,
    "school_run_miles": 8,
}


class Household(Strict):
    """All that is said of a carer household. Never a name, an address or a date of birth of anybody.

    What is left out is not known; a list that is left out is empty.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    approved_places: int
    """For how many children the household is approved, 1 to 12."""
    placed_now: int
    """How many children live there now."""
    free_places: int
    """How many places are free: at most those approved less those taken. 0 means that it is filled."""
    age_from: int
    """The youngest age in whole years, from 0."""
    age_to: int
    """The oldest age, included."""
    gender: Gender
    """Whom the household is approved for."""
    placement_types: list[str]
    """Codes of placement types, such as standard, parent_child, uasc; at least one."""
    need_categories: list[str]
    """Codes of levels of need, such as standard, enhanced, complex; at least one."""
    available_from: date
    """From which day."""
    district_code: str | None
    """GSS code of the district of Kent, or Medway; null for outside Kent and Medway."""
    outward_postcode: str
    """The first part of the postcode, such as ME10. Never the whole."""
    siblings_together: int = 1
    """Up to how many brothers and sisters together."""
    is_solo_only: bool = False
    """For one child alone."""
    no_younger_child: bool = False
    """For no child younger than those who live there."""
    over_usual_limit: OverUsualLimit | None = None
    """Why there may be more than three children."""
    over_usual_limit_from: date | None = None
    """Since when there may be more than three children."""
    bedrooms: int | None = None
    """Bedrooms for fostered children."""
    carers: int | None = None
    """1 or 2."""
    ethnicity: Ethnicity | None = None
    """Of the carers, by the groups of the census."""
    religion: Religion | None = None
    """Of the carers."""
    languages: list[Language] = Field(default_factory=list)
    """Spoken at home besides English."""
    pets: list[Pet] = Field(default_factory=list)
    """Animals a child would live with."""
    smoking: Smoking = Smoking.NO
    """Whether anybody there smokes or vapes."""
    other_children: list[str] = Field(default_factory=list)
    """Age bands of the carers' own children at home, such as 0_4, 5_10."""
    is_driver: bool | None = None
    """Whether a carer drives."""
    school_run_miles: int | None = None
    """How far the carers drive to school, one way."""
    accessibility: list[Accessibility] = Field(default_factory=list)
    """How the home suits a disabled child."""
    skills: list[Skill] = Field(default_factory=list)
    """What the carers are trained in or have done."""

    def as_said(self, reference: str) -> services.Household:
        """For the services to judge."""
        values = {name: getattr(self, name) for name in Household.model_fields}
        return services.Household(carer_reference=reference, **values)


class Vacancy(Strict):
    """A household as it is on record."""

    carer_reference: str
    """Your own reference."""
    state: VacancyState
    held_until: date | None
    """The last day of a hold; from the next day the places count as free by themselves."""
    confirmed_at: datetime
    """When somebody last said that this is right."""
    ageing_from: datetime
    """Confirm it again by then."""
    stale_from: datetime
    """From then on placement officers do not see it."""
    version: int
    """Goes up with each change."""
    household: Household
    """Just as it is sent back to change it."""

    @classmethod
    def of(cls, vacancy: models.Vacancy) -> Vacancy:
        """From the row."""
        said = {name: getattr(vacancy, name) for name in Household.model_fields}
        return cls(
            carer_reference=vacancy.carer_reference,
            state=vacancy.state,
            held_until=vacancy.held_until,
            confirmed_at=vacancy.confirmed_at,
            ageing_from=vacancy.confirmed_at + timedelta(days=FRESH_DAYS),
            stale_from=vacancy.confirmed_at + timedelta(days=AGEING_DAYS),
            version=vacancy.version,
            household=Household.model_validate(said),
        )


class VacancyQuery(PageQuery):
    """Which households."""

    state: VacancyState | None = None
    """Only those in this state; withdrawn ones are never listed."""
    freshness: Freshness | None = None
    """Only open ones whose news is so fresh: ageing and stale ones want confirming."""


class VacancyPage(Strict):
    """Households in the order of their references."""

    items: list[Vacancy]
    next_cursor: str | None
    """Of the next page; null on the last."""


class Hold(Strict):
    """Until when a place is kept for somebody."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2027-01-15"}]})

    until: date
    """The last day of the hold."""


class Reopen(Strict):
    """Places of a filled household that are free again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"free_places": 1, "available_from": "2027-01-11"}]}
    )

    free_places: int
    available_from: date


class Confirmed(Strict):
    """How many open households were confirmed."""

    confirmed: int


@dataclass(frozen=True)
class Unread:
    """A row of a batch that does not have the shape of a household; the other rows are none the worse for it."""

    carer_reference: str
    errors: dict[str, str]


class HouseholdRow(Household):
    """A household in a batch, with your own reference."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"carer_reference": "KF-0142", **EXAMPLE}]})

    carer_reference: str
    """Your own reference, of up to 40 characters. Never a name."""
    version: int | None = None
    """The version you last read: the row is refused if it was changed since."""


def _row_by_row(sent: Any, _: Callable[[Any], HouseholdRow]) -> HouseholdRow | Unread:
    # As JSON again, for only there a date may be text: a row is read as strictly as the body of a PUT.
    try:
        return HouseholdRow.model_validate_json(json.dumps(sent), strict=True)
    except ValidationError as error:
        told = sent.get("carer_reference") if isinstance(sent, dict) else None
        reference = told if isinstance(told, str) else ""
        return Unread(reference, field_messages(error.errors(include_url=False)))


class Batch(Strict):
    """Households to add and to change by reference; those it does not name stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"households": [{"carer_reference": "KF-0142", **EXAMPLE}]}]}
    )

    households: list[Annotated[HouseholdRow, WrapValidator(_row_by_row)]] = Field(max_length=MOST_ROWS)
    """Each good row, changed or not, is confirmed as of now."""
    all_or_nothing: bool = False
    """True: one wrong row, and nothing is saved (422). False: the good rows are saved."""

    @property
    def rows(self) -> list[HouseholdRow | Unread]:
        """As they were read."""
        return list(self.households)


class BatchRow(Strict):
    """What became of one row, in the order in which they were sent, from 0."""

    row: int
    carer_reference: str
    outcome: Outcome
    version: int | None
    """As it is now; null where the row was refused."""
    errors: list[FieldError]


class BatchResult(Strict):
    """What became of a batch. History keeps it under `batch_id`, by which people can undo it."""

    batch_id: uuid.UUID
    added: int
    changed: int
    unchanged: int
    refused: int
    rows: list[BatchRow]


def batch_result(batch_id: uuid.UUID, outcomes: list[RowOutcome], versions: dict[str, int]) -> BatchResult:
    """From what the service answered, and the versions the households have now."""
    counts = {kind.value: sum(row.outcome == kind for row in outcomes) for kind in Outcome}
    rows = [
        BatchRow(
            row=number,
            carer_reference=row.carer_reference,
            outcome=row.outcome,
            version=None if row.outcome == Outcome.REFUSED else versions.get(row.carer_reference),
            errors=[FieldError(field=name, message=text) for name, text in row.errors.items()],
        )
        for number, row in enumerate(outcomes)
    ]
    return BatchResult(batch_id=batch_id, rows=rows, **counts)
