"""Adding, changing and confirming carer households."""

from __future__ import annotations

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, Stale, on_constraint
from portal.providers.models import Organisation
from portal.vacancies import policy, queries
from portal.vacancies.models import Vacancy
from portal.vacancies.services.checks import Household, require_sound
from portal.vacancies.states import OPEN, VacancyState

on_constraint(
    "uq_vacancy_carer_reference",
    "You already have a household with this reference",
    field="carer_reference",
)


def add_vacancy(organisation: Organisation, household: Household, *, by: Person) -> Vacancy:
    """Record a household with free places, confirmed as of now.

    A placements lead of a verified organisation. Raises `Invalid` with the field that is wrong,
    also for a reference that looks like a name, an address or a date of birth (rule 10).
    """
    require(policy.can_keep(by, organisation))
    values = require_sound(household, queries.get_lists())
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
    values = require_sound(household, queries.get_lists())
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
