"""What clarifications ask of people: questions to answer, news to read, and the councils' requests after opening."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from portal.accounts.models import Person
from portal.applications.models import ClarificationRequest
from portal.applications.queries import list_unanswered_requests
from portal.core import clock
from portal.core.ui import plural, uk_date
from portal.frameworks.models import ClarificationNote, Round
from portal.frameworks.queries import list_notes_since, list_waiting
from portal.home.queries.todo import Todo

NEWS_LASTS = timedelta(days=7)


def list_questions_to_answer() -> list[Todo]:
    """For commissioners: how many questions of each round wait, and since when. Not whose they are (rule 1)."""
    return [
        Todo(
            f"Answer questions: {waiting.round.title}",
            "frameworks.clarifications",
            {"round_id": waiting.round.id, "state": "waiting"},
            waiting.count,
            f"{'Waits' if waiting.count == 1 else 'Wait'} for an answer, the oldest since {uk_date(waiting.oldest)}.",
            due=waiting.round.submission_deadline,
            due_words="Applications close",
            tone="warning",
        )
        for waiting in list_waiting()
    ]


def find_news() -> dict[uuid.UUID, list[ClarificationNote]]:
    """The clarifications published lately, by round."""
    found: dict[uuid.UUID, list[ClarificationNote]] = defaultdict(list)
    for note in list_notes_since(clock.now() - NEWS_LASTS):
        found[note.round_id].append(note)
    return found


def on_news(round_: Round, notes: Sequence[ClarificationNote]) -> list[Todo]:
    """For whoever applies: that there is something new to read."""
    if not notes:
        return []
    return [
        Todo(
            f"New clarifications: {round_.title}",
            "frameworks.published_clarifications",
            {"round_id": round_.id},
            len(notes),
            f"{plural(len(notes), 'clarification')} published in the last week, the latest on"
            f" {uk_date(notes[0].published_at)}.",
        )
    ]


def find_requests(person: Person) -> dict[uuid.UUID, list[ClarificationRequest]]:
    """What the councils wait to hear from this person's agencies, by application."""
    found: dict[uuid.UUID, list[ClarificationRequest]] = defaultdict(list)
    for request in list_unanswered_requests(person):
        found[request.application_id].append(request)
    return found


def on_request(request: ClarificationRequest) -> Todo:
    """Something the councils asked after opening, with the time they gave."""
    return Todo(
        f"Answer the councils: {request.application.round.title}",
        "applications.answer_request",
        {"request_id": request.id},
        text=f"They ask you to clarify something in {request.application.reference}.",
        due=request.due_at,
        due_words="Answer by",
        tone="warning",
    )
