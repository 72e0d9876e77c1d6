"""Assigning evaluators to questions of applications, and starting the evaluation."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications import queries as applications
from portal.applications.models import Application
from portal.core import audit, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused, Stale
from portal.evaluations import policy, queries
from portal.evaluations.models import EvaluationSheet, Score
from portal.evaluations.queries import Assignment
from portal.evaluations.queries.applications import COMPLIANT
from portal.evaluations.services.telling import tell_scoring_started
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from portal.frameworks.states import RoundState
from portal.frameworks.workflow import ROUND

Pair = tuple[uuid.UUID, uuid.UUID]
"""The ids of an application and of an evaluator."""


@dataclass(frozen=True)
class Change:
    """What is to become of one evaluator's questions of one application."""

    current: Mapping[uuid.UUID, Assignment]
    wanted: frozenset[uuid.UUID]

    @property
    def added(self) -> frozenset[uuid.UUID]:
        return self.wanted - self.current.keys()

    @property
    def removed(self) -> frozenset[uuid.UUID]:
        return frozenset(self.current.keys() - self.wanted)

    @property
    def takes_what_is_begun(self) -> bool:
        return any(self.current[question_id].is_begun for question_id in self.removed)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def fingerprint(assignments: Iterable[Assignment]) -> str:
    """Stands for who is assigned to what: a form that carries an older one was filled in against something else."""
    lines = sorted(f"{one.application_id}{one.evaluator_id}{one.question_id}" for one in assignments)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def save_assignments(
    round_: Round,
    wanted: Mapping[Pair, Iterable[uuid.UUID]],
    *,
    by: Person,
    seen: str | None = None,
) -> tuple[int, int]:
    """Make the questions of these pairs of application and evaluator be `wanted`; returns added and removed.

    A commissioner, until consensus opens, and after that only to fill an application that is short of evaluators.
    Pairs that are not named stay as they are. Who declared a conflict is not assigned (rule 3); whoever has not
    declared yet can read nothing until they do. What is begun is not taken away: `replace_evaluator` does that.
    `seen` is the `fingerprint` of these applications that the choice was made against. Raises `NotAllowed`,
    `Refused`, `Invalid`, `Stale`.
    """
    require(policy.can_run_round(by, round_))
    lock(round_)
    assignments = queries.list_assignments(round_)
    current = _by_pair(assignments)
    changes = {pair: Change(current[pair], frozenset(questions)) for pair, questions in wanted.items()}
    changes = {pair: change for pair, change in changes.items() if change}
    if not changes:
        return 0, 0
    scope = {pair[0] for pair in wanted}
    if seen is not None and seen != fingerprint(one for one in assignments if one.application_id in scope):
        raise Stale("Someone else changed the evaluators since you opened this page.")
    if not policy.is_assigning(round_):
        raise Refused("Evaluators are assigned between opening and consensus.")
    _carry_out(round_, changes, by)
    return sum(len(one.added) for one in changes.values()), sum(len(one.removed) for one in changes.values())


def assign_evaluator(
    application: Application,
    evaluator: Person,
    *,
    by: Person,
    questions: Sequence[Question] | None = None,
) -> EvaluationSheet:
    """Assign an evaluator to one application's scored questions, all unless `questions` says which.

    As `save_assignments`; what the evaluator scores already stays.
    """
    require(policy.can_run_round(by, application.round))
    if not evaluator.holds(Role.EVALUATOR):
        raise Refused(f"{evaluator.full_name} is not an evaluator.")
    scored = frameworks.list_scored_questions(application.round) if questions is None else questions
    pair = (application.id, evaluator.id)
    already = {one.question_id for one in queries.list_assignments(application.round) if one.pair == pair}
    save_assignments(application.round, {pair: already | {question.id for question in scored}}, by=by)
    return next(one for one in queries.list_sheets([application]) if one.evaluator_id == evaluator.id)


def remove_evaluator(sheet: EvaluationSheet, *, by: Person) -> None:
    """Take an evaluator off an application before anything was written. A begun sheet stays: `Invalid`."""
    save_assignments(sheet.application.round, {(sheet.application_id, sheet.evaluator_id): ()}, by=by)


def start_evaluating(round_: Round, *, by: Person) -> None:
    """Open scoring: ROUND start_evaluating, and a message to every evaluator.

    A commissioner, when every application has been checked and each compliant one has two evaluators with
    no conflict on every scored question. Raises `Refused` with what is missing.
    """
    require(policy.can_run_round(by, round_))
    lock(round_)
    progress = queries.count_progress(round_)
    if not progress.applications:
        raise Refused("No application was submitted in this round. Cancel it instead.")
    if applications.count_waiting_since_opening(round_):
        raise Refused(
            "A submission received at the deadline is still being taken in. See the page of the opening."
        )
    facts = {"unchecked": progress.applications - progress.checked}
    if not facts["unchecked"]:
        _enough_evaluators(round_)
    transitions.apply(ROUND, "start_evaluating", round_, by=by, facts=facts)
    session.flush()
    tell_scoring_started(round_, _list_assigned(round_))


def _by_pair(assignments: Iterable[Assignment]) -> defaultdict[Pair, dict[uuid.UUID, Assignment]]:
    found: defaultdict[Pair, dict[uuid.UUID, Assignment]] = defaultdict(dict)
    for one in assignments:
        found[one.pair][one.question_id] = one
    return found


def _carry_out(round_: Round, changes: Mapping[Pair, Change], by: Person) -> None:
    applications = {one.id: one for one in queries.list_assignable(round_)}
    people = {person.id: person for person in queries.list_evaluators()}
    scored = {question.id for question in frameworks.list_scored_questions(round_)}
    # In the order of the numbers drawn by lot: an evaluator's list is in the order in which its sheets were made.
    numbers = {one.id: one.applicant_number or 0 for one in applications.values()}
    for pair, change in sorted(changes.items(), key=lambda item: numbers.get(item[0][0], 0)):
        application, person = applications.get(pair[0]), people.get(pair[1])
        if application is None:
            raise Refused("Only applications that are being considered get evaluators.")
        if person is None:
            raise Refused("Somebody chosen is not an evaluator any more. Reload the page.")
        if not change.added <= scored:
            raise Refused("Only the scored questions of this round get evaluators.")
        _change(application, person, change, by)


def _change(application: Application, person: Person, change: Change, by: Person) -> None:
    require(policy.can_assign(by, application))
    name = application.organisation.legal_name
    sheet = next((one for one in queries.list_sheets([application]) if one.evaluator_id == person.id), None)
    if sheet is not None and sheet.finished_at is not None:
        raise Refused(f"{person.full_name} has finished scoring {name}.")
    if change.takes_what_is_begun:
        raise Invalid(
            f"{person.full_name} has begun scoring {name}, so cannot simply be taken off. Replace them, with a"
            " reason, instead."
        )
    if change.added:
        sheet = _add(application, person, sheet, change.added, by)
    if change.removed and sheet is not None:
        _remove(sheet, change)
    verb = "application.evaluator_assigned" if change.added else "application.evaluator_removed"
    details = {"evaluator_id": person.id, "added": len(change.added), "removed": len(change.removed)}
    audit.record(verb, application, by=by, details=details)


def _add(
    application: Application,
    person: Person,
    sheet: EvaluationSheet | None,
    questions: Collection[uuid.UUID],
    by: Person,
) -> EvaluationSheet:
    name = application.organisation.legal_name
    if application.round.state == RoundState.CONSENSUS and not queries.is_short_of_evaluators(application):
        raise Refused(f"{name} has enough evaluators. During consensus only missing ones are added.")
    declaration = queries.find_declaration(application.id, person.id)
    if declaration is not None and declaration.has_conflict:
        raise Refused(f"{person.full_name} declared a conflict with this applicant.")
    if sheet is None:
        sheet = EvaluationSheet(
            application_id=application.id, evaluator_id=person.id, assigned_by_id=by.id, finished_at=None
        )
        session.add(sheet)
        session.flush()
    # No RETURNING: the assigner may not read scores, and needs none of what the database fills in.
    session.execute(sa.insert(Score), [_blank(sheet, question) for question in questions])
    return sheet


def _remove(sheet: EvaluationSheet, change: Change) -> None:
    blank = sa.and_(Score.value.is_(None), Score.reason == "", Score.working_notes == "")
    session.execute(
        sa.delete(Score).where(Score.sheet_id == sheet.id, Score.question_id.in_(change.removed), blank),
        execution_options={"synchronize_session": False},
    )
    if not change.wanted:
        session.delete(sheet)
        session.flush()


def _enough_evaluators(round_: Round) -> None:
    waiting = queries.list_to_reassign(round_)
    short = queries.count_short_of_evaluators(round_)
    if short and waiting:
        name = waiting[0].application.organisation.legal_name
        raise Refused(f"An evaluator of {name} declared a conflict. Assign somebody else first.")
    if short:
        raise Refused("Every scored question of every compliant application needs at least two evaluators.")


def _blank(sheet: EvaluationSheet, question_id: uuid.UUID) -> dict[str, object]:
    return {"sheet_id": sheet.id, "question_id": question_id, "reason": "", "working_notes": "", "version": 1}


def _list_assigned(round_: Round) -> list[Person]:
    sheets = (
        sa.select(EvaluationSheet.evaluator_id)
        .join(EvaluationSheet.application)
        .where(
            Application.round_id == round_.id,
            Application.state.in_(COMPLIANT),
            EvaluationSheet.voided_at.is_(None),
        )
    )
    assigned = set(session.scalars(sheets))
    return [person for person in queries.list_evaluators() if person.id in assigned]
