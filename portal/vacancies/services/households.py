"""Adding, changing and confirming carer households."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portal.core import audit, clock, transitions
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, Stale, on_constraint
from portal.providers.models import Organisation
from portal.vacancies import policy, queries
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.policy import Actor
from portal.vacancies.services.checks import Household, household_of, require_sound
from portal.vacancies.services.history import note, snapshot
from portal.vacancies.states import OPEN, VacancyState
from portal.vacancies.workflow import VACANCY

on_constraint(
    "uq_vacancy_carer_reference",
    "You already have a household with this reference",
    field="carer_reference",
)


def add_vacancy(organisation: Organisation, household: Household, *, by: Actor) -> Vacancy:
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
    session.refresh(vacancy)
    audit.record("vacancy.added", vacancy, by=by)
    note(vacancy, "added", {}, by=by)
    return vacancy


def edit_vacancy(
    vacancy: Vacancy, household: Household, *, by: Actor, seen_version: int | None = None
) -> VacancyChange | None:
    """Change what is said of a household, which also confirms it; returns the change, if there was one.

    No place free any more means filled, and a free place in a filled household offers it again.
    A placements lead. Raises `Stale`, `Refused` for a withdrawn household, `Invalid` with the field.
    """
    lock(vacancy)
    check_version(vacancy, seen_version)
    return _edit(vacancy, household, by)


def edit_fields(
    vacancy: Vacancy, values: Mapping[str, Any], *, by: Actor, seen: Mapping[str, Any] | None = None
) -> VacancyChange | None:
    """Change some of what is said of a household, as `edit_vacancy`; what hangs on it follows.

    With more children placed, no more places are free than are left; a place that is free in a filled
    household means that a child has moved on. `seen` are the values this person saw: `Stale` if one is
    another now, while colleagues may change other things of the same household meanwhile.
    """
    lock(vacancy)
    if any(
        queries.as_json(getattr(vacancy, name)) != queries.as_json(was) for name, was in (seen or {}).items()
    ):
        raise Stale
    return _edit(vacancy, _following(vacancy, values), by)


def _following(vacancy: Vacancy, values: Mapping[str, Any]) -> Household:
    household = dataclasses.replace(household_of(vacancy), **values)
    left = household.approved_places - household.placed_now
    if values.keys() & {"placed_now", "approved_places"} and "free_places" not in values:
        free = min(household.free_places, max(left, 0))
        return dataclasses.replace(household, free_places=free)
    if vacancy.state == VacancyState.FILLED and "free_places" in values and "placed_now" not in values:
        free = household.free_places
        most = 0 if household.is_solo_only and free else household.approved_places - free
        return dataclasses.replace(household, placed_now=max(0, min(household.placed_now, most)))
    if values.get("is_driver", True) is False and not values.get("school_run_miles"):
        return dataclasses.replace(household, school_run_miles=None)
    return household


def _edit(vacancy: Vacancy, household: Household, by: Actor) -> VacancyChange | None:
    require(policy.can_change(by, vacancy))
    if vacancy.state == VacancyState.WITHDRAWN:
        raise Refused("This household was withdrawn. Add it again to offer its places.")
    values = require_sound(household, queries.get_lists())
    before = snapshot(vacancy)
    changed = sorted(name for name, value in values.items() if getattr(vacancy, name) != value)
    moves = next_move(vacancy.state, household.free_places)
    if moves is not None:
        transitions.apply(VACANCY, moves, vacancy, by=by, details={"fields": changed})
        vacancy.held_until = None
    else:
        audit.record("vacancy.changed", vacancy, by=by, details={"fields": changed})
    for name in changed:
        setattr(vacancy, name, values[name])
    vacancy.confirmed_at = clock.now()
    session.flush()
    session.refresh(vacancy)
    return note(vacancy, VACANCY[moves].event.partition(".")[2] if moves else "changed", before, by=by)


def next_move(state: VacancyState, free_places: int) -> str | None:
    """The transition that so many free places mean for a household in this state."""
    if state in OPEN and free_places == 0:
        return "fill"
    return "reopen" if state == VacancyState.FILLED and free_places > 0 else None


def confirm_vacancy(vacancy: Vacancy, *, by: Actor, seen_version: int | None = None) -> None:
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


def confirm_all_vacancies(
    organisation: Organisation,
    *,
    by: Actor,
    seen_versions: int | None = None,
    only: Sequence[uuid.UUID] | None = None,
) -> int:
    """ "Nothing has changed" for every open household, or for `only` these; returns how many. A placements lead.

    `seen_versions` is `queries.sum_open_versions` of them as it was on the page; `Stale` if it no longer is.
    """
    require(policy.can_keep(by, organisation))
    which = sa.and_(Vacancy.organisation_id == organisation.id, Vacancy.state.in_(sorted(OPEN)))
    if only is not None:
        which = sa.and_(which, Vacancy.id.in_(only))
    rows = session.execute(
        sa.select(Vacancy.id, Vacancy.version).where(which).order_by(Vacancy.id).with_for_update()
    ).all()
    if seen_versions is not None and sum(version for _, version in rows) != seen_versions:
        raise Stale
    _confirm(which)
    details = {"households": len(rows)}
    audit.record("organisation.vacancies_confirmed", organisation, by=by, details=details)
    return len(rows)


def _confirm(which: sa.ColumnElement[bool]) -> None:
    # Not through the row's version: confirming changes nothing that a colleague's open form could overwrite.
    session.execute(
        sa.update(Vacancy)
        .where(which)
        .values(confirmed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
