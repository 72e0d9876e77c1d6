"""Adding, changing and confirming carer households."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, Stale, on_constraint
from portal.frameworks.models import NeedCategory, PlacementType
from portal.providers.models import Organisation
from portal.vacancies import policy, queries
from portal.vacancies.models import District, Vacancy
from portal.vacancies.services.references import clean_outward, clean_reference
from portal.vacancies.states import OPEN, Gender, VacancyState

USUAL_LIMIT = 3
MOST_PLACES = 12
YOUNGEST, OLDEST = 0, 21
OLDEST_START = 18

on_constraint(
    "uq_vacancy_carer_reference",
    "You already have a household with this reference",
    field="carer_reference",
)


@dataclass(frozen=True)
class Household:
    """What a placements lead says of one carer household. Ages are whole years, both ends included.

    `district_code` None means outside Kent and Medway; `over_usual_limit_from` is the date of the
    exemption that a household approved for more than three must have.
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
    over_usual_limit_from: date | None = None


def add_vacancy(organisation: Organisation, household: Household, *, by: Person) -> Vacancy:
    """Record a household with free places, confirmed as of now.

    A placements lead of a verified organisation. Raises `Invalid` with the field that is wrong,
    also for a reference that looks like a name, an address or a date of birth (rule 10).
    """
    require(policy.can_keep(by, organisation))
    values = _checked(household)
    if household.free_places < 1:
        raise Invalid("Enter how many places are free: at least 1", field="free_places")
    vacancy = Vacancy(organisation_id=organisation.id, confirmed_at=clock.now(), **values)
    session.add(vacancy)
    session.flush()
    audit.record("vacancy.added", vacancy, by=by)
    return vacancy


def edit_vacancy(
    vacancy: Vacancy, household: Household, *, by: Person, seen_version: int | None = None
) -> None:
    """Change what is said of a household; that also confirms it. State changes are services of their own.

    A placements lead. Raises `Stale`, `Refused` for a withdrawn household, `Invalid` with the field.
    """
    lock(vacancy)
    check_version(vacancy, seen_version)
    require(policy.can_change(by, vacancy))
    if vacancy.state == VacancyState.WITHDRAWN:
        raise Refused("This household was withdrawn. Add it again to offer its places.")
    values = _checked(household)
    _check_free_places_fit_state(vacancy, household)
    changed = sorted(name for name, value in values.items() if getattr(vacancy, name) != value)
    for name in changed:
        setattr(vacancy, name, values[name])
    vacancy.confirmed_at = clock.now()
    session.flush()
    audit.record("vacancy.changed", vacancy, by=by, details={"fields": changed})


def confirm_vacancy(vacancy: Vacancy, *, by: Person, seen_version: int | None = None) -> None:
    """ "Nothing has changed": the household is as recorded. Doing it twice does no harm.

    A placements lead, for an open household. Raises `Stale` when it was changed since it was read.
    """
    lock(vacancy)
    check_version(vacancy, seen_version)
    require(policy.can_change(by, vacancy))
    if vacancy.state not in OPEN:
        raise Refused(f"This household is {vacancy.state.label.lower()}: there is nothing to confirm.")
    _confirm(Vacancy.id == vacancy.id)
    session.refresh(vacancy)
    audit.record("vacancy.confirmed", vacancy, by=by)


def confirm_all_vacancies(organisation: Organisation, *, by: Person, seen_versions: int | None = None) -> int:
    """ "Nothing has changed" for every open household; returns how many. A placements lead.

    `seen_versions` is `queries.sum_open_versions` as it was on the page; `Stale` if it no longer is.
    """
    require(policy.can_keep(by, organisation))
    open_here = sa.and_(Vacancy.organisation_id == organisation.id, Vacancy.state.in_(sorted(OPEN)))
    count = len(
        session.scalars(sa.select(Vacancy.id).where(open_here).order_by(Vacancy.id).with_for_update()).all()
    )
    if seen_versions is not None and queries.sum_open_versions(organisation.id) != seen_versions:
        raise Stale
    _confirm(open_here)
    audit.record("organisation.vacancies_confirmed", organisation, by=by, details={"households": count})
    return count


def _confirm(which: sa.ColumnElement[bool]) -> None:
    # Not through the row's version: confirming changes nothing that a colleague's open form could overwrite.
    session.execute(
        sa.update(Vacancy)
        .where(which)
        .values(confirmed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _check_free_places_fit_state(vacancy: Vacancy, household: Household) -> None:
    if vacancy.state in OPEN and household.free_places < 1:
        raise Invalid(
            "To say that no place is free, mark the household as filled instead", field="free_places"
        )
    if vacancy.state == VacancyState.FILLED and household.free_places > 0:
        raise Invalid("To offer places again, use “Offer places again”", field="free_places")


def _checked(household: Household) -> dict[str, object]:
    values = dataclasses.asdict(household)
    values["carer_reference"] = clean_reference(household.carer_reference)
    values["outward_postcode"] = clean_outward(household.outward_postcode)
    _check_places(household)
    _check_children(household)
    _check_lists(household)
    values["placement_types"] = list(household.placement_types)
    values["need_categories"] = list(household.need_categories)
    return values


def _check_places(household: Household) -> None:
    approved, placed = household.approved_places, household.placed_now
    if not 1 <= approved <= MOST_PLACES:
        raise Invalid(f"Approved places must be from 1 to {MOST_PLACES}", field="approved_places")
    if approved > USUAL_LIMIT and household.over_usual_limit_from is None:
        raise Invalid(
            "More than 3 places needs an exemption, unless all are brothers and sisters. Enter its date",
            field="over_usual_limit_from",
        )
    if not 0 <= placed <= approved:
        raise Invalid("Children placed now cannot be more than the approved places", field="placed_now")
    if not 0 <= household.free_places <= approved - placed:
        raise Invalid(
            f"With {placed} of {approved} places taken, at most {approved - placed} can be free",
            field="free_places",
        )


def _check_children(household: Household) -> None:
    if not YOUNGEST <= household.age_from <= OLDEST_START:
        raise Invalid(f"The youngest age must be from {YOUNGEST} to {OLDEST_START}", field="age_from")
    if not household.age_from <= household.age_to <= OLDEST:
        raise Invalid(f"The oldest age must be from the youngest age to {OLDEST}", field="age_to")
    if not 1 <= household.siblings_together <= household.approved_places:
        raise Invalid("Siblings together must be from 1 to the approved places", field="siblings_together")
    if household.is_solo_only and household.siblings_together > 1:
        raise Invalid(
            "A household for one child alone cannot take siblings together", field="siblings_together"
        )
    if household.is_solo_only and household.placed_now > 0 and household.free_places > 0:
        raise Invalid(
            "A household for one child alone has no free place while a child lives there", field="free_places"
        )


def _check_lists(household: Household) -> None:
    chosen = set(household.placement_types)
    if not chosen or chosen - set(session.scalars(sa.select(PlacementType.code))):
        raise Invalid("Choose at least one placement type", field="placement_types")
    chosen = set(household.need_categories)
    if not chosen or chosen - set(session.scalars(sa.select(NeedCategory.code))):
        raise Invalid("Choose at least one level of need", field="need_categories")
    if household.district_code is not None and session.get(District, household.district_code) is None:
        raise Invalid("Choose a district, or outside Kent and Medway", field="district_code")
