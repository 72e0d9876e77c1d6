"""Questions about rounds in any state, and the notes that answer them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.applications.models import Application, ClarificationRequest
from portal.core import clock
from portal.core.db import session
from portal.frameworks.models import Clarification, ClarificationAsker, ClarificationNote, Round
from portal.frameworks.states import ClarificationState, NoteKind
from portal.providers.models import Organisation
from tests.factories import accounts, providers
from tests.factories import frameworks as rounds
from tests.support.acting import as_worker, save

S = ClarificationState
QUESTION = "May one policy cover both of our branches?"


def clarification(
    state: ClarificationState | str = S.WAITING,
    *,
    round_: Round | None = None,
    organisation: Organisation | None = None,
    by: Person | None = None,
    question: str = QUESTION,
) -> Clarification:
    """A question in `state`; a published one has no note yet: see `note`."""
    target = ClarificationState(state)
    of = organisation or providers.organisation()
    writer = by or accounts.person(Role.BID_WRITER, organisation=of)
    in_round = round_ or rounds.round_(questions=False)
    made = save(Clarification(round_id=in_round.id, question=question))
    save(
        ClarificationAsker(
            clarification_id=made.id, round_id=in_round.id, organisation_id=of.id, asked_by_id=writer.id
        )
    )
    if target is not S.WAITING:
        _answer(made, target, _officer())
    return made


def _answer(made: Clarification, target: ClarificationState, officer: Person) -> None:
    with as_worker():
        made.state = target
        made.answered_at, made.answered_by_id = clock.now(), officer.id
        if target is S.PRIVATE:
            made.private_answer, made.private_reason = "For you alone.", "It tells a trade secret."
    session.commit()


def note(
    of: Clarification | None = None,
    *,
    round_: Round | None = None,
    number: int = 1,
    question: str = QUESTION,
    answer: str = "Yes, if it names each branch.",
    at: datetime | None = None,
    **columns: Any,
) -> ClarificationNote:
    """A published answer to `of`, or to a question of its own; with another `kind` it answers none itself."""
    answered = of or clarification(S.PUBLISHED, round_=round_)
    kind = NoteKind(columns.pop("kind", NoteKind.ANSWER))
    return save(
        ClarificationNote(
            round_id=answered.round_id,
            number=number,
            kind=kind,
            clarification_id=answered.id if kind is NoteKind.ANSWER else None,
            question=question,
            answer=answer,
            published_at=at or clock.now(),
            published_by_id=_officer().id,
            **columns,
        )
    )


def request(of: Application, *, by: Person | None = None, **columns: Any) -> ClarificationRequest:
    """Something the councils asked an applicant after opening, due in two days."""
    defaults: dict[str, Any] = {
        "question": "Which branch holds the certificate?",
        "due_at": clock.now() + timedelta(days=2),
    }
    officer = by or _officer()
    return save(ClarificationRequest(application_id=of.id, asked_by_id=officer.id, **{**defaults, **columns}))


def _officer() -> Person:
    return accounts.person(Role.COMMISSIONER, council=Council.KENT)
