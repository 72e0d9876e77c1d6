"""Applications in any state, with the answers, prices and submissions that the state needs.

`application("submitted", round_=…)` answers every question and prices every basket cell; it also works
in a round that is long opened, because the deadline is moved away while the rows are written.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications import queries
from portal.applications.models import (
    Answer,
    Application,
    BidPrice,
    Evidence,
    Submission,
)
from portal.applications.services.sealing import seal
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from portal.frameworks.states import QuestionKind
from portal.providers.models import Organisation
from tests.factories import accounts, documents
from tests.factories import frameworks as framework_rows
from tests.factories import providers as provider_rows
from tests.support.acting import as_worker, save

S = ApplicationState
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def application(
    state: ApplicationState | str = S.DRAFT,
    *,
    round_: Round | None = None,
    organisation: Organisation | None = None,
    by: Person | None = None,
    answered: bool | None = None,
    answers: Mapping[str, Any] | None = None,
    fee: Decimal | None = Decimal("750.00"),
    prices: Mapping[int, Decimal | None] | None = None,
    **columns: Any,
) -> Application:
    """An application in `state`. Whatever is beyond a draft is complete, declared and has one submission.

    `answers` replaces answers by question number ("5.1"); `prices` by cell id (None is not offered), and
    `fee` prices every other basket cell. A draft is empty unless `answered` is true. The writer (`by`, else
    a new bid writer of the organisation) is the row's `started_by_id`.
    """
    target = ApplicationState(state)
    in_round = round_ or framework_rows.round_()
    of = organisation or provider_rows.organisation()
    writer = by or accounts.person(Role.BID_WRITER, organisation=of)
    made = save(
        Application(
            round_id=in_round.id,
            organisation_id=of.id,
            reference=f"KMF-2026-{''.join(secrets.choice(ALPHABET) for _ in range(4))}",
            started_by_id=writer.id,
        )
    )
    beyond_draft = target not in {S.DRAFT, S.WITHDRAWN}
    if answered if answered is not None else beyond_draft:
        fill(made, by=writer, answers=answers, fee=fee, prices=prices)
    if beyond_draft:
        submission(made, by=writer)
    _finish(made, target, columns)
    return made


def fill(
    of: Application,
    *,
    by: Person,
    answers: Mapping[str, Any] | None = None,
    fee: Decimal | None = Decimal("750.00"),
    prices: Mapping[int, Decimal | None] | None = None,
) -> None:
    """Answer every question and price every basket cell of a draft."""
    questions = [question for section in frameworks.list_sections(of.round) for question in section.questions]
    fees = {**_basket(of.round, fee), **(prices or {})}
    with deadline_moved(of):
        for question in questions:
            if question.kind != QuestionKind.PRICE_SCHEDULE:
                value = (answers or {}).get(question.number, typical_value(question))
                session.add_all(_answer(of, question, by, value))
        session.add_all(
            BidPrice(application_id=of.id, cell_id=cell_id, weekly_fee=one, not_offered=one is None)
            for cell_id, one in fees.items()
        )
    session.commit()


def submission(of: Application, *, by: Person | None = None, at: datetime | None = None) -> Submission:
    """Declare the working copy as it stands and submit it, a day before the deadline or now."""
    writer_id = by.id if by is not None else of.started_by_id
    moment = at or min(clock.now(), of.round.submission_deadline - timedelta(days=1))
    with deadline_moved(of):
        of.declared_by_id, of.declared_at = writer_id, moment
        of.declared_name, of.declared_position = "Robin Fairweather", "Registered manager"
        count = sa.select(sa.func.count()).select_from(Submission).where(Submission.application_id == of.id)
        made = seal(
            of,
            queries.get_progress(of),
            number=session.execute(count).scalar_one() + 1,
            received_at=moment,
            submitted_by_id=writer_id,
        )
        of.submitted_at, of.state = moment, S.SUBMITTED
        session.flush()
    session.commit()
    return made


def declare(of: Application, by_id: uuid.UUID, at: datetime) -> None:
    """Sign the working copy; for use as the worker's role."""
    of.declared_by_id, of.declared_at = by_id, at
    of.declared_name, of.declared_position = "Robin Fairweather", "Registered manager"
    session.flush()


@contextmanager
def deadline_moved(of: Application) -> Iterator[None]:
    """Writes inside are in time and by the worker's role, whatever the round's deadline is."""
    in_round = sa.update(Round).where(Round.id == of.round_id).execution_options(synchronize_session=False)
    with as_worker():
        before = session.execute(
            sa.select(Round.submission_deadline).where(Round.id == of.round_id)
        ).scalar_one()
        session.execute(in_round.values(submission_deadline=max(before, _tomorrow())))
        yield
        session.flush()
        session.execute(in_round.values(submission_deadline=before))


def _tomorrow() -> datetime:
    return clock.now() + timedelta(days=1)


def _finish(made: Application, target: ApplicationState, columns: Mapping[str, Any]) -> None:
    with as_worker():
        made.state = target
        if target == S.WITHDRAWN:
            made.withdrawn_at = clock.now()
        for name, value in columns.items():
            setattr(made, name, value)
    session.commit()


def _basket(round_: Round, fee: Decimal | None) -> dict[int, Decimal | None]:
    return dict.fromkeys(frameworks.list_volumes(round_), fee)


def _answer(of: Application, question: Question, by: Person, value: Any) -> list[Any]:
    made = Answer(
        application_id=of.id,
        question_id=question.id,
        value=value,
        answered_by_id=by.id,
        answered_at=clock.now(),
    )
    if question.kind != QuestionKind.FILE:
        return [made]
    name = f"evidence for {question.number}.pdf"
    document = documents.new(of.organisation, round_=of.round, by=by, name=name)
    return [made, Evidence(answer=made, document=document)]


def typical_value(question: Question) -> Any:
    """An acceptable answer to a question of any kind, in the shape it is stored."""
    if question.kind == QuestionKind.LONG_TEXT and "director" in question.text:
        return "Ash Orchard and Wren Meadow"  # shown to whoever declares, before anything else may be read
    return {
        QuestionKind.SHORT_TEXT: "Larkspur House",
        QuestionKind.LONG_TEXT: "We match each child with care, and review every match with the placing team.",
        QuestionKind.YES_NO: True,
        QuestionKind.CHOICE: question.choices[0] if question.choices else None,
        QuestionKind.SEVERAL_CHOICES: question.choices[:1],
        QuestionKind.NUMBER: "42",
        QuestionKind.MONEY: "1250000.00",
        QuestionKind.DATE: "2025-04-01",
        QuestionKind.EXCLUSION: {"applies": "no", "explanation": ""},
    }.get(question.kind)
