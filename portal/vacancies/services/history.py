"""The history of households: the one place that writes it, and undoing what it holds.

A household's change is kept as JSON from–to. Undoing goes back to "from" and is itself a change.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from portal.core import audit, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Refused
from portal.providers.models import Organisation
from portal.vacancies import policy, queries
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.policy import Actor
from portal.vacancies.services.many import count_words, forget_households, move_many
from portal.vacancies.states import VacancyState
from portal.vacancies.workflow import RESTORING, VACANCY

# What an import may have to take back; the rest of the row is nobody's to say.
KEPT = queries.HISTORY_COLUMNS
MOST_NAMED = 10


def snapshot(vacancy: Vacancy) -> dict[str, Any]:
    """All that is said of a household now, and its state, as JSON."""
    return {name: queries.as_json(getattr(vacancy, name)) for name in KEPT}


def note(
    vacancy: Vacancy,
    verb: str,
    before: Mapping[str, Any],
    *,
    by: Actor | None,
    undoes: VacancyChange | None = None,
) -> VacancyChange | None:
    """Keep what became of a household since `before` (empty: it is new); None when nothing changed.

    Confirming alone is no change: the audit log says who confirmed.
    """
    session.flush()
    after = snapshot(vacancy)
    changed = {name for name in KEPT if name not in before or before[name] != after[name]}
    if changed <= {"confirmed_at"}:
        return None
    change = VacancyChange(
        vacancy_id=vacancy.id,
        verb=verb,
        actor_id=by.id if by is not None else None,
        undoes_id=undoes.id if undoes is not None else None,
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed},
    )
    session.add(change)
    session.flush()
    return change


def undo_change(change: VacancyChange, *, by: Actor) -> VacancyChange | None:
    """Put a household back to what it was before a change; one that was added is withdrawn.

    A placements lead. Raises `Refused`, naming what changed since, when a later change of the same household
    still stands; also for what was undone before, and where a withdrawn household's reference is in use again.
    """
    vacancy = change.vacancy
    lock(vacancy)
    require(policy.can_change(by, vacancy))
    _refuse_unless_last(change)
    before = snapshot(vacancy)
    if not change.before:
        transitions.apply(
            VACANCY, RESTORING[VacancyState.WITHDRAWN], vacancy, by=by, details={"undoes": change.id}
        )
        vacancy.held_until = None
    else:
        _restore(vacancy, change, by)
    return note(vacancy, "undone", before, by=by, undoes=change)


def _restore(vacancy: Vacancy, change: VacancyChange, by: Actor) -> None:
    values = queries.from_json(change.before)
    _refuse_used_reference(vacancy, values)
    state = values.pop("state", vacancy.state)
    confirmed = values.pop("confirmed_at", None)
    details = {"undoes": change.id}
    if state != vacancy.state:
        transitions.apply(VACANCY, RESTORING[VacancyState(state)], vacancy, by=by, details=details)
    else:
        audit.record("vacancy.change_undone", vacancy, by=by, details=details)
    for name, value in values.items():
        setattr(vacancy, name, value)
    # Who confirmed it meanwhile said that it is right as it stood then, not as it stands again now.
    if confirmed is not None:
        vacancy.confirmed_at = confirmed


def _refuse_unless_last(change: VacancyChange) -> None:
    if change.undoes_id is not None:
        raise Refused("This was an undo. Change the household instead.")
    if change.verb in queries.NOT_UNDONE:
        raise Refused(
            "Places that a council has taken for a child are not undone here. Ask its placement officer."
        )
    if queries.is_undone(change):
        raise Refused("This was undone already.")
    later = queries.list_standing_since(change)
    if later:
        what = "; ".join(queries.words_of_change(one) for one in later[:MOST_NAMED])
        raise Refused(f"{change.vacancy.carer_reference} was changed since ({what}). Undo that first.")


def _refuse_used_reference(vacancy: Vacancy, values: Mapping[str, Any]) -> None:
    reference = values.get("carer_reference", vacancy.carer_reference)
    if queries.is_reference_used(vacancy, reference):
        raise Refused(f"Another household has the reference {reference} now.")


def undo_batch(organisation: Organisation, batch_id: uuid.UUID, *, by: Actor) -> int:
    """Take back everything an import or call did in one go; returns how many households.

    A placements lead. Raises `Refused`, naming the households, when any of them was changed since, when
    a reference was given away meanwhile, or when nothing of this batch still stands. All or nothing.
    """
    require(policy.can_keep(by, organisation))
    changes = queries.lock_batch(organisation.id, batch_id)
    if not changes:
        raise Refused("There is nothing left to undo: it was undone already, or it changed nothing.")
    _refuse_if_touched(organisation.id, batch_id)
    details = {"undoes_batch": batch_id}
    added = [vacancy_id for vacancy_id, was_added, _ in changes if was_added]
    move_many(RESTORING[VacancyState.WITHDRAWN], added, by=by, details=details)
    for state, name in RESTORING.items():
        moved = [vacancy_id for vacancy_id, _, before in changes if before == state]
        move_many(name, moved, by=by, details=details)
    _restore_batch(organisation, batch_id)
    _note_undone(organisation, batch_id, by)
    audit.record(
        "organisation.vacancies_batch_undone",
        organisation,
        by=by,
        details={"batch": batch_id, "households": len(changes)},
    )
    forget_households()
    return len(changes)


def _refuse_if_touched(organisation_id: uuid.UUID, batch_id: uuid.UUID) -> None:
    touched = queries.list_touched_since_batch(organisation_id, batch_id)
    if touched:
        named = ", ".join(touched[:MOST_NAMED])
        more = f" and {len(touched) - MOST_NAMED} more" if len(touched) > MOST_NAMED else ""
        households = count_words(len(touched))
        raise Refused(f"{households} changed since, so this cannot be undone as a whole: {named}{more}.")


def _restore_batch(organisation: Organisation, batch_id: uuid.UUID) -> None:
    """The columns as they were; states have moved by then."""
    columns = [name for name in KEPT if name != "state"]
    names = ", ".join(columns)
    session.execute(
        sa.text(f"""
            UPDATE vacancy v SET ({names}) =
                (SELECT {", ".join(f"p.{name}" for name in columns)}
                 FROM jsonb_populate_record(v, c.before - 'state') p),
                version = v.version + 1
            FROM vacancy_change c
            WHERE c.batch_id = :batch AND c.undoes_id IS NULL AND v.id = c.vacancy_id AND c.before <> '{{}}'
            AND v.organisation_id = :organisation
            AND NOT EXISTS (SELECT FROM vacancy_change u WHERE u.undoes_id = c.id)
        """),
        {"batch": batch_id, "organisation": organisation.id},
    )


def _note_undone(organisation: Organisation, batch_id: uuid.UUID, by: Actor) -> None:
    session.execute(
        sa.text("""
            INSERT INTO vacancy_change (vacancy_id, verb, actor_id, undoes_id, before, after)
            SELECT c.vacancy_id, 'undone', :actor, c.id,
                   CASE WHEN c.before = '{}' THEN jsonb_build_object('state', c.after -> 'state') ELSE c.after END,
                   CASE WHEN c.before = '{}' THEN '{"state": "withdrawn"}'::jsonb ELSE c.before END
            FROM vacancy_change c JOIN vacancy v ON v.id = c.vacancy_id
            WHERE c.batch_id = :batch AND c.undoes_id IS NULL AND v.organisation_id = :organisation
            AND NOT EXISTS (SELECT FROM vacancy_change u WHERE u.undoes_id = c.id)
        """),
        {"batch": batch_id, "organisation": organisation.id, "actor": by.id},
    )


def note_many(rows: list[dict[str, Any]], *, by: Actor | None, batch_id: uuid.UUID | None) -> None:
    """The changes of many households at once: each row holds `vacancy_id`, `verb`, `before` and `after`."""
    if not rows:
        return
    session.execute(
        sa.text("""
            INSERT INTO vacancy_change (vacancy_id, verb, actor_id, batch_id, before, after)
            SELECT vacancy_id, verb, :actor, :batch, before, after
            FROM jsonb_to_recordset(:rows) AS given (vacancy_id uuid, verb text, before jsonb, after jsonb)
        """).bindparams(sa.bindparam("rows", type_=JSONB)),
        {"actor": by.id if by is not None else None, "batch": batch_id, "rows": rows},
    )
