"""Moving many households to another state in one statement, by the same table of transitions as one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portal.core import audit, clock
from portal.core.db import session
from portal.vacancies.models import Vacancy
from portal.vacancies.policy import Actor
from portal.vacancies.states import VacancyState
from portal.vacancies.workflow import VACANCY


def move_many(
    name: str, vacancy_ids: Sequence[uuid.UUID], *, by: Actor, details: Mapping[str, Any] | None = None
) -> list[uuid.UUID]:
    """Carry out one transition on each household whose state allows it, and return which those were.

    The caller has checked the policy for the organisation and holds the rows' locks. One audit event each.
    A fill empties the places; whoever reopens sets them in the same transaction.
    """
    if not vacancy_ids:
        return []
    transition = VACANCY[name]
    values: dict[str, Any] = {"state": transition.target, "version": Vacancy.version + 1}
    if transition.target != VacancyState.HELD:
        values["held_until"] = None
    else:
        # The date comes back with the columns; until then any date keeps the row whole.
        values["held_until"] = clock.today()
    moved = session.execute(
        sa.update(Vacancy)
        .where(Vacancy.id.in_(vacancy_ids), Vacancy.state.in_(sorted(transition.source)))
        .values(values)
        .returning(Vacancy.__table__.c.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    done = list(moved)
    for vacancy_id in done:
        audit.record(
            transition.event,
            Moved(vacancy_id),
            by=by,
            details={"to": transition.target, **(details or {})},
        )
    return done


def forget_households() -> None:
    """What this session knew of households was changed past it: it is read again when it is asked for."""
    for known in list(session.identity_map.values()):
        if isinstance(known, Vacancy):
            session.expire(known)


class Moved:
    """A household that the log speaks of, without reading its row again."""

    __tablename__ = Vacancy.__tablename__

    def __init__(self, vacancy_id: uuid.UUID) -> None:
        self.id = vacancy_id


def count_words(count: int) -> str:
    """A number of households, in words."""
    return "1 household" if count == 1 else f"{count:,} households"
