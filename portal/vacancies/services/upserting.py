"""Many households at once, by the provider's references: for spreadsheets and for machines.

The same checks as the screens, and a handful of statements however many rows there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import session
from portal.providers.models import Organisation
from portal.vacancies import policy, queries
from portal.vacancies.models import Vacancy
from portal.vacancies.policy import Actor
from portal.vacancies.services.checks import FIELDS, Household, check_household, clean_household
from portal.vacancies.services.history import KEPT, note_many
from portal.vacancies.services.households import next_move
from portal.vacancies.services.many import forget_households, move_many
from portal.vacancies.states import VacancyState
from portal.vacancies.workflow import VACANCY

TWICE = "This reference is there twice: keep one of the two"
SINCE = "Someone changed this household since you looked. Look at it again"
COLUMNS = sa.inspect(Vacancy).columns


class Outcome(StrEnum):
    """What becomes of one row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class RowOutcome:
    """One row's fate. `errors`: messages by field; `changes`: from and to by column, as history keeps them."""

    outcome: Outcome
    carer_reference: str
    vacancy_id: uuid.UUID | None = None
    version: int | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    move: str | None = None


def compare_households(
    organisation: Organisation,
    rows: Sequence[Household],
    *,
    by: Actor,
    seen_versions: Mapping[str, int] | None = None,
) -> list[RowOutcome]:
    """What `upsert_households` would do now, row by row, without doing it. Three statements at most."""
    require(policy.can_keep(by, organisation))
    return _compare(rows, _known(organisation.id), queries.get_lists(), seen_versions or {})


def upsert_households(
    organisation: Organisation,
    rows: Sequence[Household],
    *,
    by: Actor,
    batch_id: uuid.UUID,
    seen_versions: Mapping[str, int] | None = None,
    all_or_nothing: bool = False,
) -> list[RowOutcome]:
    """Add and change households by reference; each good row, changed or not, is confirmed as of now.

    A placements lead, or a key that acts for the provider, which must be verified (`NotAllowed`). No free
    place means filled, as on the screens, and a free place in a filled household offers it again. A row is
    refused with its errors by field (`check_household`), where its reference comes twice, or where its
    version is not the one in `seen_versions` (by reference); with `all_or_nothing` nothing is saved then.
    Batches of one provider wait for one another. The history of each household carries `batch_id`.
    """
    require(policy.can_keep(by, organisation))
    one_batch_at_a_time(organisation)
    known = _known(organisation.id, locked=True)
    outcomes = _compare(rows, known, queries.get_lists(), seen_versions or {})
    if all_or_nothing and any(row.outcome == Outcome.REFUSED for row in outcomes):
        return outcomes
    return _save(organisation, outcomes, known, by, batch_id)


def withdraw_households(
    organisation: Organisation, vacancy_ids: Sequence[uuid.UUID], *, by: Actor, batch_id: uuid.UUID
) -> int:
    """Withdraw households of this provider that are available or held; returns how many. As `upsert_households`."""
    require(policy.can_keep(by, organisation))
    known = {row["id"]: row for row in _known(organisation.id, locked=True).values()}
    moved = move_many("withdraw", [one for one in vacancy_ids if one in known], by=by)
    notes = []
    for vacancy_id in moved:
        before = {name: queries.as_json(known[vacancy_id][name]) for name in ("state", "held_until")}
        after = {"state": VacancyState.WITHDRAWN, "held_until": None}
        notes.append({"vacancy_id": str(vacancy_id), "verb": "withdrawn", "before": before, "after": after})
    note_many(notes, by=by, batch_id=batch_id)
    forget_households()
    return len(moved)


def one_batch_at_a_time(organisation: Organisation) -> None:
    """Wait for whoever else brings many of this provider's households up to date: before any lock of theirs."""
    session.flush()
    session.execute(
        sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update(key_share=True)
    )


def _known(organisation_id: uuid.UUID, *, locked: bool = False) -> dict[str, Mapping[str, Any]]:
    """The provider's households that were not withdrawn, by reference."""
    table = Vacancy.__table__
    statement = (
        sa.select(*table.columns)
        .where(table.c.organisation_id == organisation_id, table.c.state != VacancyState.WITHDRAWN)
        .order_by(table.c.id)
    )
    found = session.execute(statement.with_for_update() if locked else statement).mappings()
    return {row["carer_reference"]: dict(row) for row in found}


def _compare(
    rows: Sequence[Household],
    known: Mapping[str, Mapping[str, Any]],
    lists: queries.Lists,
    seen_versions: Mapping[str, int],
) -> list[RowOutcome]:
    outcomes, met = [], set[str]()
    for household in rows:
        outcome = _judge(household, known, lists, seen_versions)
        if outcome.outcome != Outcome.REFUSED and outcome.carer_reference in met:
            outcome = _refused(outcome.carer_reference, {"carer_reference": TWICE})
        met.add(outcome.carer_reference)
        outcomes.append(outcome)
    return outcomes


def _judge(
    household: Household,
    known: Mapping[str, Mapping[str, Any]],
    lists: queries.Lists,
    seen_versions: Mapping[str, int],
) -> RowOutcome:
    if errors := check_household(household, lists):
        return _refused(" ".join(household.carer_reference.split()), errors)
    values = {name: queries.as_json(value) for name, value in clean_household(household, lists).items()}
    reference = values["carer_reference"]
    current = known.get(reference)
    if current is None:
        changes = {name: (None, values[name]) for name in FIELDS}
        move = next_move(VacancyState.AVAILABLE, household.free_places)
        return RowOutcome(Outcome.ADDED, reference, changes=changes, move=move)
    if seen_versions.get(reference, current["version"]) != current["version"]:
        return _refused(reference, {"version": SINCE})
    before = {name: queries.as_json(current[name]) for name in FIELDS}
    changes = {name: (before[name], values[name]) for name in FIELDS if before[name] != values[name]}
    kind = Outcome.CHANGED if changes else Outcome.UNCHANGED
    move = next_move(current["state"], household.free_places)
    return RowOutcome(kind, reference, current["id"], current["version"], changes=changes, move=move)


def _refused(reference: str, errors: Mapping[str, str]) -> RowOutcome:
    return RowOutcome(Outcome.REFUSED, reference, errors=errors)


def _save(
    organisation: Organisation,
    outcomes: Sequence[RowOutcome],
    known: Mapping[str, Mapping[str, Any]],
    by: Actor,
    batch_id: uuid.UUID,
) -> list[RowOutcome]:
    now = clock.now()
    of = {kind: [row for row in outcomes if row.outcome == kind] for kind in Outcome}
    ids = _insert(organisation, of[Outcome.ADDED], now)
    _update(of[Outcome.CHANGED], now)
    _confirm([row.vacancy_id for row in of[Outcome.UNCHANGED] if row.vacancy_id is not None], now)
    saved = [_with_id(row, ids) for row in outcomes]
    _move(saved, by, batch_id)
    note_many(list(_notes(saved, known, queries.as_json(now))), by=by, batch_id=batch_id)
    counts = {kind.value: len(rows) for kind, rows in of.items()}
    audit.record(
        "organisation.vacancies_brought_up_to_date",
        organisation,
        by=by,
        details={**counts, "batch": batch_id},
    )
    forget_households()
    return saved


def _with_id(row: RowOutcome, ids: Mapping[str, uuid.UUID]) -> RowOutcome:
    if row.outcome != Outcome.ADDED:
        return row
    return RowOutcome(
        row.outcome, row.carer_reference, ids[row.carer_reference], 1, changes=row.changes, move=row.move
    )


def _insert(organisation: Organisation, rows: Sequence[RowOutcome], now: Any) -> dict[str, uuid.UUID]:
    """Added as available; who has no free place is filled in the next step, as a transition."""
    if not rows:
        return {}
    names = ", ".join(FIELDS)
    given = [{name: new for name, (_, new) in row.changes.items()} for row in rows]
    found = session.execute(
        sa.text(f"""
            INSERT INTO vacancy (organisation_id, state, confirmed_at, {names})
            SELECT :organisation, 'available', :now, {names} FROM jsonb_populate_recordset(null::vacancy, :rows)
            RETURNING carer_reference, id
        """).bindparams(sa.bindparam("rows", type_=JSONB)),
        {"organisation": organisation.id, "now": now, "rows": given},
    )
    return {row.carer_reference: row.id for row in found}


def _update(rows: Sequence[RowOutcome], now: Any) -> None:
    """Each row sets only what it changes."""
    if not rows:
        return
    given = [
        {"id": str(row.vacancy_id), "said": {name: new for name, (_, new) in row.changes.items()}}
        for row in rows
    ]
    session.execute(
        sa.text(f"""
            UPDATE vacancy v SET ({", ".join(FIELDS)}) =
                (SELECT {", ".join(f"p.{name}" for name in FIELDS)} FROM jsonb_populate_record(v, given.said) p),
                confirmed_at = :now, version = v.version + 1
            FROM jsonb_to_recordset(:rows) AS given (id uuid, said jsonb) WHERE v.id = given.id
        """).bindparams(sa.bindparam("rows", type_=JSONB)),
        {"now": now, "rows": given},
    )


def _confirm(vacancy_ids: Sequence[uuid.UUID], now: Any) -> None:
    if vacancy_ids:
        session.execute(
            sa.update(Vacancy)
            .where(Vacancy.id.in_(vacancy_ids))
            .values(confirmed_at=now)
            .execution_options(synchronize_session=False)
        )


def _move(rows: Sequence[RowOutcome], by: Actor, batch_id: uuid.UUID) -> None:
    for name in ("fill", "reopen"):
        moving = [row.vacancy_id for row in rows if row.move == name and row.vacancy_id is not None]
        move_many(name, moving, by=by, details={"batch": batch_id})


def _notes(rows: Sequence[RowOutcome], known: Mapping[str, Mapping[str, Any]], now: str) -> Any:
    for row in rows:
        if row.outcome == Outcome.ADDED:
            state = VACANCY[row.move].target if row.move else VacancyState.AVAILABLE
            after = {name: new for name, (_, new) in row.changes.items()}
            after |= {"state": state, "held_until": None, "confirmed_at": now}
            yield {"vacancy_id": str(row.vacancy_id), "verb": "added", "before": {}, "after": after}
        elif row.outcome == Outcome.CHANGED or row.move:
            current = known[row.carer_reference]
            after = {name: new for name, (_, new) in row.changes.items()} | {"confirmed_at": now}
            if row.move:
                after |= {"state": VACANCY[row.move].target, "held_until": None}
            before = {name: queries.as_json(current[name]) for name in after if name in KEPT}
            verb = VACANCY[row.move].event.partition(".")[2] if row.move else "changed"
            yield {"vacancy_id": str(row.vacancy_id), "verb": verb, "before": before, "after": after}
