"""A closed, unopened round with something in every table that is sealed: what the tests of rule 1 attack."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications.models import (
    Answer,
    AnswerComment,
    Application,
    LateAttempt,
    Reminder,
    StandingInstruction,
)
from portal.core import audit, clock
from portal.core.db import session
from portal.frameworks.models import Round
from portal.notifications.models import Digest
from portal.providers.models import Organisation
from tests.factories import accounts, applications, clarifications, notifications, providers
from tests.factories import frameworks as rounds
from tests.support.acting import as_worker, save

SUBMITTED = "Quiet Larkspur Fostering"
DRAFTING = "Silent Cobnut Fostering"
WITHDRAWN = "Hidden Samphire Fostering"


@dataclass(frozen=True)
class Applicant:
    """One organisation, its writer and its application, by id: nobody at the councils can refresh the rows."""

    organisation: Organisation
    writer: Person
    application_id: uuid.UUID
    reference: str


@dataclass(frozen=True)
class World:
    """The round and its three applicants, of whom the councils are to learn of one, at opening."""

    round_: Round
    round_id: uuid.UUID
    submitted: Applicant
    drafting: Applicant
    withdrawn: Applicant
    clarification_id: uuid.UUID

    @property
    def never_known(self) -> tuple[Applicant, Applicant]:
        """Those of whom the councils learn nothing, ever."""
        return self.drafting, self.withdrawn


def make_world() -> World:
    """Everything the portal may know of applicants while a round is sealed."""
    round_ = rounds.round_()
    submitted = _applicant(round_, SUBMITTED, "submitted")
    drafting = _applicant(round_, DRAFTING, "draft", answered=True)
    withdrawn = _applicant(round_, WITHDRAWN, "submitted")
    _withdraw(withdrawn)
    for applicant in (submitted, drafting, withdrawn):
        _leave_traces(round_, applicant)
    asked = clarifications.clarification(
        round_=round_, organisation=submitted.organisation, by=submitted.writer
    )
    _close(round_)
    return World(round_, round_.id, submitted, drafting, withdrawn, asked.id)


def _applicant(round_: Round, name: str, state: str, **more: Any) -> Applicant:
    organisation = providers.organisation(legal_name=name)
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    made = applications.application(state, round_=round_, organisation=organisation, by=writer, **more)
    return Applicant(organisation, writer, made.id, made.reference)


def _withdraw(applicant: Applicant) -> None:
    with as_worker():
        session.execute(
            sa.update(Application)
            .where(Application.id == applicant.application_id)
            .values(state="withdrawn", withdrawn_at=clock.now() - timedelta(days=35))
        )
    session.commit()


def _leave_traces(round_: Round, applicant: Applicant) -> None:
    """What working on an application leaves: notes, reminders, mail, notifications, events."""
    with as_worker():
        made = session.get_one(Application, applicant.application_id)
    notifications.message(applicant.writer.email, template="applications/reminder", sealed_round_id=round_.id)
    notifications.notification(applicant.writer, title="Your draft", sealed_round_id=round_.id)
    save(Digest(person_id=applicant.writer.id, day=clock.today(), sealed_round_id=round_.id))
    save(Reminder(application_id=made.id, deadline=round_.submission_deadline, hours_before=48))
    save(
        StandingInstruction(application_id=made.id, given_by_id=applicant.writer.id, declared_at=clock.now())
    )
    save(LateAttempt(application_id=made.id, person_id=applicant.writer.id, manifest={}, sha256="ab"))
    _comment(made, applicant.writer)
    audit.record("application.started", made, by=applicant.writer, sealed_round_id=round_.id)
    session.commit()


def _comment(made: Application, writer: Person) -> None:
    with as_worker():
        answer = session.scalars(sa.select(Answer).where(Answer.application_id == made.id)).first()
    if answer is not None:
        save(
            AnswerComment(
                application_id=made.id,
                question_id=answer.question_id,
                author_id=writer.id,
                text="Is this right?",
            )
        )


def _close(round_: Round) -> None:
    moved = clock.now() - timedelta(minutes=1)
    with as_worker():
        session.execute(
            sa.update(Round)
            .where(Round.id == round_.id)
            .values(submission_deadline=moved, clarification_deadline=moved - timedelta(days=1))
        )
    session.commit()
    session.expunge_all()
