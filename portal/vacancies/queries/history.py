"""Reads of what became of households: each one's history, and what stands of an import."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import NotFound
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.queries.lists import labels_of
from portal.vacancies.states import CODES, Gender, VacancyState
from portal.vacancies.states.lists import WORDS

NOT_SAID = frozenset({"id", "organisation_id", "created_at", "version"})
HISTORY_COLUMNS = tuple(column.key for column in Vacancy.__table__.columns if column.key not in NOT_SAID)
# What others did stands until they undo it.
NOT_UNDONE = frozenset({"places taken for a child"})
_ENUMS: dict[str, Any] = {"state": VacancyState, "gender": Gender}


@dataclass(frozen=True)
class Told:
    """One change as its history shows it. `may_undo`: it is the last that stands."""

    change: VacancyChange
    by: str
    lines: list[tuple[str, str, str]]
    is_undone: bool
    may_undo: bool


def as_json(value: Any) -> Any:
    """A column's value as history keeps it."""
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return list(value) if isinstance(value, list | tuple) else value


def from_json(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What history kept, as the columns take it."""
    return {name: _column_value(name, value) for name, value in kept.items()}


def _column_value(name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = Vacancy.__table__.columns[name].type
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    return kind.enum_class(value) if isinstance(kind, sa.Enum) and kind.enum_class else value


def get_change(person: Person, change_id: uuid.UUID) -> VacancyChange:
    """A change of a household of an organisation this person acts for; any other is not found (rule 9)."""
    found = session.get(VacancyChange, change_id)
    if found is None or not person.acts_for(found.vacancy.organisation_id):
        raise NotFound
    return found


def list_history(vacancy: Vacancy, *, limit: int = 50) -> list[Told]:
    """What became of a household, newest first; who did it is named, and each thing from–to in words."""
    undo = aliased(VacancyChange)
    rows: Sequence[Any] = session.execute(
        sa.select(VacancyChange, Person.full_name, undo.id)
        .outerjoin(Person, Person.id == VacancyChange.actor_id)
        .outerjoin(undo, undo.undoes_id == VacancyChange.id)
        .where(VacancyChange.vacancy_id == vacancy.id)
        .order_by(VacancyChange.id.desc())
        .limit(limit)
    ).all()
    standing = [change.id for change, _, undone in rows if undone is None and change.undoes_id is None]
    return [
        Told(
            change,
            name or "By machine",
            list_differences(change.before, change.after),
            is_undone=undone is not None,
            may_undo=bool(standing) and change.id == standing[0] and change.verb not in NOT_UNDONE,
        )
        for change, name, undone in rows
    ]


def list_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What changed, from, to, in words and in the order of a household's fields."""
    if not before:
        return []
    return [
        (WORDS[name], words_of_value(name, before.get(name)), words_of_value(name, after[name]))
        for name in HISTORY_COLUMNS
        if name in after and name in WORDS
    ]


def words_of_change(change: VacancyChange) -> str:
    """ "Places free from 2 to 1", or that it was added."""
    lines = list_differences(change.before, change.after)
    return "; ".join(f"{what} from {old} to {new}" for what, old, new in lines) or change.verb


def words_of_value(name: str, value: Any) -> str:
    """What stands in a column, as people read it."""
    if name == "district_code" and value is None:
        return "Outside Kent and Medway"
    if value is None or value == []:
        return "nothing"
    if name in _ENUMS:
        return str(_ENUMS[name](value).label)
    if name in CODES or isinstance(value, list) or name == "district_code":
        return _words_of_codes(name, value if isinstance(value, list) else [value])
    return _plain_words(name, value)


def _words_of_codes(name: str, codes: list[str]) -> str:
    labels = labels_of(name)
    return ", ".join(labels.get(code, code) for code in codes)


def _plain_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(Vacancy.__table__.columns[name].type, sa.Date):
        day = date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    return str(value)


def is_undone(change: VacancyChange) -> bool:
    """Was this change taken back?"""
    return bool(session.scalar(sa.select(sa.exists().where(VacancyChange.undoes_id == change.id))))


def list_standing_since(change: VacancyChange) -> Sequence[VacancyChange]:
    """Later changes of the same household that were not undone, newest first."""
    return session.scalars(
        sa.select(VacancyChange)
        .where(VacancyChange.vacancy_id == change.vacancy_id, VacancyChange.id > change.id, _stands())
        .order_by(VacancyChange.id.desc())
    ).all()


def is_reference_used(vacancy: Vacancy, reference: str) -> bool:
    """Does another household of the provider that was not withdrawn have this reference?"""
    return bool(
        session.scalar(
            sa.select(
                sa.exists().where(
                    Vacancy.organisation_id == vacancy.organisation_id,
                    Vacancy.carer_reference == reference,
                    Vacancy.state != VacancyState.WITHDRAWN,
                    Vacancy.id != vacancy.id,
                )
            )
        )
    )


def lock_batch(organisation_id: uuid.UUID, batch_id: uuid.UUID) -> list[tuple[uuid.UUID, bool, str | None]]:
    """What a batch did at this organisation and was not undone: household, was it added, its state before
    where that moved. The households are locked."""
    of_batch = sa.select(VacancyChange.vacancy_id).where(VacancyChange.batch_id == batch_id)
    session.execute(
        sa.select(Vacancy.__table__.c.id)
        .where(Vacancy.id.in_(of_batch), Vacancy.organisation_id == organisation_id)
        .order_by(Vacancy.id)
        .with_for_update()
    )
    before = VacancyChange.before
    rows = session.execute(
        sa.select(VacancyChange.vacancy_id, before == sa.text("'{}'::jsonb"), before["state"].astext)
        .join(VacancyChange.vacancy)
        .where(VacancyChange.batch_id == batch_id, Vacancy.organisation_id == organisation_id, _stands())
    )
    return [(row[0], row[1], row[2]) for row in rows]


def list_touched_since_batch(organisation_id: uuid.UUID, batch_id: uuid.UUID) -> Sequence[str]:
    """References of a batch's households that stand in the way of undoing it, in order.

    They were changed after the batch, or another household has the reference that one would get back.
    """
    later, rival = aliased(VacancyChange), aliased(Vacancy)
    changed = sa.exists().where(
        later.vacancy_id == VacancyChange.vacancy_id, later.id > VacancyChange.id, _stands(later)
    )
    taken = sa.exists().where(
        rival.organisation_id == organisation_id,
        rival.id != Vacancy.id,
        rival.state != VacancyState.WITHDRAWN,
        rival.carer_reference
        == sa.func.coalesce(VacancyChange.before["carer_reference"].astext, Vacancy.carer_reference),
        VacancyChange.before != sa.text("'{}'::jsonb"),
    )
    return session.scalars(
        sa.select(Vacancy.carer_reference)
        .join(VacancyChange, VacancyChange.vacancy_id == Vacancy.id)
        .where(
            VacancyChange.batch_id == batch_id,
            Vacancy.organisation_id == organisation_id,
            _stands(),
            sa.or_(changed, taken),
        )
        .order_by(Vacancy.carer_reference)
    ).all()


def _stands(change: Any = VacancyChange) -> sa.ColumnElement[bool]:
    """Neither undone nor itself an undoing."""
    undo = aliased(VacancyChange)
    undone = sa.exists().where(undo.undoes_id == change.id)
    return sa.and_(change.undoes_id.is_(None), sa.not_(undone))
