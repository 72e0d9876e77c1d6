"""What stands and what waits: instructions to submit, changes since a submission, reminders due, receipts held."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from portal.applications.models import (
    Answer,
    Application,
    LateAttempt,
    Reminder,
    StandingInstruction,
    Submission,
    SubmittedPrice,
)
from portal.applications.queries.progress import Progress
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.core.errors import NotFound
from portal.documents.models import Document
from portal.frameworks.models import Question, Round
from portal.frameworks.states import QuestionKind, RoundState

AT_WORK = (ApplicationState.DRAFT, ApplicationState.SUBMITTED)
MOST_GAPS_OF_A_SECTION = 12

# A round that was opened takes in what an error kept out at opening, and nothing else is left by then.
CARRIED_OUT_IN = (RoundState.PUBLISHED, RoundState.OPENED)

# Hours before the deadline at which whoever has not submitted is reminded: 7 days, 2 days, 4 hours.
REMINDED_BEFORE = (4, 48, 168)


@dataclass(frozen=True)
class Change:
    """One question that the working copy answers otherwise than the submission does."""

    question: Question
    what: str


@dataclass(frozen=True)
class Verified:
    """What the portal knows of a receipt somebody holds: which submission, and whether a later one stands."""

    number: int
    received_at: datetime
    latest: int
    withdrawn_at: datetime | None


def find_instruction(application: Application) -> StandingInstruction | None:
    """The instruction that is in force or was carried out, as it stands in the database, or None."""
    return session.scalars(_instruction(), {"application_id": application.id}).one_or_none()


@cache
def _instruction() -> sa.Select[StandingInstruction]:
    return (
        sa.select(StandingInstruction)
        .where(
            StandingInstruction.application_id == sa.bindparam("application_id"),
            StandingInstruction.voided_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )


def get_late_attempt(application: Application) -> LateAttempt:
    """The last attempt to submit it after the deadline. Raises `NotFound`."""
    found = session.scalars(
        sa.select(LateAttempt)
        .where(LateAttempt.application_id == application.id)
        .order_by(LateAttempt.created_at.desc(), LateAttempt.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_due_instructions() -> Sequence[uuid.UUID]:
    """Applications whose instruction waits although the deadline has passed. For the worker, which sees all."""
    return session.scalars(
        sa.select(StandingInstruction.application_id)
        .join(Application)
        .join(Application.round)
        .where(
            StandingInstruction.voided_at.is_(None),
            StandingInstruction.carried_out_at.is_(None),
            Round.state.in_(CARRIED_OUT_IN),
            Round.submission_deadline < sa.func.portal_now(),
        )
        .order_by(StandingInstruction.given_at)
    ).all()


def list_instructions_due_at_opening(round_: Round) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """Applications as above, each with a person of its applicant; none before the round's two openers are known."""
    found = session.execute(
        sa.text("SELECT application_id, person_id FROM due_instructions(:round_id)"), {"round_id": round_.id}
    )
    return [(row.application_id, row.person_id) for row in found]


def count_waiting_since_opening(round_: Round) -> int:
    """Instructions that an error kept from being carried out at opening and that still wait; 0 before opening."""
    return len(list_instructions_due_at_opening(round_)) if round_.state == RoundState.OPENED else 0


def list_ids_at_work(round_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The applications of a round in draft or submitted. For the worker, which sees all."""
    return session.scalars(
        sa.select(Application.id)
        .where(Application.round_id == round_id, Application.state.in_(AT_WORK))
        .order_by(Application.id)
    ).all()


def list_reminders_due(now: datetime) -> list[tuple[uuid.UUID, int]]:
    """Applications to remind at `now`, with how many hours before the deadline. For the worker, which sees all.

    Of several moments that have passed only the last counts, and none before the application was begun.
    """
    rows = session.execute(
        sa.select(Application.id, Application.created_at, Round.submission_deadline)
        .join(Application.round)
        .where(
            Application.state.in_(AT_WORK),
            Round.state == RoundState.PUBLISHED,
            Round.submission_deadline > now,
            Round.submission_deadline <= now + timedelta(hours=max(REMINDED_BEFORE)),
        )
        .order_by(Round.submission_deadline, Application.id)
    )
    found = []
    for application_id, begun_at, deadline in rows:
        hours = next(hours for hours in REMINDED_BEFORE if deadline - timedelta(hours=hours) <= now)
        if begun_at < deadline - timedelta(hours=hours):
            found.append((application_id, hours))
    return found


def was_reminded(application: Application, hours_before: int) -> bool:
    """Of the deadline as it is now: an extension begins the reminders afresh."""
    return session.execute(
        sa.select(
            sa.exists().where(
                Reminder.application_id == application.id,
                Reminder.deadline == application.round.submission_deadline,
                Reminder.hours_before == hours_before,
            )
        )
    ).scalar_one()


def list_changes(
    submission: Submission, prices: dict[int, SubmittedPrice], progress: Progress
) -> list[Change]:
    """What the working copy says otherwise than the submission, in the order of the questions."""
    submitted = {
        question["id"]: question
        for section in submission.content["sections"]
        for question in section["questions"]
    }
    asked = {question.id for one in progress.sections for question in one.questions}
    changes = []
    for question in (question for one in progress.sections for question in one.section.questions):
        before = submitted.get(str(question.id))
        if question.kind == QuestionKind.PRICE_SCHEDULE:
            what = _changed_prices(prices, progress)
        elif question.id in asked:
            what = _changed_answer(before or {}, progress.answers.get(question.id))
        else:
            what = "No longer asked" if before is not None else ""
        if what:
            changes.append(Change(question, what))
    return changes


def describe_gaps(progress: Progress) -> list[dict[str, Any]]:
    """What is missing, section by section, in words for an email."""
    return [
        {
            "section": one.section.title,
            "gaps": [f"{gap.question.number}: {gap.problem}" for gap in one.gaps[:MOST_GAPS_OF_A_SECTION]],
            "more": max(0, len(one.gaps) - MOST_GAPS_OF_A_SECTION),
        }
        for one in progress.sections
        if one.gaps
    ]


def find_receipt(reference: str, fingerprint: str) -> Verified | None:
    """What became of the submission with exactly this reference and hash; None for anything else."""
    row = session.execute(
        sa.text("SELECT * FROM verify_receipt(:reference, :fingerprint)"),
        {"reference": reference, "fingerprint": fingerprint},
    ).one_or_none()
    return None if row is None else Verified(row.number, row.received_at, row.latest, row.withdrawn_at)


def _changed_answer(submitted: dict[str, Any], answer: Answer | None) -> str:
    files = [_file_facts(evidence.document) for evidence in answer.evidence] if answer is not None else []
    before = [
        (file["id"], file["evidence_kind"], file["issued_on"], file["expires_on"])
        for file in submitted.get("files", [])
    ]
    if set(files) != set(before):
        return "Files changed"
    value = answer.value if answer is not None else None
    promised = answer is not None and answer.obtained_on_award
    if value != submitted.get("answer") or promised != submitted.get("obtained_on_award", False):
        return "Answer changed"
    return ""


def _file_facts(document: Document) -> tuple[str | None, ...]:
    kind = document.evidence_kind
    days = (None if day is None else day.isoformat() for day in (document.issued_on, document.expires_on))
    return (str(document.id), None if kind is None else kind.value, *days)


def _changed_prices(prices: dict[int, SubmittedPrice], progress: Progress) -> str:
    before = {cell_id: price.weekly_fee for cell_id, price in prices.items()}
    now = progress.schedule.fees
    changed = sum(before.get(cell_id, ...) != now.get(cell_id, ...) for cell_id in before.keys() | now.keys())
    return f"{changed} {'price' if changed == 1 else 'prices'} changed" if changed else ""
