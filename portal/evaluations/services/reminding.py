"""When scores are due, and reminding the evaluators who have some left: by a commissioner, or by the date."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import date

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused
from portal.core.links import link
from portal.core.ui import plural, uk_date
from portal.evaluations import policy, queries
from portal.evaluations.models import EvaluationTimetable, EvaluatorReminder
from portal.frameworks.models import Round
from portal.notifications.services import tell

DAYS_BEFORE = (3, 1, 0)
FIRST_HOUR = 8
FRIDAY = 4


def set_due_date(round_: Round, due_on: date | None, *, by: Person) -> None:
    """Say by when scores are wanted, or that there is no date. Nothing closes by itself: people are reminded."""
    require(policy.can_run_round(by, round_))
    lock(round_)
    if due_on is not None and due_on < clock.today():
        raise Invalid("Choose today or a later date.", field="scores_due_on")
    timetable = session.get(EvaluationTimetable, round_.id)
    if timetable is None:
        timetable = EvaluationTimetable(round_id=round_.id)
        session.add(timetable)
    timetable.scores_due_on = due_on
    session.flush()
    audit.record("round.scores_due", round_, by=by, details={"due_on": due_on})


def remind_evaluators(round_: Round, evaluators: Iterable[uuid.UUID] | None = None, *, by: Person) -> int:
    """Remind these evaluators, or all, of what they have left; returns how many. Nobody twice on one day.

    A commissioner, while scoring is open.
    """
    require(policy.can_run_round(by, round_))
    if not policy.is_scoring(round_):
        raise Refused("Evaluators are reminded while they score.")
    lock(round_)
    chosen = None if evaluators is None else set(evaluators)
    return sum(
        remind_evaluator(round_, person, left, by=by)
        for person, left in _list_with_work(round_)
        if chosen is None or person.id in chosen
    )


def remind_by_date(round_: Round) -> int:
    """Remind whoever has scores left, 3 days and 1 day before they are due, on the day, and each working day after.

    Not before eight in the morning. Safe to repeat: nobody is reminded twice on one day.
    """
    timetable = session.get(EvaluationTimetable, round_.id)
    if timetable is None or timetable.scores_due_on is None or not policy.is_scoring(round_):
        return 0
    if not _is_due(timetable.scores_due_on):
        return 0
    lock(round_)
    return sum(remind_evaluator(round_, person, left, by=None) for person, left in _list_with_work(round_))


def remind_evaluator(round_: Round, person: Person, left: int, *, by: Person | None) -> int:
    """Remind one evaluator, unless that was done today; returns how many were reminded. The caller holds the round."""
    today = clock.today()
    if queries.was_reminded(round_, person, today):
        return 0
    reminder = EvaluatorReminder(
        id=uuid.uuid4(),
        round_id=round_.id,
        evaluator_id=person.id,
        reminded_on=today,
        sent_by_id=by.id if by is not None else None,
    )
    session.add(reminder)
    session.flush()
    timetable, href = session.get(EvaluationTimetable, round_.id), link("evaluations.index")
    context = {
        "round_title": round_.title,
        "left": plural(left, "question"),
        "due": uk_date(timetable.scores_due_on) if timetable is not None else "",
        "href": href,
    }
    tell(person, template="evaluations/reminder", context=context, link=href, cause_id=reminder.id)
    audit.record("round.evaluator_reminded", round_, by=by, details={"evaluator_id": person.id})
    return 1


def _list_with_work(round_: Round) -> list[tuple[Person, int]]:
    compliant = {one.id for one in queries.list_assignable(round_) if one.state in queries.COMPLIANT}
    left = Counter(
        one.evaluator_id
        for one in queries.list_assignments(round_)
        if not one.is_scored and one.application_id in compliant
    )
    return [(person, left[person.id]) for person in queries.list_evaluators() if left[person.id]]


def _is_due(due_on: date) -> bool:
    now = clock.now().astimezone(clock.LONDON)
    left = (due_on - now.date()).days
    is_late = left < 0 and now.weekday() <= FRIDAY
    return now.hour >= FIRST_HOUR and (left in DAYS_BEFORE or is_late)
