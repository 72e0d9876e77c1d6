"""The provider's working copy: start it and answer its questions. `files` has what is attached."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Any

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import Answer, Application
from portal.applications.services import standing_instruction
from portal.applications.services.answers import answer_seen, clean_value
from portal.applications.services.deadline import begin_writing, check_deadline, hold_round
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Refused, Stale, on_constraint
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from portal.providers.models import Organisation

# No vowels, so no words; nothing that is mistaken for something else when read aloud or copied by hand.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
SITTING_SECONDS = 15 * 60

on_constraint("uq_application_reference", "Please try again.")


class AnswerConflict(Stale):
    """Somebody else saved this answer since it was opened. `stored` is what stands now."""

    def __init__(self, stored: Answer | None) -> None:
        super().__init__("Someone else saved this answer since you opened it.")
        self.stored = stored


def start_application(round_: Round, organisation: Organisation, *, by: Person) -> Application:
    """Begin the organisation's application in the round, or return the one it has: there is one for each.

    Who: a bid writer or administrator; not for members of the framework. Raises `DeadlinePassed` after the
    deadline. Answers about the organisation start from its registration.
    """
    hold_round(round_)
    lock(organisation)
    require(policy.can_start(by, organisation))
    if (found := queries.find_application(round_.id, organisation.id)) is not None:
        return found
    check_deadline(round_)
    application = Application(
        id=uuid.uuid4(),
        round=round_,
        organisation=organisation,
        reference=_reference(),
        started_by_id=by.id,
    )
    session.add(application)
    session.flush()
    _prefill(application, by)
    record("application.started", application, by)
    return application


def save_answer(
    application: Application,
    question: Question,
    value: Any,
    *,
    by: Person,
    seen: str | None = None,
) -> bool:
    """Save one answer; True if it changed anything. Over its word limit it is kept, but not submitted.

    `seen` is `answer_seen` of what stood when the form was shown. Who: the applicant's bid writers and
    administrators, until the deadline. A change voids the declaration. Raises `Invalid` beside the field
    `answer_field(question)`, `AnswerConflict` and `DeadlinePassed`.
    """
    begin_writing(application, by)
    answer = queries.find_answer(application, question)
    stored = answer.value if answer is not None else None
    cleaned = clean_value(question, value)
    if cleaned == stored:
        return False
    if seen is not None and seen != answer_seen(stored):
        raise AnswerConflict(answer)
    is_sitting = answer is not None and is_one_sitting(answer.answered_by_id, answer.answered_at, by)
    if answer is None:
        answer = new_answer(application, question, by)
    answer.value = cleaned
    put_name_to(answer, by)
    void_declaration(application, by)
    if not is_sitting:
        record("application.answer_saved", application, by, question=question.id)
    return True


def confirm_answer(application: Application, question: Question, *, by: Person) -> None:
    """Say that an answer still holds, as it stands: it was carried over, or its question was amended since.

    Who and when: as for `save_answer`. Nothing is changed in what would be submitted, so the declaration
    stands; but where an amendment worded a choice anew that was made, it ends, and an instruction with it: it
    was signed for other words. Raises `Refused` when there is no answer.
    """
    begin_writing(application, by)
    answer = queries.find_answer(application, question)
    if answer is None:
        raise Refused("There is no answer to check yet.")
    if frameworks.is_reworded_since(question, answer.value, answer.answered_at):
        standing_instruction.end(application, by=by)
        void_declaration(application, by)
    put_name_to(answer, by)
    record("application.answer_confirmed", application, by, question=question.id)


def put_name_to(answer: Answer, by: Person) -> None:
    """Whoever saves or confirms an answer, or changes its files, has looked at it: it needs no other check."""
    answer.answered_by_id, answer.answered_at, answer.carried_from = by.id, clock.now(), None
    session.flush()


def void_declaration(application: Application, by: Person) -> None:
    """An edit after signing makes the declaration void (domain handbook §3)."""
    if application.declared_at is None:
        return
    application.declared_by_id = application.declared_name = None
    application.declared_position = application.declared_at = None
    session.flush()
    record("application.declaration_voided", application, by)


def is_one_sitting(saved_by: uuid.UUID | None, saved_at: datetime | None, by: Person) -> bool:
    """Did the same person save this in the same quarter of an hour?

    Pages save while somebody types. The audit log holds who worked on which answer when, and not each pause
    for breath: what was written is kept by the submission.
    """
    if saved_at is None or saved_by != by.id:
        return False
    return _quarter(saved_at) == _quarter(clock.now())


def _quarter(moment: datetime) -> int:
    return int(moment.timestamp()) // SITTING_SECONDS


def new_answer(application: Application, question: Question, by: Person) -> Answer:
    answer = Answer(
        application_id=application.id,
        question_id=question.id,
        value=None,
        answered_by_id=by.id,
        answered_at=clock.now(),
    )
    session.add(answer)
    return answer


def _prefill(application: Application, by: Person) -> None:
    for section in queries.asked_sections(application.round):
        for question in section.questions:
            value = _from_registration(application.organisation, question)
            if value:
                new_answer(application, question, by).value = value
    session.flush()


def _from_registration(organisation: Organisation, question: Question) -> str | None:
    if question.prefilled_from is None:
        return None
    if question.prefilled_from == "standing":
        word = organisation.standing.value.replace("_", " ")
        return next((choice for choice in question.choices if word in choice.lower()), None)
    if question.prefilled_from == "registered_office":
        office = organisation.registered_office
        more = (
            part for part in (organisation.town, organisation.postcode) if part.lower() not in office.lower()
        )
        return ", ".join(filter(None, (office, *more)))
    return getattr(organisation, question.prefilled_from)  # type: ignore[no-any-return]


def _reference() -> str:
    return f"KMF-{clock.today().year}-{''.join(secrets.choice(ALPHABET) for _ in range(5))}"


def record(verb: str, application: Application, by: Person, **details: Any) -> None:
    audit.record(verb, application, by=by, details=details, sealed_round_id=application.round_id)
