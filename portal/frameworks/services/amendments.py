"""Correcting a published round: a numbered amendment, for everybody, told to every applicant.

What is asked may be worded better; how answers are judged may not change, for some have been written by then.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Person
from portal.core import audit, clock, jobs, links
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.core.ui import uk_date, uk_datetime
from portal.frameworks import policy, queries
from portal.frameworks.models import Amendment, AmendmentChange, Question, Round
from portal.frameworks.services.rounds import extend_deadline
from portal.frameworks.services.wording import LONGEST_CHOICE, LONGEST_TEXT, MOST_WORDS

Change = tuple[Question, dict[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class Wording:
    """What an amendment makes of a question. Choices keep their places: new ones come after the old."""

    text: str
    guidance: str
    word_limit: int | None
    choices: Sequence[str]


def draft_amendment(round_: Round, wordings: Mapping[uuid.UUID, Wording]) -> list[Change]:
    """The changes these wordings make: each question with its wording before and after, in the order asked.

    Raises `Invalid` beside `<name>-<question id>` for one that cannot be, and `Invalid` when nothing differs.
    """
    changes: list[Change] = []
    for question in queries.list_questions(round_):
        if (wanted := wordings.get(question.id)) is None:
            continue
        _check_wording(question, wanted)
        before = queries.wording_of(question)
        after = before | vars(wanted) | {"choices": list(wanted.choices)}
        if after != before:
            changes.append((question, before, after))
    if not changes:
        raise Invalid("Nothing differs yet. Change at least one of these questions.")
    return [*changes, *_waiting_changes(round_, changes)]


def publish_amendment(
    round_: Round,
    wordings: Mapping[uuid.UUID, Wording],
    *,
    summary: str,
    by: Person,
    extended_to: datetime | None = None,
    seen_version: int | None = None,
) -> Amendment:
    """Correct questions of a published round, for everyone, before its deadline. Commissioners.

    Answers are kept; applicants who have begun are told. Close to the deadline it comes with an extension, so
    that they have the working days of `queries.WORKING_DAYS_LEFT`. Raises `Invalid` beside the field, `Refused`,
    `Stale`.
    """
    lock(round_)
    check_version(round_, seen_version)
    require(policy.can_amend(by, round_))
    now = clock.locked_now()
    if now > round_.submission_deadline:
        raise Refused("The deadline has passed, so nothing can be corrected any more.")
    if not summary.strip():
        raise Invalid("Say in a sentence what is corrected and why: it is published.", field="summary")
    changes = draft_amendment(round_, wordings)
    _check_time_left(round_, now, extended_to)
    amendment = Amendment(
        id=uuid.uuid4(),
        round=round_,
        number=_next_number(round_),
        summary=summary.strip(),
        published_at=now,
        published_by_id=by.id,
    )
    _carry_out(amendment, changes)
    audit.record(
        "round.amended", round_, by=by, details={"amendment_id": amendment.id, "questions": len(changes)}
    )
    if extended_to is not None:
        _extend(round_, amendment, extended_to, by)
    _tell(round_, amendment, changes)
    return amendment


def _check_time_left(round_: Round, now: datetime, extended_to: datetime | None) -> None:
    needed = queries.deadline_needed(round_, now)
    if needed is not None and (
        extended_to is None or extended_to.astimezone(clock.LONDON).date() < needed.date()
    ):
        raise Invalid(
            f"Applicants need {queries.WORKING_DAYS_LEFT} working days after an amendment: extend the deadline to"
            f" {uk_date(needed)} or later.",
            field="extension_date",
        )


def _extend(round_: Round, amendment: Amendment, to: datetime, by: Person) -> None:
    try:
        extend_deadline(round_, to, reason=f"Amendment {amendment.number}: {amendment.summary}", by=by)
    except Invalid as error:
        raise Invalid(error.message, field="extension_date") from error


def _check_wording(question: Question, wanted: Wording) -> None:
    if not wanted.text.strip():
        raise Invalid(f"{question.number}: enter the question.", field=f"text-{question.id}")
    if len(wanted.text) > LONGEST_TEXT:
        raise Invalid(
            f"{question.number}: use {LONGEST_TEXT:,} characters or fewer.", field=f"text-{question.id}"
        )
    _check_limit(question, wanted.word_limit)
    _check_choices(question, wanted.choices)


def _check_limit(question: Question, limit: int | None) -> None:
    before = question.word_limit
    if limit == before or limit is None:
        return
    if before is None or limit < before or limit > MOST_WORDS:
        raise Invalid(
            f"{question.number}: a limit can only be raised or lifted, since answers may have been written to it.",
            field=f"word_limit-{question.id}",
        )


def _check_choices(question: Question, choices: Sequence[str]) -> None:
    field = f"choices-{question.id}"
    if len(choices) < len(question.choices):
        raise Invalid(
            f"{question.number}: no choice can be taken away, since it may have been chosen. Word it anew, or add"
            " another below.",
            field=field,
        )
    if choices and not question.kind.has_choices:
        raise Invalid(f"{question.number}: this question has no choices.", field=field)
    if len({choice.casefold() for choice in choices}) < len(choices):
        raise Invalid(f"{question.number}: each choice must be different.", field=field)
    if any(len(choice) > LONGEST_CHOICE for choice in choices):
        raise Invalid(f"{question.number}: use {LONGEST_CHOICE} characters or fewer a choice.", field=field)
    moved = set(choices) & set(question.choices)
    if any(choices.index(choice) != question.choices.index(choice) for choice in moved):
        raise Invalid(
            f"{question.number}: choices keep their order, so that each answer keeps its choice.", field=field
        )


def _waiting_changes(round_: Round, changes: Sequence[Change]) -> Iterator[Change]:
    """Questions that wait for a choice follow it to its new words."""
    changed = {question.id: (before, after) for question, before, after in changes}
    for question in queries.list_questions(round_):
        if question.shown_when_question_id not in changed:
            continue
        old, new = (wording["choices"] for wording in changed[question.shown_when_question_id])
        if question.shown_when_value not in old:
            continue
        value = new[old.index(question.shown_when_value)]
        own = changed.get(question.id)
        if own is not None:
            own[1]["shown_when_value"] = value
        elif value != question.shown_when_value:
            before = queries.wording_of(question)
            yield question, before, before | {"shown_when_value": value}


def _carry_out(amendment: Amendment, changes: Sequence[Change]) -> None:
    session.add(amendment)
    session.flush()
    session.add_all(
        AmendmentChange(amendment_id=amendment.id, question_id=question.id, before=before, after=after)
        for question, before, after in changes
    )
    session.flush()
    for question, _, after in changes:
        for name, value in after.items():
            setattr(question, name, value)
        question.amendment_id = amendment.id
    flag_modified(amendment.round, "title")  # a second press of the same button is stale
    session.flush()


def _next_number(round_: Round) -> int:
    last = session.scalar(sa.select(sa.func.max(Amendment.number)).where(Amendment.round_id == round_.id))
    return (last or 0) + 1


def _tell(round_: Round, amendment: Amendment, changes: Sequence[Change]) -> None:
    jobs.defer(
        "applications.tell_applicants",
        round_id=round_.id,
        template="frameworks/amendment",
        context={
            "round": round_.title,
            "number": amendment.number,
            "summary": amendment.summary,
            "changes": [
                f"{question.number} {question.text}: {queries.what_changed(before, after)}"
                for question, before, after in changes
            ],
            "deadline": uk_datetime(round_.submission_deadline),
            "link": links.link("public.show_round", round_id=round_.id),
        },
        cause_id=amendment.id,
    )
