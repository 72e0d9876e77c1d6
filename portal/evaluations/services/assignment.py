"""Assigning evaluators to applications, and starting the evaluation."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.core import audit, links, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Refused
from portal.evaluations import policy, queries
from portal.evaluations.models import EvaluationSheet, Score
from portal.evaluations.queries.applications import COMPLIANT
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from portal.frameworks.workflow import ROUND
from portal.notifications.services import send


def assign_evaluator(
    application: Application,
    evaluator: Person,
    *,
    by: Person,
    questions: Sequence[Question] | None = None,
) -> EvaluationSheet:
    """Assign an evaluator to one application's scored questions, all unless `questions` says which.

    A commissioner, until consensus opens. The evaluator may not have declared a conflict (rule 3); whoever
    has not declared yet can read nothing until they do. Raises `NotAllowed` or `Refused`.
    """
    require(policy.can_run_round(by, application.round))
    _assignable(application, evaluator)
    sheet = EvaluationSheet(
        application_id=application.id, evaluator_id=evaluator.id, assigned_by_id=by.id, finished_at=None
    )
    session.add(sheet)
    session.flush()
    scored = frameworks.list_scored_questions(application.round)
    asked = [question for question in scored if questions is None or question in questions]
    # No RETURNING: the assigner may not read scores, and needs none of what the database fills in.
    session.execute(sa.insert(Score), [_blank(sheet, question) for question in asked])
    audit.record("application.evaluator_assigned", application, by=by, details={"evaluator_id": evaluator.id})
    return sheet


def remove_evaluator(sheet: EvaluationSheet, *, by: Person) -> None:
    """Take an evaluator off an application before anything was written. A begun sheet stays: `Invalid`."""
    application = sheet.application
    require(policy.can_run_round(by, application.round))
    _still_assigning(application.round)
    lock(sheet)
    if sheet.finished_at is not None:
        raise Refused("This evaluator has finished scoring, so cannot be taken off this application.")
    blank = sa.and_(Score.value.is_(None), Score.reason == "", Score.working_notes == "")
    session.execute(sa.delete(Score).where(Score.sheet_id == sheet.id, blank))
    session.delete(sheet)
    session.flush()
    audit.record(
        "application.evaluator_removed", application, by=by, details={"evaluator_id": sheet.evaluator_id}
    )


def assign_evaluators(
    round_: Round,
    applications: Sequence[Application],
    wanted: Collection[tuple[uuid.UUID, uuid.UUID]],
    *,
    by: Person,
) -> tuple[int, int]:
    """Make these applications' evaluators be `wanted` (application id, person id): returns added, removed.

    As `assign_evaluator` and `remove_evaluator`. Sheets shut out by a conflict are left as they are.
    """
    lock(round_)
    shut_out = queries.has_conflict([application.id for application in applications])
    sheets = {
        (sheet.application_id, sheet.evaluator_id): sheet for sheet in queries.list_sheets(applications)
    }
    people = {person.id: person for person in queries.list_evaluators()}
    added = removed = 0
    for application in applications:
        for person_id, person in people.items():
            pair = (application.id, person_id)
            if pair in wanted and pair not in sheets:
                assign_evaluator(application, person, by=by)
                added += 1
            elif pair not in wanted and pair in sheets and pair not in shut_out:
                remove_evaluator(sheets[pair], by=by)
                removed += 1
    return added, removed


def start_evaluating(round_: Round, *, by: Person) -> None:
    """Open scoring: ROUND start_evaluating, and an email to every evaluator.

    A commissioner, when every application has been checked and each compliant one has two evaluators with
    no conflict on every scored question. Raises `Refused` with what is missing.
    """
    require(policy.can_run_round(by, round_))
    lock(round_)
    progress = queries.count_progress(round_)
    if not progress.applications:
        raise Refused("No application was submitted in this round. Cancel it instead.")
    facts = {"unchecked": progress.applications - progress.checked}
    if not facts["unchecked"]:
        _enough_evaluators(round_)
    transitions.apply(ROUND, "start_evaluating", round_, by=by, facts=facts)
    session.flush()
    _tell_evaluators(round_)


def _enough_evaluators(round_: Round) -> None:
    waiting = queries.list_to_reassign(round_)
    short = queries.count_short_of_evaluators(round_)
    if short and waiting:
        name = waiting[0].application.organisation.legal_name
        raise Refused(f"An evaluator of {name} declared a conflict. Assign somebody else first.")
    if short:
        raise Refused("Every scored question of every compliant application needs at least two evaluators.")


def _assignable(application: Application, evaluator: Person) -> None:
    _still_assigning(application.round)
    if application.state not in policy.CONSIDERED:
        raise Refused("Only applications that are being considered get evaluators.")
    if not evaluator.holds(Role.EVALUATOR):
        raise Refused(f"{evaluator.full_name} is not an evaluator.")
    declaration = queries.find_declaration(application.id, evaluator.id)
    if declaration is not None and declaration.has_conflict:
        raise Refused(f"{evaluator.full_name} declared a conflict with this applicant.")


def _still_assigning(round_: Round) -> None:
    # The round is held so that consensus cannot open while its evaluators change.
    session.refresh(round_, with_for_update={"read": True, "of": Round})
    if round_.state not in policy.ASSIGNING:
        raise Refused("Evaluators are assigned between opening and consensus.")


def _blank(sheet: EvaluationSheet, question: Question) -> dict[str, object]:
    return {"sheet_id": sheet.id, "question_id": question.id, "reason": "", "working_notes": "", "version": 1}


def _tell_evaluators(round_: Round) -> None:
    sheets = (
        sa.select(EvaluationSheet.evaluator_id)
        .join(EvaluationSheet.application)
        .where(Application.round_id == round_.id, Application.state.in_(COMPLIANT))
    )
    href = links.link("evaluations.index")
    for person in queries.list_evaluators():
        if person.id in set(session.scalars(sheets)):
            context = {"name": person.full_name, "round_title": round_.title, "href": href}
            send(template="evaluations/evaluation_started", to=person.email, context=context)
