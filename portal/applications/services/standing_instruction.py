""" "Submit by itself at the deadline if complete": giving the instruction, ending it, carrying it out (rule 2).

It takes effect at the deadline's own instant on the content as it then stands, whenever it is carried out: by
a job soon after the deadline, and at the latest by the opening of the round.
"""

from __future__ import annotations

import logging
import uuid

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import Application, StandingInstruction
from portal.applications.services.deadline import begin_writing, hold_round
from portal.applications.services.sealing import record_submission
from portal.applications.services.telling import tell_writers
from portal.core import audit, clock
from portal.core.db import check_version, lock, session, speaking_for
from portal.core.errors import Refused
from portal.frameworks.models import Round

logger = logging.getLogger(__name__)


def instruct(application: Application, *, by: Person, seen_version: int | None = None) -> None:
    """Have the signed working copy submitted by itself at the deadline. Giving it again changes nothing.

    Who: the applicant's bid writers and administrators, once the declaration is signed. Any edit, a new
    signature, submitting by hand or withdrawing ends it. Raises `Refused`, `Stale`, `DeadlinePassed`.
    """
    begin_writing(application, by)
    check_version(application, seen_version)
    if queries.find_instruction(application) is not None:
        return
    declared_at = application.declared_at
    if declared_at is None:
        raise Refused("Sign the declaration first. A change after signing makes it void.")
    if application.submitted_at is not None and declared_at <= application.submitted_at:
        raise Refused("Nothing has changed since you submitted it, so there is nothing to submit.")
    if queries.get_progress(application).gaps:
        raise Refused("Some questions are not ready. Check your answers first.")
    session.add(
        StandingInstruction(application_id=application.id, given_by_id=by.id, declared_at=declared_at)
    )
    session.flush()
    _record("application.instruction_given", application, by)


def cancel_instruction(application: Application, *, by: Person) -> None:
    """Take the instruction back: the application is submitted by hand or not at all. Who and when: as above."""
    begin_writing(application, by)
    end(application, by=by)


def end(application: Application, *, by: Person) -> None:
    """End the instruction in force, if there is one. For services that hold the locks already."""
    ended = session.execute(
        sa.update(StandingInstruction)
        .where(
            StandingInstruction.application_id == application.id,
            StandingInstruction.voided_at.is_(None),
            StandingInstruction.carried_out_at.is_(None),
        )
        .values(voided_at=sa.func.portal_now())
        .returning(StandingInstruction.id)
        .execution_options(synchronize_session=False)
    )
    if ended.first() is not None:
        _record("application.instruction_ended", application, by)


def carry_out(application_id: uuid.UUID) -> None:
    """Do what the application's instruction says, once, if its deadline has passed; else do nothing.

    Whoever calls sees the application: the worker, or the opening in the applicant's name. What is not
    complete is not submitted, and its writers are told why.
    """
    application = session.get_one(Application, application_id)
    hold_round(application.round)
    lock(application)
    if application.round.state not in queries.CARRIED_OUT_IN:
        return  # cancelled meanwhile
    instruction = queries.find_instruction(application)
    deadline = application.round.submission_deadline
    if instruction is None or instruction.carried_out_at is not None or clock.locked_now() <= deadline:
        return
    try:
        with session.begin_nested():
            submission = record_submission(application, by=instruction, at=deadline)
    except Refused as refused:
        _leave(application, instruction, refused.message)
    else:
        instruction.carried_out_at, instruction.submission_id = clock.locked_now(), submission.id
        session.flush()


def carry_out_before_opening(round_: Round) -> list[uuid.UUID]:
    """What no job has carried out yet is carried out now, each in its applicant's name (rule 2).

    Called by the opening of the round, under its lock, once the two officers are on record: a council's own
    transaction cannot see what is still a draft. Each has a savepoint of its own: an error in one applicant's
    keeps neither the others nor the round shut. It stays due, its content as it stood at the deadline, and is
    tried again every minute. Returns the applications that wait like that, for the opening to put on record.
    """
    waiting = []
    for application_id, person_id in queries.list_instructions_due_at_opening(round_):
        with speaking_for(person_id):
            try:
                with session.begin_nested():
                    carry_out(application_id)
            except Exception as error:
                # By kind alone: a database error's own words may quote what is sealed.
                logger.error("an instruction could not be carried out at opening: %s", type(error).__name__)
                waiting.append(application_id)
    return waiting


def _leave(application: Application, instruction: StandingInstruction, problem: str) -> None:
    instruction.carried_out_at, instruction.problem = clock.locked_now(), problem
    session.flush()
    audit.record(
        "application.instruction_not_carried_out",
        application,
        by=None,
        details={"instruction": instruction.id},
        sealed_round_id=application.round_id,
    )
    tell_writers(
        application,
        template="applications/not_submitted",
        context={
            "gaps": queries.describe_gaps(queries.get_progress(application)),
            "problem": problem,
            "submitted_at": application.submitted_at,
        },
        cause_id=instruction.id,
        urgent=True,
    )


def _record(verb: str, application: Application, by: Person) -> None:
    audit.record(verb, application, by=by, sealed_round_id=application.round_id)
