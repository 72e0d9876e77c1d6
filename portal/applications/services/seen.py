"""The mark of a whole working copy as somebody saw it, and what of it has changed since.

Whoever signs, signs what stood when the page was shown. The mark is a short hash of each question's answer, files
and prices, one after the other in the round's order, so that it tells not only that something changed but what.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import Answer
from portal.applications.queries import Progress
from portal.applications.services.pricing import stored_mark
from portal.core.errors import Stale
from portal.frameworks.models import Question, Section
from portal.frameworks.states import QuestionKind

DIGITS = 8


@dataclass(frozen=True)
class Edit:
    """A question whose answer, files or prices are not as they were shown; who saved them last, where known."""

    section: Section
    question: Question
    by: str | None
    at: datetime | None


class ChangedSinceShown(Stale):
    """The application is no longer what stood when the page was shown. `edits` say where, `mark` is the new one."""

    def __init__(self, edits: Sequence[Edit], mark: str) -> None:
        super().__init__("The application was changed since this page was shown, so it is not signed.")
        self.edits, self.mark = edits, mark


def content_mark(progress: Progress) -> str:
    """The mark of everything that would be submitted, as it stands."""
    return "".join(digest for _, _, digest in _digests(progress))


def check_seen(progress: Progress, seen: str, *, by: Person) -> None:
    """Raise `ChangedSinceShown` unless the working copy is as it was when `seen` was its mark."""
    mark = content_mark(progress)
    if seen != mark:
        raise ChangedSinceShown(_list_edits(progress, seen, by), mark)


def _list_edits(progress: Progress, seen: str, by: Person) -> list[Edit]:
    before = [seen[start : start + DIGITS] for start in range(0, len(seen), DIGITS)]
    now = list(_digests(progress))
    if len(before) != len(now):
        return []
    changed = [found for found, was in zip(now, before, strict=True) if found[2] != was]
    saved = [_last_saved(progress, question) for _, question, _ in changed]
    names = queries.list_names({person_id for person_id, _ in saved if person_id is not None})
    names[by.id] = "you"
    return [
        Edit(section, question, names.get(person_id) if person_id is not None else None, at)
        for (section, question, _), (person_id, at) in zip(changed, saved, strict=True)
    ]


def _digests(progress: Progress) -> Iterator[tuple[Section, Question, str]]:
    for one in progress.sections:
        for question in one.section.questions:
            said = _prices(progress) if _is_price(question) else _said(progress.answers.get(question.id))
            text = json.dumps(said, sort_keys=True, ensure_ascii=False)
            yield one.section, question, hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _said(answer: Answer | None) -> list[object]:
    if answer is None:
        return [None, False, []]
    value = None if queries.is_blank(answer.value) else answer.value
    files = [
        [str(fact) for fact in (one.id, one.evidence_kind, one.issued_on, one.expires_on)]
        for one in (evidence.document for evidence in answer.evidence)
    ]
    return [value, answer.obtained_on_award, sorted(files)]


def _prices(progress: Progress) -> list[object]:
    schedule = progress.schedule
    return [[cell.id, stored_mark(schedule.prices.get(cell.id))] for cell in schedule.cells]


def _is_price(question: Question) -> bool:
    return question.kind == QuestionKind.PRICE_SCHEDULE


def _last_saved(progress: Progress, question: Question) -> tuple[uuid.UUID | None, datetime | None]:
    if _is_price(question):
        price = progress.schedule.last_saved
        return (price.priced_by_id, price.priced_at) if price is not None else (None, None)
    answer = progress.answers.get(question.id)
    return (answer.answered_by_id, answer.answered_at) if answer is not None else (None, None)
